package analyze

import (
	"encoding/csv"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth"
)

func TestLaTeX(t *testing.T) {
	a, b := runOf(`50%_of {x} & $y$ ~#^\`, 0.5, 0.5), runOf("b", 0.5, -1)
	b.Rows[1].Image = 7
	table, err := NewTable([]Run{a, b}, []smooth.Decimal{smooth.MustDecimal("0"), smooth.MustDecimal("0.5")})
	require.NoError(t, err)
	table.AddEnvelope()
	var out strings.Builder
	require.NoError(t, table.LaTeX(&out, Style{Places: 2, Errors: true}))
	text := out.String()
	require.Contains(t, text, `50\%\_of \{x\} \& \$y\$ \textasciitilde{}\#\textasciicircum{}\textbackslash{}`+
		` & \textbf{1.00 $\pm$ 0.00} & \textbf{1.00 $\pm$ 0.00} & 0.50 $\pm$ 0.00 & 0.00 & 2 (0..1) \\`)
	require.Contains(t, text, ` & $r = 0$ & $r = 0.5$ & avg. radius & abstained & images \\`)
	require.Contains(t, text, "envelope & 1.00 & 1.00 &  &  &  \\\\\n\\bottomrule\n\\end{tabular}\n")
	require.Contains(t, text, "{\\footnotesize\\noindent b: certified on other images than 50\\%")
	for _, rule := range []string{`\toprule`, `\midrule`, `\bottomrule`, `\begin{tabular}{lrrrrr}`} {
		require.Equal(t, 1, strings.Count(text, rule), rule)
	}
}

func TestCSV(t *testing.T) {
	a := runOf("a, \"b\"", 0.5, 0.25, -1)
	a.Sigma, a.Alpha, a.Method = smooth.MustDecimal("0.25"), smooth.MustDecimal("0.001"), "cohen"
	for i := range a.Rows {
		a.Rows[i].Samples = 100 * (i + 1)
	}
	table, err := NewTable([]Run{a, runOf("b", 0)}, []smooth.Decimal{smooth.MustDecimal("0"), smooth.MustDecimal("0.5")})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, table.CSV(&out))
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 5)
	cell := func(line int, name string) string {
		for i, h := range lines[0] {
			if h == name {
				return lines[line][i]
			}
		}
		t.Fatalf("no column %s", name)
		return ""
	}
	require.Equal(t, "a, \"b\"", cell(1, "run"))
	require.Equal(t, "0.25", cell(1, "sigma"))
	require.Equal(t, "200", cell(1, "samples_per_image"))
	require.Equal(t, "", cell(1, "seconds_per_image"), "unknown is empty")
	require.Equal(t, "", cell(3, "alpha"))
	require.Equal(t, "0.5", cell(2, "radius"))
	require.Equal(t, "1", cell(2, "certified"))
	third, err := strconv.ParseFloat(cell(2, "certified_accuracy"), 64)
	require.NoError(t, err)
	require.Equal(t, 1.0/3, third, "all digits")
}

func TestEnvelope(t *testing.T) {
	table, err := NewTable([]Run{runOf("low", 0.1, 0.1, 0.1), runOf("high", 2, -1, -1)}, DefaultRadii())
	require.NoError(t, err)
	table.AddEnvelope()
	require.Equal(t, Best{1, "low"}, table.Envelope[0])
	require.Equal(t, Best{1.0 / 3, "high"}, table.Envelope[len(table.Envelope)-1])
	var out strings.Builder
	require.NoError(t, table.Markdown(&out, Style{Places: 2}))
	require.Contains(t, out.String(), "| envelope | 1.00 | 0.33 |")
	require.Contains(t, out.String(), "* envelope: the best run at each radius")
}

func TestWhichImages(t *testing.T) {
	for want, images := range map[string][]int{
		"3 (0..2)":             {2, 0, 1},
		"3 (5..45 step 20)":    {5, 25, 45},
		"1 (7..7)":             {7},
		"4 (0..90 in 2 spans)": {0, 1, 2, 90},
	} {
		run := Run{}
		for _, i := range images {
			run.Rows = append(run.Rows, Row{Image: i})
		}
		require.Equal(t, want, summarize(run, nil).which())
	}
}

func TestTimesBesideACertificate(t *testing.T) {
	files := certify(t, nil)
	require.Equal(t, filepath.Dir(files.Certificate), filepath.Dir(files.Timing))
	run, err := ReadFile(files.Certificate)
	require.NoError(t, err)
	for _, row := range run.Rows {
		require.GreaterOrEqual(t, row.Seconds, 0.0)
	}
	run.Rows[0].Seconds = -1
	require.NoError(t, run.readTimes(files.Timing+".none"), "no timing file is no error")
	require.Equal(t, -1.0, run.Rows[0].Seconds)
}
