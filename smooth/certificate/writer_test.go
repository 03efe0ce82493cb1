package certificate

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/bound"
)

// A stopped writer continues after its lines with the same bytes, and then the
// certificate is complete.
func TestWriterGoesOn(t *testing.T) {
	s := sampleOf(bound.MethodRandomised)
	s.broken = []int{1}
	want := string(s.bytes(t))
	files := FilesFor(filepath.Join(t.TempDir(), "c.jsonl"))
	w, err := NewWriter(files, s.header(), s.describe, func(string) {})
	require.NoError(t, err)
	require.NoError(t, w.Machine("a test", 64))
	require.Equal(t, []int{0, 1, 2, 3}, slices.Collect(w.Due()))
	require.NoError(t, w.Append(Line{Record: s.record(t, 0)}, time.Second))
	_, err = s.describe(1)
	require.NoError(t, w.Append(Line{LeftOut: err.(*UndecodableError).LeftOut(1)}, 0))
	w.Close()

	var notes []string
	w, err = NewWriter(files, s.header(), s.describe, func(text string) { notes = append(notes, text) })
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, slices.Collect(w.Due()))
	require.Equal(t, [2]int{2, 1}, [2]int{w.Images(), w.LeftOut()})
	require.Equal(t, []string{"continuing after 2 of 4 images in " + files.Partial()}, notes)
	w.Close()

	s.write(t, files)
	got, err := os.ReadFile(files.Certificate)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
	w, err = NewWriter(files, s.header(), s.describe, func(string) {})
	require.NoError(t, err)
	require.True(t, w.Complete())

	bad := s.header()
	bad.Images = nil
	_, err = NewWriter(files, bad, s.describe, func(string) {})
	require.ErrorContains(t, err, "the image set is empty")
}

func TestFilesFor(t *testing.T) {
	want := Files{"a/b.jsonl", "a/b.timing.jsonl", "a/b.tsv"}
	for _, out := range []string{"a/b", "a/b.jsonl", "a/b.timing.jsonl", "a/b.tsv"} {
		require.Equal(t, want, FilesFor(out))
	}
}

// The table has the usual form: an abstention is -1 with the radius 0.0, and a
// time has Python's format.
func TestTable(t *testing.T) {
	s := sampleOf(bound.MethodCohen)
	s.N, s.AccuracyOnly, s.broken = 600, true, []int{1}
	files := FilesFor(filepath.Join(t.TempDir(), "c.jsonl"))
	s.write(t, files)
	raw, err := os.ReadFile(files.TSV)
	require.NoError(t, err)
	rows := strings.Split(string(raw), "\n")
	require.Equal(t, []string{TSVHeader, rows[1], rows[2], "3\t2\t1\t0.0\t0\t0:00:01.000000", ""}, rows)
	rec := s.record(t, 0)
	require.Equal(t, fmt.Sprintf("0\t0\t0\t%s\t1\t0:00:01.000000", rec.Radius), rows[1])
	require.Equal(t, "27:46:39.123457", clock(99999.1234567))
	require.Equal(t, "0:00:00.000000", clock(math.Inf(-1)))
}
