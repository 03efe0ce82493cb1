package smooth

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// mostly returns class 1 for one sample in 16, and class 0 for the others.
type mostly struct{}

func (mostly) Classes() int   { return 10 }
func (mostly) BatchSize() int { return 128 }
func (mostly) Classify(_ context.Context, jobs []Job, _ Noise, out []int32) error {
	for i, job := range jobs {
		out[i] = 0
		if job.Sample%16 == 7 {
			out[i] = 1
		}
	}
	return nil
}

// heapOf certifies a number of images and returns the peak of live memory.
func heapOf(t *testing.T, m bound.Method, images, n int) (most uint64) {
	t.Helper()
	task := methodTask(m, filepath.Join(t.TempDir(), "c.jsonl"))
	task.Classifier, task.N, task.Images = mostly{}, n, certificate.IndexSet{{0, 1, images}}
	task.Of = images
	task.Describe = func(int) (certificate.Image, error) { return certificate.Image{Label: -1}, nil }
	batches := images * (task.N0 + n) / 128
	calls := 0
	task.Progress = func(Progress) {
		if calls++; calls%max(batches/50, 1) == 0 {
			var s runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&s)
			most = max(most, s.HeapAlloc)
		}
	}
	require.NoError(t, task.Run(t.Context()))
	require.Greater(t, calls, 20)
	return most
}

// Memory does not grow with the number of images. With the number of samples
// only the blocks of the current line grow.
func TestMemoryDoesNotGrow(t *testing.T) {
	many, n := 3000, 200_000
	if testing.Short() {
		many, n = 300, 40_000
	}
	heapOf(t, bound.MethodCohen, 60, 32) // one-time allocations
	for _, m := range []bound.Method{bound.MethodCohen, bound.MethodAnytime} {
		few, more := heapOf(t, m, 60, 160), heapOf(t, m, many, 160)
		t.Logf("%s: %d KiB for 60 images, %d for %d", m, few>>10, more>>10, many)
		require.Less(t, more, few+128<<10, m)
	}
	small, large := heapOf(t, bound.MethodCohen, 4, 2_000), heapOf(t, bound.MethodCohen, 4, n)
	t.Logf("%d KiB for 2,000 samples, %d for %d", small>>10, large>>10, n)
	require.Less(t, large, small+64<<10+uint64(n/certificate.BlockSize)*512, "a block has counts and a digest")
}
