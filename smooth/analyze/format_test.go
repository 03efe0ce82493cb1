package analyze

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
)

func TestLaTeX(t *testing.T) {
	a, b := runOf(`50%_of {x} & $y$ ~#^\`, 0.5, 0.5), runOf("b", 0.5, -1)
	table, err := NewTable([]Run{a, b}, []decimal.Decimal{decimal.Must("0"), decimal.Must("0.5")})
	require.NoError(t, err)
	require.NoError(t, table.AddEnvelope())
	var out strings.Builder
	require.NoError(t, table.LaTeX(&out, Style{Places: 2, Errors: true}))
	text := out.String()
	require.Contains(t, text, `50\%\_of \{x\} \& \$y\$ \textasciitilde{}\#\textasciicircum{}\textbackslash{}`+
		` & \textbf{1.00 $\pm$ 0.00} & \textbf{1.00 $\pm$ 0.00} & 0.50 $\pm$ 0.00 & 0.00 & 2 (0..1) \\`)
	require.Contains(t, text, ` & $r = 0$ & $r = 0.5$ & avg. radius & abstained & images \\`)
	require.Contains(t, text, "envelope & 1.00 & 1.00 &  &  &  \\\\\n\\bottomrule\n\\end{tabular}\n")
	require.Contains(t, text, "{\\footnotesize\\noindent envelope: the best run")
	for _, rule := range []string{`\toprule`, `\midrule`, `\bottomrule`, `\begin{tabular}{lrrrrr}`} {
		require.Equal(t, 1, strings.Count(text, rule), rule)
	}
}

