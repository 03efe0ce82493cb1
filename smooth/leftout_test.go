package smooth

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// leavingOut describes images, some of which cannot be decoded.
func leavingOut(describe func(int) (certificate.Image, error), broken ...int) func(int) (certificate.Image, error) {
	return func(i int) (certificate.Image, error) {
		if slices.Contains(broken, i) {
			file := certificate.Digest(sha256.Sum256(fmt.Append(nil, "file ", i)))
			return certificate.Image{}, fmt.Errorf("reading: %w", &certificate.UndecodableError{File: &file, Err: fmt.Errorf("%d.png is\nbroken", i)})
		}
		return describe(i)
	}
}

// An image that cannot be decoded is reported in the certificate, in its
// trailer and to the user. The other images are unchanged.
func TestImagesThatCannotBeDecoded(t *testing.T) {
	for _, isDerived := range []bool{false, true} {
		make := func(broken ...int) (Task, *[]string) {
			task := methodTask(bound.MethodRandomised, filepath.Join(t.TempDir(), "c.jsonl"))
			if isDerived {
				task = derived(task, "")
			}
			task.N, task.Images, task.MaxLeftOut = 60, certificate.IndexSet{{0, 1, 8}}, 3
			task.Describe = leavingOut(task.Describe, broken...)
			notes := new([]string)
			task.Note = func(s string) { *notes = append(*notes, s) }
			return task, notes
		}
		whole, _ := make()
		all, allTable := runTask(t, whole)
		task, notes := make(0, 3, 7)
		cert, table := runTask(t, task)
		require.Equal(t, []string{
			"left out (image 0, 1 of at most 3): 0.png is broken",
			"left out (image 3, 2 of at most 3): 3.png is broken",
			"left out (image 7, 3 of at most 3): 7.png is broken",
		}, trimmed(*notes))
		lines, wholeLines := strings.Split(string(cert), "\n"), strings.Split(string(all), "\n")
		rows, wholeRows := strings.Split(string(table), "\n"), strings.Split(string(allTable), "\n")
		row := 1
		for i := range 8 {
			if slices.Contains([]int{0, 3, 7}, i) {
				require.Equal(t, fmt.Sprintf(`{"kind":"left-out","image":%d,"reason":"undecodable","file":"%x"}`, i, sha256.Sum256(fmt.Append(nil, "file ", i))), lines[i+1])
				continue
			}
			require.Equal(t, wholeLines[i+1], lines[i+1], "the others keep their noise")
			require.Equal(t, wholeRows[i+1], rows[row])
			row++
		}
		require.Contains(t, lines[9], `"lines":8,"left_out":3,`)
		tsv, err := os.ReadFile(certificate.FilesFor(task.Out).TSV)
		require.NoError(t, err)
		require.NotContains(t, string(tsv), "nan", "each row has its time")

		d, err := certificate.NewReader(bytes.NewReader(cert))
		require.NoError(t, err)
		n := 0
		for ; err == nil; n++ {
			_, err = d.Next()
		}
		require.Equal(t, 5, n-1)
		require.Equal(t, 3, d.LeftOut())

		// A run that is interrupted anywhere ends with the same bytes.
		for stop := 20; stop < 5*70; stop += 45 {
			task, _ := make(0, 3, 7)
			inner := task.Classifier
			task.Batch, task.Classifier = 13, &failing{inner, stop, errors.New("the power failed")}
			require.Error(t, task.Run(t.Context()))
			task.Classifier = inner
			again, _ := runTask(t, task)
			require.Equal(t, string(cert), string(again))
		}
		// And so do shards.
		var paths []string
		for i := range 3 {
			task, _ := make(0, 3, 7)
			task.Shard = &certificate.Shard{Index: i + 1, Of: 3}
			require.NoError(t, task.Run(t.Context()))
			paths = append(paths, task.Out)
		}
		files, err := certificate.Merge(filepath.Join(t.TempDir(), "all"), paths)
		require.NoError(t, err)
		merged, mergedTable := outputs(t, files.Certificate)
		require.Equal(t, string(cert), string(merged))
		require.Equal(t, string(table), string(mergedTable))
	}
}

// trimmed removes a digest before the text of an error.
func trimmed(notes []string) []string {
	for i, s := range notes {
		notes[i] = strings.Replace(s, "reading: ", "", 1)
	}
	return notes
}

func TestTooManyImagesThatCannotBeDecoded(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.N, task.Images, task.MaxLeftOut = 60, certificate.IndexSet{{0, 1, 8}}, 1
	good := task.Describe
	task.Describe = leavingOut(good, 2, 5)
	require.ErrorContains(t, task.Run(t.Context()), "more than 1 images cannot be used, the last one seen is image 5: reading: 5.png is broken")
	task.MaxLeftOut = 2
	cert, _ := runTask(t, task) // those of the run before count too, once
	require.Contains(t, string(cert), `"left_out":2`)

	// An image that can be decoded now, or no longer, is an error.
	lines := strings.SplitAfter(string(cert), "\n")
	for want, describe := range map[string]func(int) (certificate.Image, error){
		"image 2: it was left out because it cannot be decoded, but here it can": good,
		"image 1: it cannot be decoded here: reading: 1.png is broken":           leavingOut(good, 1, 2),
	} {
		again := task
		again.Out, again.Describe = filepath.Join(t.TempDir(), "c.jsonl"), describe
		require.NoError(t, os.WriteFile(certificate.FilesFor(again.Out).Partial(), []byte(strings.Join(lines[:5], "")), 0o666))
		require.ErrorContains(t, again.Run(t.Context()), want)
	}

	// The reader checks the form of these lines.
	for change, want := range map[[2]string]string{
		{`"reason":"undecodable"`, `"reason":"too hard"`}:              `left out for "too hard"`,
		{`"kind":"left-out","image":2`, `"kind":"left-out","image":3`}: "there is image 3 instead of image 2",
		{`,"left_out":2`, ``}:            "the trailer counts",
		{`"left_out":2`, `"left_out":1`}: "the trailer counts",
		{`"reason":`, `"why":`}:          "canonical",
	} {
		require.Contains(t, string(cert), change[0])
		_, _, err := readAll(strings.NewReader(strings.Replace(string(cert), change[0], change[1], 1)))
		require.ErrorContains(t, err, want)
	}
	old := asFormat1(t, cert)
	_, _, err := readAll(bytes.NewReader(old))
	require.ErrorContains(t, err, "is left out, which the format godmae-certificate/1 does not provide for")
}
