package smooth

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

const testBeacon = "drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f0c5"

// derived returns a task with derived noise.
func derived(task Task, beacon certificate.Beacon) Task {
	task.Derived = &certificate.Derivation{Beacon: beacon}
	task.Seed = 0
	return task
}

// Noise of a derived key equals that of a seed with the same value for image
// index 0, in any batch. So does the random number of the randomised bound.
func TestDerivedNoiseIsAddressedByTheKey(t *testing.T) {
	p := certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 1, N: 1, Method: bound.MethodRandomised}, Derived: &certificate.Derivation{Model: "m"}}
	pixels := certificate.Digest{7}
	n, err := NoiseOf(p)
	require.NoError(t, err)
	key := p.Key(pixels)
	require.Equal(t, philox.Addr{Seed: key, Stream: philox.EstimationNoise, B: 5},
		n.Addr(Job{Image: 99, Stream: philox.EstimationNoise, Sample: 5, Key: key}))
	there := p.Draw(99, pixels)
	p.Derived, p.Seed = nil, key
	require.Equal(t, p.Draw(0, certificate.Digest{}), there)
	require.NotEqual(t, p.Draw(1, certificate.Digest{}), there)
}

// The noise of an image depends on its pixels and the model, and not on its
// index, the other images, the shard, n, alpha, sigma or the method.
func TestDerivedNoiseBelongsToThePixels(t *testing.T) {
	seen := map[certificate.Digest]map[philox.Addr]bool{}
	run := func(change func(*Task)) []byte {
		task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
		task.N, task.Images = 40, certificate.IndexSet{{0, 1, 6}}
		change(&task)
		inner, describe := task.Classifier.(*FuncClassifier), task.Describe
		digests := map[int]certificate.Digest{}
		task.Describe = func(i int) (certificate.Image, error) {
			img, err := describe(i)
			digests[i] = img.Pixels
			return img, err
		}
		task.Classifier = &watching{inner, func(jobs []Job, n Noise) {
			for _, j := range jobs {
				if j.Stream != philox.EstimationNoise || j.Sample != 3 {
					continue
				}
				of := seen[digests[j.Image]]
				if of == nil {
					of = map[philox.Addr]bool{}
					seen[digests[j.Image]] = of
				}
				of[n.Addr(j)] = true
			}
		}}
		cert, _ := runTask(t, task)
		return cert
	}
	first := run(func(*Task) {})
	require.Equal(t, string(first), string(run(func(task *Task) { task.Batch = 3 })), "the result does not depend on the batch")
	for _, change := range []func(*Task){
		func(task *Task) { task.N, task.N0 = 50, 5 },
		func(task *Task) { task.Alpha, task.Sigma = decimal.Must("0.5"), decimal.Must("0.5") },
		func(task *Task) { task.Method = bound.MethodRunnerUp },
		func(task *Task) { task.Images = certificate.IndexSet{{1, 2, 3}} },
		func(task *Task) { task.Shard = &certificate.Shard{Index: 2, Of: 2} },
		func(task *Task) { task.Data = "elsewhere" },
		func(task *Task) { // the same images in another order
			describe, pixels := task.Describe, task.Classifier.(*FuncClassifier).Pixels
			task.Describe = func(i int) (certificate.Image, error) { return describe(5 - i) }
			task.Classifier.(*FuncClassifier).Pixels = func(i int) ([]float32, error) { return pixels(5 - i) }
		},
	} {
		run(change)
	}
	require.Len(t, seen, 6)
	for _, addresses := range seen {
		require.Len(t, addresses, 1)
	}
	run(func(task *Task) { task.Model = "sha256:other" })
	run(func(task *Task) { task.Derived.Beacon = testBeacon })
	for _, addresses := range seen {
		require.Len(t, addresses, 3, "another model or a beacon gives other noise")
	}
}

// watching records the jobs of a classifier.
type watching struct {
	*FuncClassifier
	see func([]Job, Noise)
}

// Equal images have the same noise, so their results are equal.
func TestEqualImagesShareTheirNoise(t *testing.T) {
	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
	describe, pixels := task.Describe, task.Classifier.(*FuncClassifier).Pixels
	task.Describe = func(i int) (certificate.Image, error) { return describe(i / 2) }
	task.Classifier.(*FuncClassifier).Pixels = func(i int) ([]float32, error) { return pixels(i / 2) }
	task.N, task.Images = 100, certificate.IndexSet{{0, 1, 6}}
	cert, _ := runTask(t, task)
	lines := strings.Split(string(cert), "\n")[1:]
	for i := 0; i < 6; i += 2 {
		require.Equal(t, lines[i], strings.Replace(lines[i+1], fmt.Sprintf(`"image":%d`, i+1), fmt.Sprintf(`"image":%d`, i), 1))
	}
}

func (w *watching) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	w.see(jobs, noise)
	return w.FuncClassifier.Classify(ctx, jobs, noise, out)
}

// Shards with derived noise merge to the bytes of one run, interrupted runs are
// continued, and the header has the given texts.
func TestDerivedRunsMergeAndGoOn(t *testing.T) {
	for _, m := range []bound.Method{bound.MethodRandomised, bound.MethodAnytime} {
		want, _ := runTask(t, derived(shardTask(m, filepath.Join(t.TempDir(), "c.jsonl")), testBeacon))
		require.Contains(t, string(want), `"seed":"derived","beacon":"`+testBeacon+`"`)
		dir := t.TempDir()
		var paths []string
		for i := range 3 {
			task := derived(shardTask(m, filepath.Join(dir, fmt.Sprintf("s%d.jsonl", i))), testBeacon)
			task.Shard = &certificate.Shard{Index: i + 1, Of: 3}
			if i == 1 {
				task.Data = "points under another path"
			}
			inner := task.Classifier
			task.Batch, task.Classifier = 7, &failing{inner, 60, errors.New("the power failed")}
			require.Error(t, task.Run(t.Context()))
			task.Classifier = inner
			require.NoError(t, task.Run(t.Context()))
			paths = append(paths, task.Out)
		}
		slices.Reverse(paths)
		files, err := certificate.Merge(filepath.Join(dir, "all"), paths)
		require.NoError(t, err)
		got, _ := outputs(t, files.Certificate)
		require.Equal(t, string(want), string(got), m)
	}
}

// Noise that is derived from another model than the certified one is refused.
func TestDerivedFromAnotherModelIsRefused(t *testing.T) {
	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
	task.Derived.Model = "sha256:other"
	require.ErrorContains(t, task.Run(t.Context()), "the noise is derived from the model sha256:other, but the model certified is sha256:none")
}

// The golden file of this format has every kind of line; a change of the
// derivation or the format breaks it.
func TestGoldenFormat2(t *testing.T) {
	const name = "certificate/testdata/format2.jsonl"
	task := derived(methodTask(bound.MethodRandomised, filepath.Join(t.TempDir(), "c.jsonl")), testBeacon)
	task.N, task.N0, task.Images, task.MaxLeftOut = 64, 10, certificate.IndexSet{{0, 5, 5}}, 1
	task.Describe = leavingOut(task.Describe, 10)
	cert, _ := runTask(t, task)
	if os.Getenv("DMAE_UPDATE") != "" {
		require.NoError(t, os.WriteFile(name, cert, 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), string(cert))
}
