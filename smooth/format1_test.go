package smooth

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/certificate"
)

// asFormat1 converts a certificate with a numeric seed to the previous format.
// The committed digests of whole certificates are in that format; they still
// test noise, counts and bounds.
func asFormat1(t *testing.T, cert []byte) []byte {
	t.Helper()
	head, rest, _ := bytes.Cut(cert, []byte("\n"))
	var h certificate.Header
	require.NoError(t, json.Unmarshal(head, &h))
	h.Schema, h.Precision, h.Device, h.Endpoint, h.Choice = certificate.Schema1, "", "", "", nil
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(h))
	body.Write(rest[:bytes.LastIndexByte(bytes.TrimSuffix(rest, []byte("\n")), '\n')+1])
	lines, sum := bytes.Count(body.Bytes(), []byte("\n"))-1, sha256.Sum256(body.Bytes())
	return fmt.Appendf(body.Bytes(), `{"kind":"trailer","lines":%d,"sha256":"%x"}`+"\n", lines, sum)
}

// preprocessingOf returns a valid preprocessing for the kind of noise.
func preprocessingOf(sound bool) string {
	if sound {
		return certificate.EightBit + " as stored"
	}
	return "none"
}

// A run that the previous version started ends in its format and with its
// bytes. With another parameter it is another run, and the error also names the
// format.
func TestRunsOfTheVersionBeforeGoOn(t *testing.T) {
	task := linearTask(filepath.Join(t.TempDir(), "c.jsonl"))
	task.N, task.Images = 60, certificate.IndexSet{{0, 1, 4}}
	cert, _ := runTask(t, task)
	old := asFormat1(t, cert)
	lines := bytes.SplitAfter(old, []byte("\n"))
	for _, keep := range []int{1, 3, 5} {
		task.Out = filepath.Join(t.TempDir(), "c.jsonl")
		partial := certificate.FilesFor(task.Out).Partial()
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
		require.Equal(t, string(old), string(again), "a finished certificate is kept")
	}
}

// A run on the same pixels under another name is continued, merged and found
// complete: only the digests are compared, not the name.
func TestDataUnderAnotherName(t *testing.T) {
	var notes []string
	task := derived(linearTask(filepath.Join(t.TempDir(), "c.jsonl")), "")
	task.N, task.Images = 60, certificate.IndexSet{{0, 1, 4}}
	task.Note = func(s string) { notes = append(notes, s) }
	cert, _ := runTask(t, task)
	lines := bytes.SplitAfter(cert, []byte("\n"))
	moved := task
	moved.Data, moved.Out = "elsewhere/points", filepath.Join(t.TempDir(), "c.jsonl")
	require.NoError(t, os.WriteFile(certificate.FilesFor(moved.Out).Partial(), bytes.Join(lines[:3], nil), 0o666))
	got, _ := runTask(t, moved)
	require.Equal(t, string(cert), string(got))
	require.Contains(t, strings.Join(notes, "\n"), `names the data "points", which are "elsewhere/points" here; the digests of the pixels decide`)
	again, _ := runTask(t, moved)
	require.Equal(t, string(cert), string(again))
	moved.Describe = func(i int) (certificate.Image, error) { return task.Describe(i + 1) }
	moved.Out = filepath.Join(t.TempDir(), "c.jsonl")
	require.NoError(t, os.WriteFile(certificate.FilesFor(moved.Out).Partial(), bytes.Join(lines[:3], nil), 0o666))
	require.ErrorContains(t, moved.Run(t.Context()), "the pixels have the digest", "other pixels do not")
}
