package analyze

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// printed is a run of Cohen's method on images with the given misses of n, with
// radii rounded as a tool prints them.
func printed(n int, alpha, sigma string, places int, misses ...int) Run {
	run := Run{Name: "run", Terms: Terms{Sigma: decimal.Must(sigma)}}
	for i, m := range misses {
		pA := bound.ClopperPearsonLower(n-m, n, decimal.Must(alpha))
		r := bound.Radius(pA, run.Sigma).Float64()
		scale := math.Pow(10, float64(places))
		run.Rows = append(run.Rows, Row{Image: i, Predict: 1, Label: 1, Correct: true, Radius: math.Round(r*scale) / scale, Seconds: -1})
	}
	return run
}

func TestGuessedParametersAreThoseOfTheRun(t *testing.T) {
	misses := []int{0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 5, 8, 13, 21, 34, 40}
	for _, c := range []struct {
		n            int
		alpha, sigma string
	}{{1000, "0.001", "0.25"}, {10_000, "0.001", "0.5"}, {100_000, "0.01", "1"}, {100, "0.05", "0.12"}} {
		run := printed(c.n, c.alpha, c.sigma, 6, misses...)
		require.NoError(t, run.GuessParams())
		require.Len(t, run.Notes, 1, c.n)
		require.Contains(t, run.Notes[0], "6 images share the largest radius")
		require.Contains(t, run.Notes[0], "n = "+strconv.Itoa(c.n)+" and alpha = "+c.alpha+"; if it was made so, say it with --n and --alpha")
		require.NotContains(t, run.Notes[0], ", or ", "six digits leave one guess")
		require.Zero(t, run.N, "the run does not change")
		require.Zero(t, run.Alpha.Sign())
	}
}

func TestNothingIsGuessedFromLittle(t *testing.T) {
	none := func(run Run) {
		t.Helper()
		require.NoError(t, run.GuessParams())
		require.Empty(t, run.Notes)
	}
	few := printed(1000, "0.001", "0.25", 6, 0, 0, 0, 0, 1, 2, 3)
	none(few)
	unknown := printed(1000, "0.001", "0.25", 6, 0, 0, 0, 0, 0, 0, 1, 2, 3)
	unknown.Sigma = decimal.Decimal{}
	none(unknown)
	none(printed(1234, "0.001", "0.25", 6, 0, 0, 0, 0, 0, 0, 1, 2, 3)) // not a usual number
	other := printed(1000, "0.001", "0.25", 6, 0, 0, 0, 0, 0, 0, 1, 2, 3)
	other.Rows[7].Radius = (other.Rows[5].Radius + other.Rows[6].Radius) / 2 // between two counts
	none(other)
	none(runOf("abstentions", 0, 0, 0, 0, 0, 0, 0, 0))
}

func TestAGridIsNoticed(t *testing.T) {
	run := runOf("grid", 0.25, 0.5, 0.75, 0.5, 0.5, 0.25, 0.75, 0.75, 0.5, 0.25, 0.5, 0.75, 0)
	run.Sigma = decimal.Must("0.25")
	require.NoError(t, run.GuessParams())
	require.Len(t, run.Notes, 1)
	require.Contains(t, run.Notes[0], "its radii are 0.25, 0.5, 0.75 and no others: they look like steps of a grid")
	require.False(t, run.OnGrid())
}

// The published log for sigma = 0.25 was not made with the alpha of the paper.
func TestGuessesOnThePublishedLogs(t *testing.T) {
	runs, dir := cohenLogs(t)
	for i, want := range []string{"n = 100000 and alpha = 0.001;", "n = 100000 and alpha = 0.01;", "n = 100000 and alpha = 0.01, or n = 200000 and alpha = 0.0001;", ""} {
		run := runs[i]
		run.Sigma, _ = SigmaOf(filepath.Join(dir, run.Name+".tsv"))
		require.NoError(t, run.GuessParams())
		text := strings.Join(run.Notes, "\n")
		if want == "" {
			require.NotContains(t, text, "share the largest radius")
		} else {
			require.Contains(t, text, want)
		}
	}
}
