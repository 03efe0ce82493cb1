package listhash

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func of(texts ...string) string {
	h := New()
	for _, s := range texts {
		h.Text(s)
	}
	return h.Hex()
}

func TestBytesOfAList(t *testing.T) {
	h := New()
	h.Number(258)
	h.Text("ab")
	require.Equal(t, fmt.Sprintf("%x", sha256.Sum256([]byte("\x02\x01\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00ab"))), h.Hex())
}

func TestListsDoNotRunIntoEachOther(t *testing.T) {
	require.NotEqual(t, of("ab", "c"), of("a", "bc"))
	require.NotEqual(t, of("a"), of("a", ""))
}
