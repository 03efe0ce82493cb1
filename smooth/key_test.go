package smooth

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

const testBeacon = "drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f0c5"

// derived makes a task's noise derived.
func derived(task Task, beacon Beacon) Task {
	task.Derived = &Derivation{Beacon: beacon}
	task.Seed = 0
	return task
}

// A key is what its documentation says, computed here byte by byte.
func TestKeyOfAnImage(t *testing.T) {
	pixels := Digest(sha256.Sum256([]byte("an image")))
	hexed := hex.EncodeToString(pixels[:])
	for _, beacon := range []string{"", testBeacon} {
		raw := "\x14\x00\x00\x00\x00\x00\x00\x00godmae-certificate/2" +
			"\x0b\x00\x00\x00\x00\x00\x00\x00sha256:none" +
			string([]byte{byte(len(beacon)), 0, 0, 0, 0, 0, 0, 0}) + beacon +
			"\x40\x00\x00\x00\x00\x00\x00\x00" + hexed
		sum := sha256.Sum256([]byte(raw))
		require.Equal(t, binary.LittleEndian.Uint64(sum[:8]), Derivation{Model: "sha256:none", Beacon: Beacon(beacon)}.Key(pixels))
	}
}

// Noise of a derived key is that of the seed which the key is, for an image of
// index 0, in whatever batch; and the random number of the randomised bound too.
func TestDerivedNoiseIsAddressedByTheKey(t *testing.T) {
	p := Params{Sigma: MustDecimal("0.25"), Alpha: MustDecimal("0.001"), N0: 1, N: 1, Method: MethodRandomised, Derived: &Derivation{Model: "m"}}
	pixels := Digest{7}
	n, err := p.Noise()
	require.NoError(t, err)
	key := p.Key(pixels)
	require.Equal(t, philox.Addr{Seed: key, Stream: philox.EstimationNoise, B: 5},
		n.Addr(Job{Image: 99, Stream: philox.EstimationNoise, Sample: 5, Key: key}))
	there := newRandomised(p).Begin(99, pixels).Verdict(0, Counts{{0, 1}})
	p.Derived, p.Seed = nil, key
	require.Equal(t, newRandomised(p).Begin(0, Digest{}).Verdict(0, Counts{{0, 1}}).W, there.W)
}

