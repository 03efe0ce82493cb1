package cpu

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/godmae/godmae/ops/conformance"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite testdata/golden.txt from this machine's plain Go results")

const goldenFile = "testdata/golden.txt"

// The hashes of all operations' results are committed. A change of one is a
// change of the numerics contract.
func TestGolden(t *testing.T) {
	if *update {
		b := New(Options{Threads: 1})
		defer b.Close()
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(goldenFile, []byte(golden(t, b)), 0o644))
	}
	want, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	eachISA(t, func(t *testing.T) {
		for _, threads := range []int{1, 2, 7} {
			t.Run(fmt.Sprintf("threads=%d", threads), func(t *testing.T) {
				b := New(Options{Threads: threads})
				defer b.Close()
				require.Equal(t, string(want), golden(t, b))
			})
		}
	})
}

func golden(t *testing.T, b *Backend) string {
	var s strings.Builder
	for _, h := range conformance.Hashes(t, b) {
		fmt.Fprintf(&s, "%s %s\n", h.SHA256, h.Op)
	}
	return s.String()
}
