package smooth

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// interrupted makes the files of a run that failed after a number of batches.
// It returns the bytes of the answers file and the certificate of an
// uninterrupted run.
func interrupted(t *testing.T, task Task, calls int) (left, want []byte) {
	t.Helper()
	out, inner := task.Out, task.Classifier
	task.Out = filepath.Join(t.TempDir(), "c.jsonl")
	want, _ = runTask(t, task)
	task.Out, task.Classifier = out, &mortal{inner, t, calls, map[Job]bool{}}
	require.ErrorIs(t, task.Run(t.Context()), errKilled)
	left, err := os.ReadFile(answersPath(certificate.FilesFor(out)))
	require.NoError(t, err)
	return left, want
}

// goOn writes the answers and the partial certificate of an interrupted run,
// continues it and returns the certificate and the notes.
func goOn(t *testing.T, task Task, answers, partial []byte) (cert, notes string) {
	t.Helper()
	files := certificate.FilesFor(task.Out)
	os.Remove(files.Certificate)
	require.NoError(t, os.WriteFile(answersPath(files), answers, 0o666))
	if partial != nil {
		require.NoError(t, os.WriteFile(files.Partial(), partial, 0o666))
	}
	task.Note = func(s string) { notes += s + "\n" }
	got, _ := runTask(t, task)
	return string(got), notes
}

func TestDamagedAnswers(t *testing.T) {
	task := answersTask(bound.MethodAnytime, filepath.Join(t.TempDir(), "c.jsonl"))
	left, want := interrupted(t, task, 11)
	partial, err := os.ReadFile(certificate.FilesFor(task.Out).Partial())
	require.NoError(t, err)
	step := 71
	if testing.Short() {
		step = 331
	}
	cuts := 0
	for cut := 1; cut < len(left); cut += step {
		cert, notes := goOn(t, task, left[:cut], partial)
		require.Equal(t, string(want), cert, "cut at %d", cut)
		if strings.Contains(notes, "were cut off; their samples are classified again") {
			cuts++
		}
		bad := bytes.Clone(left)
		bad[cut] ^= 1
		cert, notes = goOn(t, task, bad, partial)
		require.Equal(t, string(want), cert, "byte %d changed", cut)
		require.Regexp(t, "is damaged after|belongs to another certification|were cut off", notes, "byte %d", cut)
	}
	require.Greater(t, cuts, len(left)/step*9/10)
	for name, c := range map[string]struct {
		answers []byte
		note    string
	}{
		"whole":               {left, "samples of unfinished images in "},
		"zeros after":         {append(bytes.Clone(left), make([]byte, 999)...), "(invalid record: a digest is wrong): later samples are classified again"},
		"huge length":         {append(bytes.Clone(left), bytes.Repeat([]byte{255}, 99)...), "were cut off"},
		"batch written twice": {append(bytes.Clone(left), left[len(answersSchema)+66:]...), "out of place"},
		"empty":               {nil, ""},
		"another file":        {[]byte("idx\tlabel\n"), "belongs to another certification and is replaced"},
	} {
		cert, notes := goOn(t, task, c.answers, partial)
		require.Equal(t, string(want), cert, name)
		require.Contains(t, notes, c.note, name)
	}
	// The certificate is gone, or shorter than it was.
	for _, lines := range []int{0, 1, 2} {
		kept := bytes.Join(bytes.SplitAfter(partial, []byte("\n"))[:lines], nil)
		cert, _ := goOn(t, task, left, kept)
		require.Equal(t, string(want), cert)
	}
}

func TestAnswersOfAnotherRun(t *testing.T) {
	task := answersTask(bound.MethodCohen, filepath.Join(t.TempDir(), "c.jsonl"))
	left, _ := interrupted(t, task, 8)
	files := certificate.FilesFor(task.Out)
	partial, err := os.ReadFile(files.Partial())
	require.NoError(t, err)

	other := task
	other.Seed++
	require.NoError(t, os.Remove(files.Partial()))
	want, _ := runTask(t, func() Task { o := other; o.Out = filepath.Join(t.TempDir(), "c.jsonl"); return o }())
	cert, notes := goOn(t, other, left, nil)
	require.Equal(t, string(want), cert)
	require.Contains(t, notes, "c.answers.partial belongs to another certification and is replaced")

	require.NoError(t, os.Remove(files.Certificate))
	require.NoError(t, os.WriteFile(answersPath(files), left, 0o666))
	require.NoError(t, os.WriteFile(files.Partial(), partial, 0o666))
	changed := task
	changed.Describe = func(i int) (certificate.Image, error) {
		img, err := task.Describe(i)
		if i >= bytes.Count(partial, []byte("\n"))-1 {
			img.Pixels[0]++
		}
		return img, err
	}
	require.ErrorContains(t, changed.Run(t.Context()), "with other pixels or another label than the data have now: remove it to classify the image again")

	require.NoError(t, os.Remove(answersPath(files)))
	require.NoError(t, os.Mkdir(answersPath(files), 0o777))
	require.ErrorContains(t, task.Run(t.Context()), "cannot write the answers")
}

