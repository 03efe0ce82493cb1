package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth/analyze"
)

func TestAnalyzeTablesOfOtherTools(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		return path
	}
	head := "idx\tlabel\tpredict\tradius\tcorrect\ttime\n"
	a := write("sigma_0.25.tsv", head+"0\t1\t1\t0.5\t1\t1.5\n1\t1\t1\t0.616\t2\t1.5\n2\t1\t0\t0.3\t2\t1.5\n")
	b := write("sigma_0.50.tsv", head+"0\t1\t1\t0.5\t1\t1.5\n1\t1\t1\t9\t1\t1.5\n2\t1\t1\t0.3\t1\t1.5\n")

	code, out, errs := dmaeRun(t, "analyze", a, b, "--n", "1000", "--alpha", "0.001", "--rho", "0.001", "--envelope", "--compare-anyway", "--json")
	require.Equal(t, exitDone, code, errs)
	require.Equal(t, 3, strings.Count(errs, "\n"))
	require.Contains(t, errs, "dmae: "+a+": its column \"correct\" is a running total")
	require.Contains(t, errs, a+": at least 1 radii are rounded up, such as 0.616 of image 1")
	require.Contains(t, errs, b+": 1 radii, up to 9, are above 1.231631")
	var table analyze.Table
	require.NoError(t, json.Unmarshal([]byte(out), &table))
	require.Len(t, table.Runs[0].Notes, 2, "the same notes")
	require.Len(t, table.Comparisons, 1)
	require.Equal(t, 1, table.Comparisons[0].At[0].OnlyB)
	require.Equal(t, []string{"sigma 0.25 and 0.5"}, table.Comparisons[0].Unequal)
	require.Equal(t, "sigma_0.50", table.Envelope[0].Run)
	require.NotNil(t, table.Runs[1].Accuracy[0].Guarantee)
	require.Equal(t, "0.5", table.Runs[1].Sigma.String(), "from the name of the file")

	for format, want := range map[string]string{"md": "| sigma_0.25 |", "latex": `sigma\_0.25 & `, "csv": "sigma_0.25,,,0.25,", "text": "sigma_0.25  "} {
		require.Contains(t, succeed(t, "analyze", a, b, "--format", format), want)
	}
	require.Contains(t, succeed(t, "analyze", a, b, "--format", "csv", "--compare-anyway"), "sigma_0.25,sigma_0.50,3,0,")

	_, _, errs = dmaeRun(t, "analyze", a, b, "--rho", "0.001")
	require.Contains(t, errs, "give --alpha")
	c := write("certify.tsv", head+"5\t1\t1\t0.5\t1\t1.5\n")
	code, _, errs = dmaeRun(t, "analyze", c, "--n", "10", "--alpha", "0.1")
	require.Equal(t, exitMisuse, code)
	require.Contains(t, errs, "give --sigma")
	code, _, errs = dmaeRun(t, "analyze", c, b, "--compare")
	require.Equal(t, exitFailed, code)
	require.Equal(t, 1, strings.Count(errs, "\n"))
	require.Contains(t, errs, `"certify" and "sigma_0.50" were not certified alike (1 of the 1 images of the first, such as 5, are not in the other and 3 of the 3 images of the second, such as 0, are not in the other)`)
	require.Contains(t, errs, "give --compare-anyway")
	code, _, errs = dmaeRun(t, "analyze", c, c, "--names", "x,x")
	require.Equal(t, exitMisuse, code)
	require.Contains(t, errs, "--names gives the name x to two runs")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "other"), 0o777))
	d := write("other/certify.tsv", head+"5\t1\t1\t0.5\t1\t1.5\n")
	require.Contains(t, succeed(t, "analyze", c, d, "--format", "csv"), "\nother/certify,", "two runs never share a name")
}
