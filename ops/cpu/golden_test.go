package cpu

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/godmae/godmae/ops/conformance"
	"github.com/godmae/godmae/simd"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "add the hashes of new operations and cases to those of the contract, from the results of the plain Go kernels")

// With -update the hashes of new operations and cases are added to those of the
// contract. A changed hash would be a changed contract, which needs another name, so
// it is an error. Without -update, TestConformance compares.
func TestGolden(t *testing.T) {
	before := simd.ISA()
	require.NoError(t, simd.Select("go"))
	t.Cleanup(func() { require.NoError(t, simd.Select(before)) })
	b := New(Options{Threads: 1})
	defer b.Close()
	const file = "../conformance/testdata/f32-1.txt"
	got := conformance.Text(conformance.Hashes(t, b))
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	if *update {
		for line := range strings.Lines(string(want)) {
			require.Contains(t, got, line, "this hash of the contract would change or vanish")
		}
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	require.Equal(t, string(want), got)
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
