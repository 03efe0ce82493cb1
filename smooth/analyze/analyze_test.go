package analyze

import (
	"bytes"
	"encoding/json"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/plot/plotter"

	"github.com/godmae/godmae/decimal"
)

// smallTSV has four images: certified at 0.5 and at 0, certified for a wrong
// class, and abstained.
const smallTSV = "idx\tlabel\tpredict\tradius\tcorrect\ttime\n" +
	"0\t1\t1\t0.5\t1\t0:00:01.000000\n" +
	"5\t2\t2\t0.0\t1\t0:00:01.000000\n" +
	"10\t2\t1\t0.75\t0\t0:00:01.000000\n" +
	"15\t0\t-1\t0.0\t0\tnan\n"

func TestTableOfFourImages(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	run.Name = "four"
	radii := []decimal.Decimal{decimal.Must("0"), decimal.Must("0.5"), decimal.Must("0.51")}
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
		"            r = 0      r = 0.5     r = 0.51  avg. radius  abstained  s/image            images\n"+
		"four  0.50 ± 0.25  0.25 ± 0.22  0.00 ± 0.00  0.12 ± 0.12       0.25    1.000  4 (0..15 step 5)\n", text.String())
	require.NoError(t, table.Markdown(&markdown, Style{}))
	require.Contains(t, markdown.String(), "| four | 0.500 | 0.250 | 0.000 | 0.125 | 0.250 | 1.000 | 4 (0..15 step 5) |\n")
	require.NoError(t, table.JSON(&js))
	var back Table
	require.NoError(t, json.Unmarshal(js.Bytes(), &back))
	require.Equal(t, table, back)
}

func TestBestOfAColumnIsMarked(t *testing.T) {
	better := strings.ReplaceAll(smallTSV, "15\t0\t-1\t0.0\t0", "15\t0\t0\t0.3\t1")
	a, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	b, err := Read(strings.NewReader(better))
	require.NoError(t, err)
	a.Name, b.Name = "a", "b"
	table, err := NewTable([]Run{a, b}, []decimal.Decimal{decimal.Must("0"), decimal.Must("0.4"), decimal.Must("2")})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, table.Markdown(&out, Style{Places: 2}))
	require.Contains(t, out.String(), "| a | 0.50 | **0.25** | 0.00 |")
	require.Contains(t, out.String(), "| b | **0.75** | **0.25** | 0.00 |")

	// The best run is marked only among runs that were measured alike.
	for want, change := range map[string]func(*Run){
		"* b: certified on other images than a\n":                     func(r *Run) { r.Rows[3].Image = 20 },
		"* b: certified on other images than a: the pixels of image ": func(r *Run) { r.Rows[3].Pixels[0] = 2 },
		"* b: counted with other labels than a: image ":               func(r *Run) { r.Rows[3].Label++ },
		"* b: certified with alpha 0.999 and a with 0.001":            func(r *Run) { r.Alpha = decimal.Must("0.999") },
		"* b: certified with noise of the kind gaussian-f32 ":         func(r *Run) { r.Noise = "gaussian-f32" },
	} {
		c := b
		c.Rows = slices.Clone(b.Rows)
		a.Rows[3].Pixels[0], c.Rows[3].Pixels[0] = 1, 1
		a.Alpha, c.Alpha, a.Noise, c.Noise = decimal.Must("0.001"), decimal.Must("0.001"), "gaussian-u8", "gaussian-u8"
		change(&c)
		table, err := NewTable([]Run{a, c}, DefaultRadii())
		require.NoError(t, err)
		out.Reset()
		require.NoError(t, table.Markdown(&out, Style{Places: 2}))
		require.Contains(t, out.String(), want)
		require.NotContains(t, out.String(), "**")
		require.ErrorContains(t, table.AddEnvelope(), "there is no envelope of runs that were not measured alike: ")
	}
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
	_, err = NewTable([]Run{run}, []decimal.Decimal{decimal.Must("-1")})
	require.ErrorContains(t, err, "is negative")
}

