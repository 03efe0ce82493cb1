package cpu

import (
	"flag"
	"os"
	"testing"

	"github.com/godmae/godmae/ops/conformance"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the contract's hashes with the results of the plain Go kernels")

// With -update the hashes of the contract are rewritten. A changed hash is a
// changed contract, which needs a new name. Without -update, TestConformance
// compares.
func TestGolden(t *testing.T) {
	b := New(Options{Threads: 1})
	defer b.Close()
	const file = "../conformance/testdata/f32-1.txt"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(conformance.Text(conformance.Hashes(t, b))), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), conformance.Text(conformance.Hashes(t, b)))
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
