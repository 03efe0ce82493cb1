package cpu

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/simd"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "add the hashes of new operations and cases to those of the contract, from the results of the plain Go kernels")

// The results on every instruction set have the hashes of the contract. With -update
// the hashes of new operations and cases are added first, from the plain Go kernels. A
// changed hash would be a changed contract, which needs another name, so it is an error.
func TestGolden(t *testing.T) {
	const file = "../conformance/testdata/f32-1.txt"
	hashes := func(threads int) string {
		b := New(Options{Threads: threads})
		defer b.Close()
		return conformance.Text(conformance.Hashes(t, b))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	if *update {
		before := simd.ISA()
		require.NoError(t, simd.Select("go"))
		got := hashes(1)
		require.NoError(t, simd.Select(before))
		for line := range strings.Lines(string(want)) {
			require.Contains(t, got, line, "this hash of the contract would change or vanish")
		}
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		want = []byte(got)
	}
	eachISA(t, func(t *testing.T) {
		for _, threads := range []int{1, 2, 7} {
			t.Run(fmt.Sprintf("threads=%d", threads), func(t *testing.T) {
				require.Equal(t, string(want), hashes(threads))
			})
		}
	})
}

// The conformance suite detects an element with an error of 1e-5 of the
// largest.
func TestMutantsAreCaught(t *testing.T) {
	b := New(Options{Threads: 2})
	defer b.Close()
	tried, caught, missed := conformance.Mutants(t, b)
	t.Logf("%d of %d changes detected; missed by operation: %v", caught, tried, missed)
	require.GreaterOrEqual(t, caught, tried*95/100, "missed: %v", missed)
	require.Greater(t, tried, 50_000)
}
