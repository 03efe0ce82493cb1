package smooth

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

var errKilled = errors.New("killed")

// mortal answers a number of calls and then fails. It fails the test if a
// sample is requested that it or an earlier instance has already answered.
type mortal struct {
	Classifier
	t        *testing.T
	calls    int
	answered map[Job]bool
}

func (m *mortal) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	if m.calls == 0 {
		return errKilled
	}
	m.calls--
	for _, job := range jobs {
		require.False(m.t, m.answered[job], "%v is classified again", job)
		m.answered[job] = true
	}
	return m.Classifier.Classify(ctx, jobs, noise, out)
}

// answersTask is a small certification whose images take several batches each.
func answersTask(m bound.Method, out string) Task {
	task := methodTask(m, out)
	task.Images, task.Batch, task.N = certificate.IndexSet{{0, 1, 4}}, 50, 120
	if m == bound.MethodAnytime {
		task.N, task.Radii, task.Futility = 480, decimals("0", "0.3"), decimal.Must("1e-12")
	}
	return task
}

// A run that fails in every batch requests no answered sample again, and gives
// the bytes of an uninterrupted run with the same number of batches.
func TestNoAnswerIsAskedForTwice(t *testing.T) {
	for _, m := range bound.Methods() {
		for _, accuracyOnly := range []bool{false, true} {
			task := answersTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
			if task.AccuracyOnly = accuracyOnly; accuracyOnly { // and a shard
				task.Shard, task.Images = &certificate.Shard{Index: 2, Of: 2}, certificate.IndexSet{{0, 1, 9}}
			}
			asked := &counting{Classifier: task.Classifier}
			task.Classifier = asked
			want, wantTable := runTask(t, task)
			require.Greater(t, asked.calls, 6, "%s fails often", m)

			task.Out = filepath.Join(t.TempDir(), "c.jsonl")
			answered := map[Job]bool{}
			runs := 0
			for err := errKilled; err != nil; runs++ {
				task.Classifier = &mortal{asked.Classifier, t, 1, answered}
				if err = task.Run(t.Context()); err != nil {
					require.ErrorIs(t, err, errKilled)
				}
			}
			require.Equal(t, asked.calls, runs, "%s: more batches than in an uninterrupted run", m)
			require.Len(t, answered, asked.jobs)
			got, gotTable := outputs(t, task.Out)
			require.Equal(t, string(want), string(got), m)
			require.Equal(t, string(wantTable), string(gotTable))
		}
	}
}

// A run may be continued with another batch size.
func TestAnswersOfAnotherBatchSize(t *testing.T) {
	for _, m := range bound.Methods() {
		task := answersTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
		inner := task.Classifier
		want, _ := runTask(t, task)
		task.Out = filepath.Join(t.TempDir(), "c.jsonl")
		answered := map[Job]bool{}
		err := errKilled
		for runs := 0; err != nil; runs++ {
			task.Batch = 1 + 37*runs%101
			task.Classifier = &mortal{inner, t, 1 + runs%3, answered}
			err = task.Run(t.Context())
		}
		got, _ := outputs(t, task.Out)
		require.Equal(t, string(want), string(got), m)
	}
}

// manyClasses returns one of 300 classes, or NoClass.
func manyClasses(task Task) Task {
	inner := task.Classifier.(*FuncClassifier).Class
	c := *task.Classifier.(*FuncClassifier)
	c.K = 300
	c.Class = func(x []float32) int {
		switch class := inner(x); {
		case x[0] > 1.3:
			return bound.NoClass
		case x[1] > 1:
			return 299
		default:
			return class
		}
	}
	task.Classifier = &c
	return task
}

// The size of the file does not depend on the number of images, and on the
// number of samples only as the certificate's lines do. A run continues from
// summarised states.
func TestAnswersStaySmall(t *testing.T) {
	slack := answersSlack
	t.Cleanup(func() { answersSlack = slack })
	answersSlack = 4 << 10
	for _, m := range []bound.Method{bound.MethodAnytime, bound.MethodCohen} {
		if m == bound.MethodCohen && testing.Short() {
			continue
		}
		task := manyClasses(methodTask(m, filepath.Join(t.TempDir(), "c.jsonl")))
		task.N, task.Batch, task.Images = 4000, 32, certificate.IndexSet{{0, 1, 10}}
		if m == bound.MethodAnytime {
			task.Futility, task.N = decimal.Must("1e-12"), 8000 // long trials
		}
		if testing.Short() {
			task.Images = certificate.IndexSet{{0, 1, 6}}
		}
		inner := task.Classifier
		want, _ := runTask(t, task)
		_, recs, err := readAll(bytes.NewReader(want))
		require.NoError(t, err)
		bytes := 0 // if all were kept
		for _, rec := range recs {
			bytes += 2 * (rec.Selection.N + rec.Estimation.N)
		}
		task.Out = filepath.Join(t.TempDir(), "c.jsonl")
		largest, last, shrunk := int64(0), int64(0), 0
		task.Progress = func(Progress) {
			info, err := os.Stat(answersPath(certificate.FilesFor(task.Out)))
			require.NoError(t, err)
			largest = max(largest, info.Size())
			if info.Size() < last {
				shrunk++
			}
			last = info.Size()
		}
		answered := map[Job]bool{}
		err = errKilled
		for runs := 0; err != nil; runs++ {
			task.Classifier = &mortal{inner, t, 150 + runs, answered}
			err = task.Run(t.Context())
		}
		got, _ := outputs(t, task.Out)
		require.Equal(t, string(want), string(got))
		t.Logf("%s: at most %d bytes of %d, replaced %d times", m, largest, bytes, shrunk)
		require.Greater(t, shrunk, 1)
		require.Less(t, largest, 5*answersSlack)
		require.Greater(t, int64(bytes), 7*answersSlack)
	}
}

// dyingAfter answers a number of calls and then fails.
type dyingAfter struct {
	Classifier
	left int
}

func (d *dyingAfter) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	if d.left--; d.left < 0 {
		return errKilled
	}
	return d.Classifier.Classify(ctx, jobs, noise, out)
}

// BenchmarkAnswers measures storing the answers of a batch of 128 samples of
// eight images.
func BenchmarkAnswers(b *testing.B) {
	task := answersTask(bound.MethodAnytime, filepath.Join(b.TempDir(), "c.jsonl"))
	header := certificate.NewHeader(task.Params, task.Classifier.Classes(), task.Subject)
	a, err := openAnswers(answersPath(certificate.FilesFor(task.Out)), header, 0, nil, func(string) {})
	require.NoError(b, err)
	defer a.close()
	flights := make([]*flight, 8)
	for i := range flights {
		flights[i] = newFlight(&task.Params, 3, nil, i, certificate.Image{})
	}
	asks, out := make([]ask, 128), make([]int32, 128)
	for i := range asks {
		asks[i] = ask{Job{Image: i / 16, Stream: philox.EstimationNoise, Sample: uint32(i % 16)}, flights[i/16]}
	}
	for b.Loop() {
		require.NoError(b, a.append(asks, out, 1000))
		require.NoError(b, a.tidy(flights))
	}
}
