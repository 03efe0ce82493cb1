package smooth

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

func TestBatchAndWorkersLeaveNoTrace(t *testing.T) {
	for _, accuracyOnly := range []bool{false, true} {
		var first, firstTable []byte
		for _, c := range []struct{ batch, workers int }{{64, 1}, {1, 1}, {8, 2}, {1000, 7}, {100_000, 3}} {
			task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
			task.AccuracyOnly = accuracyOnly
			task.Batch = c.batch
			task.Machine = fmt.Sprint(c)
			task.Classifier.(*FuncClassifier).Workers = c.workers
			cert, table := runTask(t, task)
			if first == nil {
				first, firstTable = cert, table
			}
			require.Equal(t, string(first), string(cert), "batch %d, %d workers", c.batch, c.workers)
			require.Equal(t, string(firstTable), string(table))
		}
	}
}

// The bytes of a certificate are the same on every machine. A change of them
// needs a new schema or numerics contract.
func TestGoldenCertificate(t *testing.T) {
	cert, table := runTask(t, linearTask(filepath.Join(t.TempDir(), "c.jsonl")))
	require.Equal(t, "34a4ff86ab6a495137712d83b3e327f228ae0a6da0fd29897b07537f2a92d86e", certificate.Digest(sha256.Sum256(asFormat1(t, cert))).String())
	require.Equal(t, "c9c65a5a8c47857604b3deca41c6762f5dc3c6e734e8a953b38c8077243fefb0", certificate.Digest(sha256.Sum256(table)).String())
}

func TestCertificateSaysWhatHappened(t *testing.T) {
	for _, accuracyOnly := range []bool{false, true} {
		task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
		task.AccuracyOnly = accuracyOnly
		cert, table := runTask(t, task)
		header, recs, err := readAll(bytes.NewReader(cert))
		require.NoError(t, err)
		require.Equal(t, task.Params, header.Params())
		require.Len(t, recs, linearImages)
		rows := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
		certified := 0
		for i, rec := range recs {
			require.Equal(t, i, rec.Image)
			want, err := task.Describe(i)
			require.NoError(t, err)
			require.Equal(t, want, certificate.Image{Label: rec.Label, Pixels: rec.Pixels})
			if accuracyOnly && rec.Label >= 0 && rec.Selected != rec.Label {
				require.Equal(t, certificate.StoppedWrongClass, rec.Stopped)
				require.Zero(t, rec.Estimation.N)
				require.Equal(t, fmt.Sprintf("%d\t%d\t%d\t0.0\t0", i, rec.Label, rec.Selected), rows[i])
				continue
			}
			require.Empty(t, rec.Stopped)
			require.Equal(t, task.N, rec.Estimation.N)
			require.Len(t, rec.Estimation.Blocks, 2)
			if rec.Predict < 0 {
				require.Contains(t, rows[i], "\t-1\t0.0\t0")
				continue
			}
			certified++
			require.Greater(t, rec.Radius.Float64(), -1.0)
			radius := rec.Radius.String()
			if rec.Radius.Sign() == 0 {
				radius = "0.0"
			}
			require.Contains(t, rows[i], fmt.Sprintf("%d\t%d\t%d\t%s\t", i, rec.Label, rec.Predict, radius))
			require.Equal(t, rec.Predict == rec.Label, strings.HasSuffix(rows[i], "\t1"))
		}
		require.Greater(t, certified, linearImages/4)
	}
}

// failing answers like another classifier for a number of jobs and then fails.
type failing struct {
	Classifier
	left int
	err  error
}

func (f *failing) Classify(ctx context.Context, jobs []Job, noise Noise, out []int32) error {
	if f.left -= len(jobs); f.left < 0 {
		return f.err
	}
	return f.Classifier.Classify(ctx, jobs, noise, out)
}

func TestInterruptedRunsEndInTheSameBytes(t *testing.T) {
	want, wantTable := runTask(t, linearTask(filepath.Join(t.TempDir(), "c.jsonl")))
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	inner := task.Classifier
	power := errors.New("the power failed")
	var notes []string
	task.Note = func(s string) { notes = append(notes, s) }
	runs := 0
	for samples := 2000; ; samples += 1000 {
		task.Classifier = &failing{inner, samples, power}
		task.Batch = 50 + 17*runs
		err := task.Run(t.Context())
		if err == nil {
			break
		}
		require.ErrorIs(t, err, power)
		runs++
	}
	require.Greater(t, runs, 3)
	require.Contains(t, strings.Join(notes, "\n"), "continuing after")
	got, gotTable := outputs(t, task.Out)
	require.Equal(t, string(want), string(got))
	require.Equal(t, string(wantTable), string(gotTable))

	// Every image has a time, also after several runs.
	tsv, err := os.ReadFile(certificate.FilesFor(task.Out).TSV)
	require.NoError(t, err)
	require.NotContains(t, string(tsv), "nan")
}

