package analyze

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/smooth"
)

// four images: certified at 0.5 and at 0, certified for a wrong class, abstained.
const smallTSV = "idx\tlabel\tpredict\tradius\tcorrect\ttime\n" +
	"0\t1\t1\t0.5\t1\t0:00:01.000000\n" +
	"5\t2\t2\t0.0\t1\t0:00:01.000000\n" +
	"10\t2\t1\t0.75\t0\t0:00:01.000000\n" +
	"15\t0\t-1\t0.0\t0\tnan\n"

func TestTableOfFourImages(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	run.Name = "four"
	radii := []exact.Decimal{exact.MustDecimal("0"), exact.MustDecimal("0.5"), exact.MustDecimal("0.51")}
	table, err := NewTable([]Run{run}, radii)
	require.NoError(t, err)
	s := table.Runs[0]
	require.Equal(t, 0.5, s.Accuracy[0].Mean)
	require.Equal(t, 0.25, s.Accuracy[0].StandardError)
	require.Equal(t, 0.25, s.Accuracy[1].Mean, "a radius is certified including itself")
	require.Equal(t, 0.0, s.Accuracy[2].Mean)
	require.Equal(t, 0.125, s.Radius.Mean, "a wrong class has no radius")
	require.InDelta(t, 0.125, s.Radius.StandardError, 1e-15)
	require.Equal(t, 0.25, *s.Abstained)

	var text, markdown, js bytes.Buffer
	require.NoError(t, table.Text(&text, Style{Places: 2, Errors: true}))
	require.Equal(t, ""+
		"            r = 0      r = 0.5     r = 0.51  avg. radius  abstained     images\n"+
		"four  0.50 ± 0.25  0.25 ± 0.22  0.00 ± 0.00  0.12 ± 0.12       0.25  4 (0..15)\n", text.String())
	require.NoError(t, table.Markdown(&markdown, Style{}))
	require.Contains(t, markdown.String(), "| four | 0.500 | 0.250 | 0.000 | 0.125 | 0.250 | 4 (0..15) |\n")
	require.NoError(t, table.JSON(&js))
	var back Table
	require.NoError(t, json.Unmarshal(js.Bytes(), &back))
	require.Equal(t, table, back)
}

func TestBestOfAColumnIsMarked(t *testing.T) {
	better := strings.ReplaceAll(smallTSV, "15\t0\t-1\t0.0\t0", "20\t0\t0\t0.3\t1")
	a, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	b, err := Read(strings.NewReader(better))
	require.NoError(t, err)
	a.Name, b.Name = "a", "b"
	table, err := NewTable([]Run{a, b}, []exact.Decimal{exact.MustDecimal("0"), exact.MustDecimal("0.4"), exact.MustDecimal("2")})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, table.Markdown(&out, Style{Places: 2}))
	require.Contains(t, out.String(), "| a | 0.50 | **0.25** | 0.00 |")
	require.Contains(t, out.String(), "| b | **0.75** | **0.25** | 0.00 |")
	require.Contains(t, out.String(), "* b: certified on other images than a")
}

func TestTableRefusesNonsense(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	_, err = NewTable(nil, DefaultRadii())
	require.ErrorContains(t, err, "at least one run")
	_, err = NewTable([]Run{run}, nil)
	require.ErrorContains(t, err, "at least one run and one radius")
	_, err = NewTable([]Run{{Name: "none"}}, DefaultRadii())
	require.ErrorContains(t, err, `"none" has no images`)
	_, err = NewTable([]Run{run}, []exact.Decimal{exact.MustDecimal("-1")})
	require.ErrorContains(t, err, "is negative")
}

func TestReadTolerance(t *testing.T) {
	// Columns in another order, more of them, Windows line ends, no time.
	run, err := Read(strings.NewReader("label\tidx\tnote\tradius\tpredict\tcorrect\r\n3\t7\thello\t0.25\t3\t1\r\n\r\n"))
	require.NoError(t, err)
	require.Equal(t, []Row{{Image: 7, Label: 3, Predict: 3, Radius: 0.25, Correct: true}}, run.Rows)
	run, err = Read(strings.NewReader(strings.Replace(smallTSV, "0.75\t0", "0.75\t1", 1)))
	require.NoError(t, err)
	require.Contains(t, run.Notes[0], "in 1 rows")
}