func TestCurveSteps(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	// Two of four are certified. One has radius 0 and counts up to 0, the other
	// up to 0.5.
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

// The band contains the curve, and the exact intervals of all its points.
func TestBandAroundACurve(t *testing.T) {
	require.Equal(t, Interval{0.187086028, 0.812913972}, Interval{roughly(ShareInterval(5, 10, confident).Lower), roughly(ShareInterval(5, 10, confident).Upper)})
	require.Equal(t, Interval{0, 0.30849710781}, Interval{ShareInterval(0, 10, confident).Lower, math.Floor(ShareInterval(0, 10, confident).Upper*1e11) / 1e11})
	run := Run{}
	for i := range bandCorners + 50 { // more corners than are looked at
		run.Rows = append(run.Rows, Row{Image: i, Radius: float64(i+1) / 100, Correct: true})
	}
	points := steps(run)
	b, err := band(points, len(run.Rows), confident, palette[0])
	require.NoError(t, err)
	half := len(b.XYs[0]) / 2
	at := func(xys []plotter.XY, x float64) (low, high float64) { // of a step edge at x
		low, high = math.Inf(1), math.Inf(-1)
		for i := range xys[:len(xys)-1] {
			p, q := xys[i], xys[i+1]
			if min(p.X, q.X) <= x && x <= max(p.X, q.X) {
				low, high = min(low, p.Y, q.Y), max(high, p.Y, q.Y)
			}
		}
		return low, high
	}
	for i := 0; i+1 < len(points); i += 23 {
		x := (points[i].X + points[i+1].X) / 2
		want := ShareInterval(count(points[i].Y, len(run.Rows)), len(run.Rows), confident)
		high, _ := at(b.XYs[0][:half], x)
		_, low := at(b.XYs[0][half:], x)
		require.GreaterOrEqual(t, high, want.Upper)
		require.LessOrEqual(t, low, want.Lower)
		require.Less(t, high-low, want.Upper-want.Lower+0.02)
	}
}

var confident = decimal.Must("0.95")

func roughly(v float64) float64 { return math.Round(v*1e9) / 1e9 }

func TestWriteCurve(t *testing.T) {
	run, err := Read(strings.NewReader(smallTSV))
	require.NoError(t, err)
	run.Name = "a <run> & more"
	var runs []Run
	for range len(palette) + 2 {
		runs = append(runs, run)
	}
	dir := t.TempDir()
	require.NoError(t, WriteCurve(filepath.Join(dir, "c.png"), Curve{Title: "title", Runs: runs, Confidence: decimal.Must("0.95")}))
	f, err := os.Open(filepath.Join(dir, "c.png"))
	require.NoError(t, err)
	defer f.Close()
	img, err := png.Decode(f)
	require.NoError(t, err)
	require.InDelta(t, float64(curveWidth)/72*curveDPI, float64(img.Bounds().Dx()), 1)
	require.NoError(t, WriteCurve(filepath.Join(dir, "c.SVG"), Curve{Title: "title", Runs: runs, Confidence: decimal.Must("0.95")}))
	svg, err := os.ReadFile(filepath.Join(dir, "c.SVG"))
	require.NoError(t, err)
	require.Contains(t, string(svg), "<svg")
	require.Contains(t, string(svg), "a &lt;run&gt; &amp; more")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "c.gif"), Curve{Title: "title", Runs: runs, Confidence: decimal.Must("0.95")}), ".png or .svg")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "d.png"), Curve{Title: "title", Runs: nil, Confidence: decimal.Must("0.95")}), "at least one run")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "d.png"), Curve{Title: "title", Runs: []Run{{}}, Confidence: decimal.Must("0.95")}), "no images")
	require.ErrorContains(t, WriteCurve(filepath.Join(dir, "d.png"), Curve{Runs: runs, Confidence: decimal.Must("1")}), "the confidence 1 of a band")
	require.NoFileExists(t, filepath.Join(dir, "d.png"))
}

// For all bytes, reading gives a run or a one-line error, and a run can be
// tabulated.
func FuzzRead(f *testing.F) {
	f.Add([]byte(smallTSV))
	f.Add([]byte(`{"kind":"header","schema":"godmae-certificate/1"}` + "\n"))
	f.Add([]byte("idx\tlabel\tpredict\tradius\tcorrect\n0\t0\t0\t1e308\t1\n"))
	f.Add([]byte("\ufeffradius\tcorrect\tIndex\ttarget\tpred\ttime\r\n.5\t1\t3\t1\t1\t1 day, 0:00:01\r\n.7\t2\t4\t1\t1\t2.5"))
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
		require.NoError(t, table.LaTeX(&bytes.Buffer{}, Style{}))
		require.NoError(t, table.JSON(&bytes.Buffer{}))
		for _, note := range run.Notes {
			require.NotContains(t, note, "\n")
		}
		if run.Method == "" {
			run.Sigma, run.Alpha, run.N = decimal.Must("0.25"), decimal.Must("0.001"), 50
			require.NoError(t, run.CheckRadii())
		}
	})
}

func TestNameOfAFile(t *testing.T) {
	for path, want := range map[string]string{
		"sigma_0.25": "sigma_0.25", "logs/sigma_0.25.tsv": "sigma_0.25", "a.JSONL": "a", "noise_1.0": "noise_1.0", "x.0.5.txt": "x.0.5",
		".tsv": ".tsv", "v1.2.jsonl": "v1.2", "run.jsonl.old": "run.jsonl.old", "/dev/stdin": "stdin",
	} {
		require.Equal(t, want, nameOf(path), path)
	}
}

func TestTwoRunsNeverShareAName(t *testing.T) {
	for _, c := range []struct{ paths, want []string }{
		{[]string{"sigma_0.25", "sigma_0.50"}, []string{"sigma_0.25", "sigma_0.50"}},
		{[]string{"a/certify.jsonl", "b/certify.jsonl", "c.tsv"}, []string{"a/certify", "b/certify", "c"}},
		{[]string{"x/test/certify.jsonl", "y/test/certify.jsonl", "y/val/certify.jsonl"}, []string{"x/test/certify", "y/test/certify", "val/certify"}},
		{[]string{"/x/a.jsonl", "a.jsonl"}, []string{"x/a", "a"}},
		{[]string{"./a.jsonl", "../a.jsonl"}, []string{"a", "../a"}},
		{[]string{"a.jsonl", "a.tsv"}, []string{"a.jsonl", "a.tsv"}},
		{[]string{"a.jsonl", "a.jsonl", "a.jsonl"}, []string{"a.jsonl", "a.jsonl (2)", "a.jsonl (3)"}},
		{[]string{"a", "a", "a (2)"}, []string{"a", "a (2)", "a (2) (2)"}},
	} {
		got := DistinctNames(c.paths)
		require.Equal(t, c.want, got, c.paths)
		seen := map[string]bool{}
		for _, name := range got {
			require.False(t, seen[name], name)
			seen[name] = true
		}
	}
}