// A kill can leave any prefix of the two partial files.
func TestAnyPrefixOfThePartialFileIsContinued(t *testing.T) {
	task := linearTask("")
	task.N = 200
	task.Images = certificate.IndexSet{{0, 1, 8}}
	task.Out = filepath.Join(t.TempDir(), "c.jsonl")
	want, _ := runTask(t, task)
	timing, err := os.ReadFile(certificate.FilesFor(task.Out).Timing)
	require.NoError(t, err)
	step := 97
	if testing.Short() {
		step = 501
	}
	for cut := 0; cut <= len(want); cut += step {
		dir := t.TempDir()
		task.Out = filepath.Join(dir, "c.jsonl")
		files := certificate.FilesFor(task.Out)
		require.NoError(t, os.WriteFile(files.Partial(), want[:cut], 0o666))
		require.NoError(t, os.WriteFile(files.Timing+".partial", timing[:len(timing)*cut/len(want)], 0o666))
		got, _ := runTask(t, task)
		require.Equal(t, string(want), string(got), "cut at %d", cut)
	}
	// Killed while the files were renamed: the certificate is whole but has its
	// partial name, and the timing has its final name.
	task.Out = filepath.Join(t.TempDir(), "c.jsonl")
	files := certificate.FilesFor(task.Out)
	require.NoError(t, os.WriteFile(files.Partial(), want, 0o666))
	require.NoError(t, os.WriteFile(files.Timing, timing, 0o666))
	got, _ := runTask(t, task)
	require.Equal(t, string(want), string(got))
	tsv, err := os.ReadFile(files.TSV)
	require.NoError(t, err)
	require.NotContains(t, string(tsv), "nan")
}

func TestFinishedRunIsNotRepeatedAndNotOverwritten(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	want, _ := runTask(t, task)
	var note string
	task.Note = func(s string) { note = s }
	inner := task.Classifier
	task.Classifier = &failing{inner, 0, errors.New("it classified again")}
	require.NoError(t, task.Run(t.Context()))
	require.Contains(t, note, "is already complete")

	task.Seed++
	require.ErrorContains(t, task.Run(t.Context()), `is another certificate, with seed "3" instead of "4": remove it`)
	task.Seed--
	require.NoError(t, os.WriteFile(task.Out, want[:len(want)-10], 0o666))
	require.ErrorContains(t, task.Run(t.Context()), "is damaged")
	require.NoError(t, os.WriteFile(task.Out, []byte("idx\tlabel\n"), 0o666))
	require.ErrorContains(t, task.Run(t.Context()), "already exists")
}