func TestReadErrorsAreOneSentence(t *testing.T) {
	for want, text := range map[string]string{
		"the file is empty":  "",
		`no column "idx"`:    "\n",
		`no column "radius"`: "idx\tlabel\tpredict\tcorrect\n",
		`two columns "idx"`:  "idx\tidx\tlabel\tpredict\tradius\tcorrect\n",
		"has no rows":        smooth.TSVHeader + "\n",
		`line 3 of the table: it has 3 fields and lacks "radius"`: smooth.TSVHeader + "\n0\t1\t1\t0.5\t1\tx\n1\t1\t1",
		`the radius "-1"`:                 smooth.TSVHeader + "\n0\t1\t1\t-1\t1\tx\n",
		`the radius "NaN"`:                smooth.TSVHeader + "\n0\t1\t1\tNaN\t1\tx\n",
		`the radius "inf"`:                smooth.TSVHeader + "\n0\t1\t1\tinf\t1\tx\n",
		`the idx "-1"`:                    smooth.TSVHeader + "\n-1\t1\t1\t1\t1\tx\n",
		`the label "cat"`:                 smooth.TSVHeader + "\n1\tcat\t1\t1\t1\tx\n",
		`the field correct is "17"`:       smooth.TSVHeader + "\n1\t1\t1\t1\t17\tx\n",
		"image 1 occurs twice":            smooth.TSVHeader + "\n1\t1\t1\t1\t1\tx\n1\t1\t1\t1\t1\tx\n",
		"line 2 of the table is longer":   smooth.TSVHeader + "\n" + strings.Repeat("1", maxTSVLine+1),
		"not the header of a certificate": `{"idx":1}` + "\n",
		"it ends without a newline":       `{"kind":"header"`,
	} {
		_, err := Read(strings.NewReader(text))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := ReadFile(filepath.Join(t.TempDir(), "nothing.tsv"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestCurveSteps(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	// Two certified of four; the one of radius 0 is lost behind 0, the other
	// behind 0.5.
	got := steps(run)
	want := [][2]float64{{0, 0.5}, {0, 0.25}, {0.5, 0}}
	require.Len(t, got, len(want))
	for i, w := range want {
		require.Equal(t, w, [2]float64{got[i].X, got[i].Y})
	}
	require.Equal(t, 0.25, niceEnd(0))
	require.Equal(t, 1.0, niceEnd(0.94))
	require.Equal(t, 1.25, niceEnd(0.99))
}

func TestWriteCurve(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	run.Name = "a <run> & more"
	var runs []Run
	for range len(palette) + 2 {
		runs = append(runs, run)
	}
	dir := t.TempDir()
	require.NoError(t, WriteCurve(filepath.Join(dir, "c.png"), "title", runs))
	f, err := os.Open(filepath.Join(dir, "c.png"))
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.InDelta(t, float64(curveWidth)/72*curveDPI, float64(img.Bounds().Dx()), 1)
	require.NoError(t, WriteCurve(filepath.Join(dir, "c.SVG"), "title", runs))
	svg, err := os.ReadFile(filepath.Join(dir, "c.SVG"))
	require.NoError(t, err)
	require.Contains(t, string(svg), "<svg")
	require.Contains(t, string(svg), "a &lt;run&gt; &amp; more")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "c.gif"), "title", runs), ".png or .svg")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "d.png"), "title", nil), "at least one run")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "d.png"), "title", []Run{{}}), "no images")
	require.NoFileExists(t, filepath.Join(dir, "d.png"))
}

// Whatever the bytes are, reading ends in a run or a one-line error, and
// what is read can be tabulated.
func FuzzRead(f *testing.F) {
	f.Add([]byte(smallTSV))
	f.Add([]byte(`{"kind":"header","schema":"godmae-certificate/1"}` + "\n"))
	f.Add([]byte("idx\tlabel\tpredict\tradius\tcorrect\n0\t0\t0\t1e308\t1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		run, err := Read(bytes.NewReader(data))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		table, err := NewTable([]Run{run}, DefaultRadii())
		require.NoError(t, err)
		for _, e := range table.Runs[0].Accuracy {
			require.True(t, e.Mean >= 0 && e.Mean <= 1 && !math.IsNaN(e.StandardError))
		}
		require.NoError(t, table.Text(&bytes.Buffer{}, Style{}))
	})
}