// hostileNames are names of runs with characters that are special in LaTeX or
// Markdown.
var hostileNames = []string{
	`50%_of {x} & $y$ ~#^\`, "r = 5%", "[a]", "*b", "[2pt]", "a\fb\x01\x00c\u2028d", `x--y "q" <<z>> ?` + "`!`", "``q''", "é…–µ σ=0.25 Φ", "a\xffb", `\input{x}`, "-1", "r = 0.5", "\t", "",
}

// hostileTable is a table with all of its parts and with those names.
func hostileTable(t *testing.T) Table {
	var runs []Run
	for i, name := range hostileNames {
		run := runOf(name, 0.5, 0.25, -1)
		run.Alpha = decimal.Must("0.001")
		run.Rows[0].Radius += 0.01 * float64(i)
		runs = append(runs, run)
	}
	runs[1].Method, runs[1].Grid = "anytime", []decimal.Decimal{{}, decimal.Must("0.3")}
	table, err := NewTable(runs, []decimal.Decimal{decimal.Must("0"), decimal.Must("0.25")})
	require.NoError(t, err)
	require.NoError(t, table.Guarantee(decimal.Must("0.001")))
	require.NoError(t, table.AddEnvelope())
	for _, run := range runs[1:] {
		c, err := Compare(runs[0], run, table.Radii, false)
		require.NoError(t, err)
		table.Comparisons = append(table.Comparisons, c)
	}
	return table
}

// For every name of a run, a row of the tabular has as many cells as there are
// columns, all groups are closed, and no text becomes an argument of the end of
// a row.
func TestLaTeXOfAnyName(t *testing.T) {
	var out strings.Builder
	require.NoError(t, hostileTable(t).LaTeX(&out, Style{}))
	columns := 0
	for line := range strings.Lines(out.String()) {
		require.NotContains(t, line, "\x00")
		if cols, ok := strings.CutPrefix(line, `\begin{tabular}{`); ok {
			columns = len(strings.TrimSuffix(cols, "}\n"))
		}
		bare := regexp.MustCompile(`\\([&%$#_{}]|[a-zA-Z]+(\{\})?)`).ReplaceAllString(line, "")
		require.Equal(t, strings.Count(bare, "{"), strings.Count(bare, "}"), line)
		require.Zero(t, strings.Count(bare, "$")%2, line)
		require.NotRegexp(t, `^[[*]|[~^#]|--`, bare, line)
		if row, ok := strings.CutSuffix(bare, ` \\`+"\n"); ok {
			require.Equal(t, columns-1, strings.Count(row, "&"), line)
			require.NotContains(t, row, `\`, line)
			require.NotContains(t, row, "%", line)
		}
	}
	require.Contains(t, out.String(), "\n{[}a{]}, lower bound & ")
	require.Contains(t, out.String(), "\n{*}b & ")
	require.Contains(t, out.String(), " & r = 5\\% & ", "a name is no radius")
	require.Contains(t, out.String(), `a\textbackslash{}fb\textbackslash{}x01\textbackslash{}x00c\textbackslash{}u2028d`)
	require.Contains(t, out.String(), `{}q\char34{}`)
	require.Contains(t, out.String(), "\na\\textbackslash{}xffb & ")
}

// LaTeX compiles all of it on machines that have it. CI does not need this,
// because the test before this one checks the same rules.
func TestLaTeXCompiles(t *testing.T) {
	program, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skip("no pdflatex on this machine")
	}
	if testing.Short() {
		t.Skip("runs LaTeX")
	}
	dir := t.TempDir()
	var body strings.Builder
	require.NoError(t, hostileTable(t).LaTeX(&body, Style{Errors: true}))
	text := "\\documentclass{article}\n\\usepackage{booktabs}\n\\usepackage[a0paper]{geometry}\n\\begin{document}\n" + body.String() + "\\end{document}\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t.tex"), []byte(text), 0o666))
	cmd := exec.CommandContext(t.Context(), program, "-interaction=nonstopmode", "-halt-on-error", "t.tex")
	cmd.Dir = dir
	log, err := cmd.CombinedOutput()
	require.NoError(t, err, string(log))
	require.NotContains(t, string(log), "Missing character")
}

func TestMarkdownOfAnyName(t *testing.T) {
	var out strings.Builder
	require.NoError(t, hostileTable(t).Markdown(&out, Style{}))
	require.Contains(t, out.String(), "| \\*b | ")
	require.Contains(t, out.String(), `| x--y "q" &lt;&lt;z>> ?`+"\\`!\\` |")
	require.Contains(t, out.String(), "50%_of {x} &amp; $y$ \\~#^\\\\ |")
}

func TestCSV(t *testing.T) {
	a := runOf("a, \"b\"", 0.5, 0.25, -1)
	a.Sigma, a.Alpha, a.Method = decimal.Must("0.25"), decimal.Must("0.001"), "cohen"
	for i := range a.Rows {
		a.Rows[i].Samples = 100 * (i + 1)
	}
	table, err := NewTable([]Run{a, runOf("b", 0)}, []decimal.Decimal{decimal.Must("0"), decimal.Must("0.5")})
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

// The formats for programs can be read back exactly for every name of a run.
func TestFormatsForProgramsComeBack(t *testing.T) {
	table := hostileTable(t)
	var out strings.Builder
	require.NoError(t, table.CSV(&out))
	lines, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(table.Runs)*len(table.Radii))
	grid := slices.Index(lines[0], "radii_on_grid")
	for i, s := range table.Runs {
		line := lines[1+i*len(table.Radii)]
		require.Equal(t, s.Name, line[0])
		require.Equal(t, strconv.FormatBool(s.Method == "anytime"), line[grid])
	}
	out.Reset()
	require.NoError(t, table.ComparisonsCSV(&out))
	lines, err = csv.NewReader(strings.NewReader(out.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(table.Comparisons)*len(table.Radii))
	require.Equal(t, []string{table.Comparisons[0].A, table.Comparisons[0].B}, lines[1][:2])

	out.Reset()
	table.Runs[9].Name = "broken encoding has no place in JSON"
	require.NoError(t, table.JSON(&out))
	var back Table
	require.NoError(t, json.Unmarshal([]byte(out.String()), &back))
	require.Equal(t, table.Runs[0].Name, back.Runs[0].Name)
	require.Equal(t, table.Comparisons[0].At[1].PValue.String(), back.Comparisons[0].At[1].PValue.String())

	// The documentation lists every field.
	page, err := os.ReadFile("../../docs/analysis.md")
	require.NoError(t, err)
	for _, key := range regexp.MustCompile(`"([a-z_]+)":`).FindAllStringSubmatch(out.String(), -1) {
		require.Contains(t, string(page), "`"+key[1]+"`")
	}
}

func TestEnvelope(t *testing.T) {
	table, err := NewTable([]Run{runOf("low", 0.1, 0.1, 0.1), runOf("high", 2, -1, -1)}, DefaultRadii())
	require.NoError(t, err)
	require.NoError(t, table.AddEnvelope())
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