// What an image is certified with depends on its pixels and the model: not on its
// index, its neighbours, the shard, n, alpha, sigma or the method.
func TestDerivedNoiseBelongsToThePixels(t *testing.T) {
	seen := map[Digest]map[philox.Addr]bool{}
	run := func(change func(*Task)) []byte {
		task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
		task.N, task.Images = 40, IndexSet{{0, 1, 6}}
		change(&task)
		inner, describe := task.Classifier.(*FuncClassifier), task.Describe
		digests := map[int]Digest{}
		task.Describe = func(i int) (Image, error) {
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
	require.Equal(t, string(first), string(run(func(task *Task) { task.Batch = 3 })), "nor on the batch")
	for _, change := range []func(*Task){
		func(task *Task) { task.N, task.N0 = 50, 5 },
		func(task *Task) { task.Alpha, task.Sigma = MustDecimal("0.5"), MustDecimal("0.5") },
		func(task *Task) { task.Method = MethodRunnerUp },
		func(task *Task) { task.Images = IndexSet{{1, 2, 3}} },
		func(task *Task) { task.Shard = &Shard{2, 2} },
		func(task *Task) { task.Data = "elsewhere" },
		func(task *Task) { // the same images in another order
			describe, pixels := task.Describe, task.Classifier.(*FuncClassifier).Pixels
			task.Describe = func(i int) (Image, error) { return describe(5 - i) }
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
		require.Len(t, addresses, 3, "another model and a beacon are other noise")
	}
}

// watching shows the jobs that a classifier is asked.
type watching struct {
	*FuncClassifier
	see func([]Job, Noise)
}

// Equal images are certified alike, and only once is there luck between them.
func TestEqualImagesShareTheirNoise(t *testing.T) {
	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
	describe, pixels := task.Describe, task.Classifier.(*FuncClassifier).Pixels
	task.Describe = func(i int) (Image, error) { return describe(i / 2) }
	task.Classifier.(*FuncClassifier).Pixels = func(i int) ([]float32, error) { return pixels(i / 2) }
	task.N, task.Images = 100, IndexSet{{0, 1, 6}}
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

// Shards of derived noise merge into the bytes of one run, killed runs go on,
// and the words of the header are those asked for.
func TestDerivedRunsMergeAndGoOn(t *testing.T) {
	for _, m := range []Method{MethodRandomised, MethodAnytime} {
		want, _ := runTask(t, derived(shardTask(m, filepath.Join(t.TempDir(), "c.jsonl")), testBeacon))
		require.Contains(t, string(want), `"seed":"derived","beacon":"`+testBeacon+`"`)
		dir := t.TempDir()
		var paths []string
		for i := range 3 {
			task := derived(shardTask(m, filepath.Join(dir, fmt.Sprintf("s%d.jsonl", i))), testBeacon)
			task.Shard = &Shard{i + 1, 3}
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
		files, err := Merge(filepath.Join(dir, "all"), paths)
		require.NoError(t, err)
		got, _ := outputs(t, files.Certificate)
		require.Equal(t, string(want), string(got), m)
	}
}

// The noise is derived from the model that is certified and from no other.
func TestDerivedFromAnotherModelIsRefused(t *testing.T) {
	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
	task.Derived.Model = "sha256:other"
	require.ErrorContains(t, task.Run(t.Context()), "the noise is derived from the model sha256:other, but the model certified is sha256:none")
}

// The bytes of a certificate of this format, with every kind of line in it: a
// golden file, which a change of the derivation or the format would break.
func TestGoldenFormat2(t *testing.T) {
	const name = "testdata/format2.jsonl"
	task := derived(methodTask(MethodRandomised, filepath.Join(t.TempDir(), "c.jsonl")), testBeacon)
	task.N, task.N0, task.Images, task.MaxLeftOut = 64, 10, IndexSet{{0, 5, 5}}, 1
	task.Describe = leavingOut(task.Describe, 10)
	cert, _ := runTask(t, task)
	if os.Getenv("DMAE_UPDATE") != "" {
		require.NoError(t, os.WriteFile(name, cert, 0o644))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, string(want), string(cert))
	s := schema(t)
	for _, line := range strings.Split(strings.TrimSpace(string(cert)), "\n") {
		require.NoError(t, validate(t, s, line), line)
		require.True(t, json.Valid([]byte(line)))
	}
}

func TestParseBeacon(t *testing.T) {
	b, err := ParseBeacon(strings.ToUpper(testBeacon[11:]))
	require.ErrorContains(t, err, "drand:ROUND:VALUE")
	require.Empty(t, b)
	b, err = ParseBeacon("drand:0001000:" + strings.ToUpper(testBeacon[11:]))
	require.NoError(t, err)
	require.Equal(t, Beacon(testBeacon), b)
	require.NoError(t, b.check())
	require.Equal(t, uint64(1000), b.Round())
	require.True(t, b.Known())
	require.Equal(t, Beacon("drand:1000"), b.withoutValue())
	require.ErrorContains(t, b.withoutValue().check(), "has no value")
	require.Equal(t, "2023-08-23T15:09:27Z", Beacon("drand:1").Time().Format("2006-01-02T15:04:05Z"))
	require.Equal(t, "2023-08-23T15:59:24Z", b.Time().Format("2006-01-02T15:04:05Z"))
	for _, bad := range []string{"", "drand", "drand:", "drand:0", "drand:-1", "drand:+1", "drand:x", "nist:1", "drand:1:", "drand:1:ab", testBeacon + "0", testBeacon + ":", "drand:99999999999999999999"} {
		_, err := ParseBeacon(bad)
		require.ErrorContains(t, err, "is not of the form", bad)
	}
	require.ErrorContains(t, Beacon("drand:1:"+strings.Repeat("AB", 32)).check(), "canonical")
}

// A commitment is to the model, every parameter, the images and their pixels,
// and to neither the value of the beacon nor the name of the data; a finished
// certificate has all that it takes.
func TestCommitment(t *testing.T) {
	commit := func(change func(*Task)) Digest {
		task := derived(linearTask(""), "drand:1000")
		task.Images, task.MaxLeftOut = IndexSet{{0, 1, 4}}, 1
		task.Describe = leavingOut(task.Describe, 2)
		change(&task)
		c, err := NewCommitment(NewHeader(task.Params, 3, task.Subject))
		require.NoError(t, err)
		for i := range task.Images.All() {
			require.NoError(t, c.Add(task.Describe(i)))
		}
		return c.Digest()
	}
	first := commit(func(*Task) {})
	require.Equal(t, first, commit(func(task *Task) { task.Data, task.Derived.Beacon = "elsewhere", testBeacon }))
	for i, change := range []func(*Task){
		func(task *Task) { task.N++ }, func(task *Task) { task.N0++ },
		func(task *Task) { task.Alpha = MustDecimal("0.01") }, func(task *Task) { task.Sigma = MustDecimal("0.5") },
		func(task *Task) { task.Method = MethodRandomised }, func(task *Task) { task.AccuracyOnly = true },
		func(task *Task) { task.Model = "sha256:other" }, func(task *Task) { task.Derived.Beacon = "drand:1001" },
		func(task *Task) { task.Images = IndexSet{{0, 1, 3}} }, func(task *Task) { task.Of++ },
		func(task *Task) {
			describe := task.Describe
			task.Describe = func(i int) (Image, error) { return describe(i + 3) }
		},
	} {
		require.NotEqual(t, first, commit(change), i)
	}

	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), testBeacon)
	task.Images, task.MaxLeftOut = IndexSet{{0, 1, 4}}, 1
	task.Describe = leavingOut(task.Describe, 2)
	cert, _ := runTask(t, task)
	d, err := NewReader(strings.NewReader(string(cert)))
	require.NoError(t, err)
	c, err := NewCommitment(d.Header())
	require.NoError(t, err)
	for line, err := d.NextLine(); err == nil; line, err = d.NextLine() {
		c.AddLine(line)
	}
	require.Equal(t, first, c.Digest())
	h := d.Header()
	h.Shard = &Shard{1, 2}
	_, err = NewCommitment(h)
	require.ErrorContains(t, err, "a shard has a part")
}
