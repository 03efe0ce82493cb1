package main

import (
	"context"
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/smooth"
)

// answering is a classifier that counts the noisy copies it gives no class: the
// model's scores for them are not finite numbers.
type answering struct {
	*dmae.SmoothClassifier
	asked   int         // noisy copies so far
	without map[int]int // those without a class, by image
}

// Classify answers the jobs.
func (a *answering) Classify(ctx context.Context, jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	if err := a.SmoothClassifier.Classify(ctx, jobs, noise, out); err != nil {
		return err
	}
	a.asked += len(jobs)
	for i, job := range jobs {
		if out[i] == smooth.NoClass {
			a.without[job.Image]++
		}
	}
	return nil
}

// report says in a sentence how many copies got no class; "" if all got one.
func (a *answering) report() string {
	copies := 0
	for _, n := range a.without {
		copies += n
	}
	if copies == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d noisy copies, of %d images, got no answer, because the model's scores for them are not finite numbers; they count against every class", copies, a.asked, len(a.without))
}
