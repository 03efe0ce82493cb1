package certificate

import (
	"bytes"
	"crypto/sha256"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// asFormat1 converts a certificate with a numeric seed to the previous format.
func asFormat1(t *testing.T, cert []byte) []byte {
	head, rest, _ := bytes.Cut(cert, []byte("\n"))
	var h Header
	require.NoError(t, decodeLine(append(head, '\n'), &h))
	body, err := encodeLine(h.format1())
	require.NoError(t, err)
	last := bytes.LastIndexByte(bytes.TrimSuffix(rest, []byte("\n")), '\n') + 1
	body = append(body, rest[:last]...)
	end, err := encodeLine(trailer{Kind: kindTrailer, Lines: bytes.Count(body, []byte("\n")) - 1, SHA256: sha256.Sum256(body)})
	require.NoError(t, err)
	return append(body, end...)
}

// Certificates in the previous format are read.
func TestFormat1IsRead(t *testing.T) {
	old := asFormat1(t, smallCertificate(t, false))
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

// A certificate written by the previous version is read and matches the schema.
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
