package smooth

import (
	"bytes"
	"crypto/sha256"
	"fmt"
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
