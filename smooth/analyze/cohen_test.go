package analyze

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/internal/testfiles"
)

// cohenLogs reads the certification logs that Cohen et al. published.
func cohenLogs(t *testing.T) (runs []Run, dir string) {
	t.Helper()
	dir = testfiles.Large(t, "data", "cohen", "cifar10")
	for _, sigma := range []string{"0.12", "0.25", "0.50", "1.00"} {
		run, err := ReadFile(filepath.Join(dir, "sigma_"+sigma+".tsv"))
		require.NoError(t, err)
		require.Len(t, run.Rows, 500)
		require.Empty(t, run.Notes)
		require.Equal(t, "sigma_"+sigma, run.Name)
		runs = append(runs, run)
	}
	return runs, dir
}

// markdownCells returns the cells of the numeric columns of a Markdown table
// without its first two lines, each as digits and whether it is marked.
func markdownCells(text string, columns int) [][]string {
	digits := regexp.MustCompile(`\d+\.\d+`)
	var cells [][]string
	for _, line := range strings.Split(strings.TrimSpace(text), "\n")[2:] {
		fields := strings.Split(strings.Trim(line, "| "), "|")[1:]
		var row []string
		for _, f := range fields[:columns] {
			cell := digits.FindString(f)
			if strings.Contains(f, "*") {
				cell += "*"
			}
			row = append(row, cell)
		}
		cells = append(cells, row)
	}
	return cells
}

// The published logs give the published table, digit for digit and with the
// same cells marked as the best.
func TestPublishedLogsGiveThePublishedTable(t *testing.T) {
	runs, dir := cohenLogs(t)
	published, err := os.ReadFile(filepath.Join(dir, "table.md"))
	require.NoError(t, err)
	var radii []decimal.Decimal
	for _, r := range []string{"0.25", "0.5", "0.75", "1.0", "1.25", "1.5"} {
		radii = append(radii, decimal.Must(r))
	}
	table, err := NewTable(runs, radii)
	require.NoError(t, err)
	var ours strings.Builder
	require.NoError(t, table.Markdown(&ours, Style{Places: 2}))
	require.Equal(t, markdownCells(string(published), len(radii)), markdownCells(ours.String(), len(radii)))
}

// The published logs have radii that n = 100,000 samples at the paper's alpha =
// 0.001 cannot prove, and radii that were rounded up.
func TestPublishedLogsAgainstTheirParameters(t *testing.T) {
	if testing.Short() {
		t.Skip("computes bounds of 100,000 samples")
	}
	runs, dir := cohenLogs(t)
	for i, want := range []string{"at least 23 radii are rounded up, such as 0.449 of image 180, where 0.448695 was proved", "77 radii, up to 0.978, are above 0.952864", "9 radii, up to 1.96, are above 1.905728", ""} {
		run := runs[i]
		sigma, ok := SigmaOf(filepath.Join(dir, run.Name+".tsv"))
		require.True(t, ok)
		run.Sigma, run.Alpha, run.N = sigma, decimal.Must("0.001"), 100000
		require.NoError(t, run.CheckRadii())
		if want == "" {
			require.Empty(t, run.Notes)
		} else {
			require.Contains(t, run.Notes[0], want)
		}
	}
}

func TestCurveOfThePublishedLogs(t *testing.T) {
	runs, _ := cohenLogs(t)
	dir := t.TempDir()
	if keep := os.Getenv("DMAE_KEEP_PICTURES"); keep != "" {
		dir = keep
	}
	for _, name := range []string{"curve.png", "curve.svg"} {
		path := filepath.Join(dir, name)
		require.NoError(t, WriteCurve(path, Curve{Title: "CIFAR-10, Cohen et al. 2019", Runs: runs, Confidence: decimal.Must("0.95")}))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Greater(t, info.Size(), int64(5000))
	}
}
