package data

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testfiles"
)

// Measures how fast all CPUs read, decode and augment photographs as for
// fine-tuning on ImageNet.
func BenchmarkPhotographs(b *testing.B) {
	ds, err := Open(testfiles.Large(b, "data", "imagenet-sample"), Options{Split: Test, CacheBytes: -1})
	require.NoError(b, err)
	policy, err := ParseRandAugment("rand-m9-mstd0.5-inc1")
	require.NoError(b, err)
	policy.Fill = imageNetFill
	crop := RandomResizedCrop{Size: 224, Scale: [2]float64{0.08, 1}}
	erasing := RandomErasing{Prob: 0.25, Mode: ErasePixel, Mean: []float64{0.485, 0.456, 0.406}, Std: []float64{0.229, 0.224, 0.225}}
	for _, c := range []struct {
		name string
		p    Pipeline
	}{
		{"evaluation", EvalPipeline(224)},
		{"crop+flip", Pipeline{crop, RandomFlip{}}},
		{"crop+flip+randaugment", Pipeline{crop, RandomFlip{}, policy}},
		{"crop+flip+randaugment+erasing", Pipeline{crop, RandomFlip{}, policy, erasing}},
	} {
		b.Run(c.name, func(b *testing.B) {
			const batch = 8
			l, err := NewLoader(context.Background(), ds, LoaderOptions{Batch: batch, Shuffle: true, Pipeline: c.p})
			require.NoError(b, err)
			defer l.Close()
			for b.Loop() {
				_, err := l.Next()
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "images/s")
		})
	}
}