// flightsOf reads a file of answers that belongs to a task.
func flightsOf(task Task, head string, raw []byte) (*answersReader, error) {
	stats, err := bound.New(task.Plan, task.Classifier.Classes())
	if err != nil {
		return nil, err
	}
	k := task.Classifier.Classes()
	r := newAnswersReader(bytes.NewReader(raw), head, k, 0, func(index int, img certificate.Image) *flight {
		return newFlight(&task.Params, k, stats.Begin(task.Draw(index, img.Pixels)), index, img)
	})
	return r, r.read()
}

// FuzzAnswers reads any bytes after the first line. With sealed they are split
// into records with correct digests.
func FuzzAnswers(f *testing.F) {
	var tasks []Task
	var heads []string
	for i, m := range bound.Methods() {
		task := answersTask(m, filepath.Join(f.TempDir(), "c.jsonl"))
		task.AccuracyOnly = i%2 == 1
		head, err := answersHead(certificate.NewHeader(task.Params, task.Classifier.Classes(), task.Subject))
		require.NoError(f, err)
		tasks, heads = append(tasks, task), append(heads, head)
		task.Classifier = &dyingAfter{tasks[i].Classifier, 6}
		require.ErrorIs(f, task.Run(f.Context()), errKilled)
		raw, err := os.ReadFile(answersPath(certificate.FilesFor(task.Out)))
		require.NoError(f, err)
		f.Add(uint8(i), false, raw[len(head):])
		r, err := flightsOf(task, head, raw)
		require.ErrorIs(f, err, io.EOF)
		var payloads []byte
		add := func(kind byte, payload []byte) {
			payloads = binary.LittleEndian.AppendUint16(payloads, uint16(1+len(payload)))
			payloads = append(append(payloads, kind), payload...)
		}
		for rest := raw[len(head):]; len(rest) > 0; {
			n := answersFrame + int(binary.LittleEndian.Uint32(rest))
			add(rest[answersFrame], rest[answersFrame+1:n])
			rest = rest[n:]
		}
		f.Add(uint8(i), true, payloads)
		f.Add(uint8(i), true, append(binary.LittleEndian.AppendUint16(nil, 20), payloads[2:22]...)) // cut in the digest of the pixels
		payloads = nil
		for _, flight := range r.flights {
			state, err := json.Marshal(flight.state())
			require.NoError(f, err)
			add(recordState, state)
		}
		f.Add(uint8(i), true, payloads)
	}
	f.Fuzz(func(t *testing.T, which uint8, sealed bool, data []byte) {
		i := int(which) % len(tasks)
		raw := []byte(heads[i])
		if sealed {
			for len(data) >= 2 {
				n := min(int(binary.LittleEndian.Uint16(data)), len(data)-2)
				raw = append(raw, seal(append(make([]byte, answersFrame), data[2:2+n]...))...)
				data = data[2+n:]
			}
		} else {
			raw = append(raw, data...)
		}
		r, err := flightsOf(tasks[i], heads[i], raw)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "\n")
		require.LessOrEqual(t, r.offset, int64(len(raw)))
		for index, f := range r.flights {
			require.Equal(t, index, f.rec.Image)
			require.LessOrEqual(t, f.selection.done.N, tasks[i].N0)
			require.LessOrEqual(t, f.estimation.done.N, tasks[i].N)
			require.Equal(t, !f.finished && f.chosen(), f.next(philox.EstimationNoise) >= 0)
			// A restored flight equals the original.
			again := newFlight(f.params, tasks[i].Classifier.Classes(), f.trialAgain(t), index, certificate.Image{Label: f.rec.Label, Pixels: f.rec.Pixels})
			require.NoError(t, again.restore(f.state()))
			require.Equal(t, f.state(), again.state())
			require.Equal(t, f.rec, again.rec)
		}
	})
}

// trialAgain starts the trial of a flight again.
func (f *flight) trialAgain(t *testing.T) bound.Trial {
	stats, err := bound.New(f.params.Plan, 3)
	require.NoError(t, err)
	return stats.Begin(f.params.Draw(f.rec.Image, f.rec.Pixels))
}