func TestPartialFileOfAnotherRunIsRefused(t *testing.T) {
	partial := func(change func(*Task), edit func([]byte) []byte) error {
		task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
		task.N = 50
		task.Images = certificate.IndexSet{{0, 1, 6}}
		cert, _ := runTask(t, task)
		task.Out = filepath.Join(t.TempDir(), "c.jsonl")
		lines := bytes.SplitAfter(cert, []byte("\n"))
		kept := bytes.Join(lines[:4], nil)
		require.NoError(t, os.WriteFile(certificate.FilesFor(task.Out).Partial(), edit(kept), 0o666))
		change(&task)
		return task.Run(t.Context())
	}
	same := func(b []byte) []byte { return b }
	none := func(*Task) {}
	require.NoError(t, partial(none, same))
	require.ErrorContains(t, partial(func(t *Task) { t.N = 60 }, same), "n 50 instead of 60")
	require.ErrorContains(t, partial(func(t *Task) { t.Model = "sha256:" + strings.Repeat("0", 64) }, same), "another model")
	require.ErrorContains(t, partial(none, func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"radius":"0.`), []byte(`"radius":"1.`), 1)
	}), "the counts give")
	require.ErrorContains(t, partial(none, func(b []byte) []byte { return append(b, "garbage\n"...) }), "line 5")
	require.ErrorContains(t, partial(func(task *Task) {
		inner := task.Describe
		task.Describe = func(i int) (certificate.Image, error) {
			img, err := inner(i)
			img.Pixels[0]++
			return img, err
		}
	}, same), "the pixels have the digest")
}

func TestCancelledRunKeepsItsImages(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	ctx, cancel := context.WithCancel(t.Context())
	var last Progress
	task.Progress = func(p Progress) {
		last = p
		if p.Images >= 3 {
			cancel()
		}
	}
	err := task.Run(ctx)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "stopped after 3 of 24 images")
	require.Equal(t, linearImages, last.Total)
	require.Greater(t, last.Rate, 0.0)
	require.Greater(t, last.Remaining.Seconds(), 0.0)
	partial, err := os.ReadFile(certificate.FilesFor(task.Out).Partial())
	require.NoError(t, err)
	require.Equal(t, 4, bytes.Count(partial, []byte("\n")))

	task.Progress = nil
	require.NoError(t, Discard(certificate.FilesFor(task.Out)))
	left, err := os.ReadDir(filepath.Dir(task.Out))
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, task.Run(t.Context()))
	require.NoError(t, Discard(certificate.FilesFor(task.Out)))
	left, err = os.ReadDir(filepath.Dir(task.Out))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestTaskRefusesWhatCannotBeCertified(t *testing.T) {
	for want, change := range map[string]func(*Task){
		"sigma is 0":             func(t *Task) { t.Sigma = t.Sigma.Neg(); t.Sigma.UnmarshalText([]byte("0")) },
		"alpha is 1":             func(t *Task) { t.Alpha.UnmarshalText([]byte("1")) },
		"n0 is 0":                func(t *Task) { t.N0 = 0 },
		"n is -1":                func(t *Task) { t.N = -1 },
		"no classifier":          func(t *Task) { t.Classifier = nil },
		"the image set is empty": func(t *Task) { t.Images = nil },
		"class names":            func(t *Task) { t.Names = []string{"one"} },
		"not valid UTF-8":        func(t *Task) { t.Data = "\xff" },
		"needs a description":    func(t *Task) { t.Describe = nil },
		"no such image": func(t *Task) {
			t.Describe = func(int) (certificate.Image, error) { return certificate.Image{}, errors.New("no such image") }
		},
		"image 0 has the label 9": func(t *Task) {
			t.Describe = func(int) (certificate.Image, error) { return certificate.Image{Label: 9}, nil }
		},
		"answered class 3":         func(t *Task) { t.Classifier.(*FuncClassifier).Class = func([]float32) int { return 3 } },
		"cannot write the certifi": func(t *Task) { t.Out = filepath.Join(t.Out, "missing", "c.jsonl") },
	} {
		task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
		change(&task)
		require.ErrorContains(t, task.Run(t.Context()), want)
	}
}

// All parameters that Params.Check accepts can be written and read again.
func TestTinyAlphaIsReadAgain(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.Images, task.N, task.Alpha = certificate.IndexSet{{0, 1, 2}}, 50, decimal.Must("1e-100")
	cert, _ := runTask(t, task)
	h, _, err := readAll(bytes.NewReader(cert))
	require.NoError(t, err)
	require.Equal(t, task.Alpha, h.Alpha)
}

// A classifier that always returns NoClass is never certified.
func TestNoClassIsCountedAndNeverCertified(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.Images = certificate.IndexSet{{0, 1, 2}}
	task.Classifier.(*FuncClassifier).Class = func([]float32) int { return bound.NoClass }
	cert, table := runTask(t, task)
	require.Contains(t, string(cert), fmt.Sprintf(`"counts":[[-1,%d]]`, task.N))
	require.Contains(t, string(table), "0\t0\t-1\t0.0\t0")
	require.Contains(t, string(cert), `"selected":-1,"predict":-1,"pa":"0","radius":"0"`)
}

func TestTimingIsSharedOut(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.Machine = "a test"
	runTask(t, task)
	f, err := os.Open(certificate.FilesFor(task.Out).Timing)
	require.NoError(t, err)
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, `{"machine":"a test","batch":64}`+"\n", line)
	_, err = f.Seek(0, io.SeekStart)
	require.NoError(t, err)
	i := 0
	for v := range certificate.Timings(f) {
		require.Equal(t, i, v.Image)
		require.Equal(t, task.N0+task.N, v.Samples)
		require.Greater(t, v.Seconds, 0.0)
		i++
	}
	require.Equal(t, linearImages, i)
}
