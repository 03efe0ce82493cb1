package smooth

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asFormat1 writes a certificate of a seed that is a number as the format
// before this one has it. Digests of whole certificates were committed when it
// was the only one: what they say of noise, counts and bounds still holds.
func asFormat1(t *testing.T, cert []byte) []byte {
	t.Helper()
	head, rest, _ := bytes.Cut(cert, []byte("\n"))
	var h Header
	require.NoError(t, decodeLine(append(head, '\n'), &h))
	body, err := encodeLine(h.format1())
	require.NoError(t, err)
	last := bytes.LastIndexByte(bytes.TrimSuffix(rest, []byte("\n")), '\n') + 1
	body = append(body, rest[:last]...)
	trailer, err := encodeLine(Trailer{Kind: kindTrailer, Lines: bytes.Count(body, []byte("\n")) - 1, SHA256: sha256.Sum256(body)})
	require.NoError(t, err)
	return append(body, trailer...)
}

// preprocessingOf is a preprocessing that goes with the kind of the noise.
func preprocessingOf(sound bool) string {
	if sound {
		return EightBit + " as stored"
	}
	return "none"
}

// What was certified in the format before this one is read as it stands.
func TestFormat1IsRead(t *testing.T) {
	task := linearTask(fmt.Sprint(t.TempDir(), "/c.jsonl"))
	task.Images, task.N = IndexSet{{0, 1, 4}}, 60
	cert, _ := runTask(t, task)
	old := asFormat1(t, cert)
	h, recs, err := readAll(bytes.NewReader(old))
	require.NoError(t, err)
	require.Len(t, recs, 4)
	require.Equal(t, Schema1, h.Schema)
	require.Nil(t, h.Choice)
	for from, to := range map[string]string{
		`"seed":"3"`:                             `"seed":"derived"`,
		`"model":`:                               `"precision":"f32","model":`,
		`}` + "\n" + `{"kind":"image","image":0`: `,"choice":{"of":4,"every":1}}` + "\n" + `{"kind":"image","image":0`,
	} {
		changed := bytes.Replace(old, []byte(from), []byte(to), 1)
		require.NotEqual(t, old, changed)
		_, _, err := readAll(bytes.NewReader(changed))
		require.ErrorContains(t, err, "fields that the format godmae-certificate/1 lacks")
	}
}

// A certificate that the version before this format made, byte for byte.
func TestCertificateOfTheVersionBefore(t *testing.T) {
	raw, err := os.ReadFile("testdata/format1.jsonl")
	require.NoError(t, err)
	h, recs, err := readAll(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Equal(t, Schema1, h.Schema)
	require.Equal(t, Seed{Number: 5}, h.Seed)
	require.Len(t, recs, 6)
	s := schema(t)
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		require.NoError(t, validate(t, s, line), line)
	}
}

// A run that the version before began ends in its format and in its bytes; with
// another parameter it is another run, and the error says that the format
// differs too.
func TestRunsOfTheVersionBeforeGoOn(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.N, task.Images = 60, IndexSet{{0, 1, 4}}
	cert, _ := runTask(t, task)
	old := asFormat1(t, cert)
	lines := bytes.SplitAfter(old, []byte("\n"))
	for _, keep := range []int{1, 3, 5} {
		task.Out = filepath.Join(t.TempDir(), "c.jsonl")
		partial := FilesFor(task.Out).partial()
		require.NoError(t, os.WriteFile(partial, bytes.Join(lines[:keep], nil), 0o666))
		other := task
		other.N++
		require.ErrorContains(t, other.Run(t.Context()), `with schema "godmae-certificate/1" instead of "godmae-certificate/2", n 60 instead of 61, no precision, no choice: remove it`)
		lost := task
		lost.MaxLeftOut, lost.Describe = 1, leavingOut(task.Describe, 3)
		if keep < 5 {
			require.ErrorContains(t, lost.Run(t.Context()), "image 3 cannot be left out of a certificate in the format godmae-certificate/1")
		}
		got, _ := runTask(t, task)
		require.Equal(t, string(old), string(got))
		again, _ := runTask(t, task)
		require.Equal(t, string(old), string(again), "finished, it stays")
	}
}

// The same pixels under another name go on, are merged and are found finished:
// the name describes, and the digests bind.
func TestDataUnderAnotherName(t *testing.T) {
	var notes []string
	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
	task.N, task.Images = 60, IndexSet{{0, 1, 4}}
	task.Note = func(s string) { notes = append(notes, s) }
	cert, _ := runTask(t, task)
	lines := bytes.SplitAfter(cert, []byte("\n"))
	moved := task
	moved.Data, moved.Out = "elsewhere/points", filepath.Join(t.TempDir(), "c.jsonl")
	require.NoError(t, os.WriteFile(FilesFor(moved.Out).partial(), bytes.Join(lines[:3], nil), 0o666))
	got, _ := runTask(t, moved)
	require.Equal(t, string(cert), string(got))
	require.Contains(t, strings.Join(notes, "\n"), `names the data "points", which are "elsewhere/points" here; the digests of the pixels decide`)
	again, _ := runTask(t, moved)
	require.Equal(t, string(cert), string(again))
	moved.Describe = func(i int) (Image, error) { return task.Describe(i + 1) }
	moved.Out = filepath.Join(t.TempDir(), "c.jsonl")
	require.NoError(t, os.WriteFile(FilesFor(moved.Out).partial(), bytes.Join(lines[:3], nil), 0o666))
	require.ErrorContains(t, moved.Run(t.Context()), "the pixels have the digest", "other pixels do not")
}
