package analyze

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/certificate"
)

// runOf makes a run of images certified with the given radii. A negative radius
// means a wrong class.
func runOf(name string, radii ...float64) Run {
	run := Run{Name: name}
	for i, r := range radii {
		run.Rows = append(run.Rows, Row{Image: i, Label: 1, Predict: 1, Radius: math.Abs(r), Correct: r >= 0, Seconds: -1})
	}
	return run
}

func TestCompare(t *testing.T) {
	a := runOf("a", 1, 1, 1, 1, 1, 1, 1, -1, 0.2, -1)
	b := runOf("b", 0, 0, 0, 0, 0, 0, 2, 3.5, 0.2, -1)
	b.Rows[0], b.Rows[9] = b.Rows[9], b.Rows[0] // the order does not matter
	c, err := Compare(a, b, []decimal.Decimal{decimal.Must("0"), decimal.Must("0.5")}, false)
	require.NoError(t, err)
	require.Equal(t, 10, c.Images)
	at := c.At[0]
	require.Equal(t, [2]int{0, 1}, [2]int{at.OnlyA, at.OnlyB})
	require.Equal(t, "1", at.PValue.String())
	require.InDelta(t, 0.1, at.Difference.Mean, 1e-15)
	at = c.At[1]
	require.Equal(t, [2]int{6, 1}, [2]int{at.OnlyA, at.OnlyB})
	require.Equal(t, "0.125", at.PValue.String(), "2 (1+7) / 2^7")
	require.InDelta(t, at.B-at.A, at.Difference.Mean, 1e-15)
	// The variance of differences of which six are -1, one is 1 and three are
	// 0.
	require.InDelta(t, math.Sqrt((7.0/10-0.25)/10), at.Difference.StandardError, 1e-15)
	require.InDelta(t, (-6+1+3.5)/10, c.Radius.Mean, 1e-15)

	b.Method = "anytime"
	c, err = Compare(a, b, DefaultRadii(), false)
	require.NoError(t, err)
	require.Nil(t, c.Radius, "steps of a grid")
	table, err := NewTable([]Run{a, b}, DefaultRadii())
	require.NoError(t, err)
	table.Comparisons = []Comparison{c}
	for _, print := range []func(*strings.Builder) error{
		func(w *strings.Builder) error { return table.Text(w, Style{Places: 2}) },
		func(w *strings.Builder) error { return table.Markdown(w, Style{Places: 2}) },
		func(w *strings.Builder) error { return table.LaTeX(w, Style{Places: 2}) },
	} {
		var out strings.Builder
		require.NoError(t, print(&out))
		require.Contains(t, out.String(), "McNemar's exact test on the 10 images")
		require.Contains(t, out.String(), "(grid)")
		require.Contains(t, out.String(), "b: its radii are steps of a grid")
		require.NotContains(t, out.String(), "certified on other images")
	}
	var out strings.Builder
	require.NoError(t, table.ComparisonsCSV(&out))
	require.Contains(t, out.String(), "a,b,10,0.5,0.7,0.2,-0.5,")
	require.Len(t, strings.Split(strings.TrimSpace(out.String()), "\n"), 1+len(DefaultRadii()))
}

// Runs with different images or terms are not compared unless this is
// requested, and then the comparison states the differences.
func TestCompareRefusesRunsThatAreNotAlike(t *testing.T) {
	for want, change := range map[string]func(*Run){
		"1 of the 2 images of the first, such as 1, are not in the other":                                                                      func(b *Run) { b.Rows = b.Rows[:1] },
		"1 of the 2 images of the first, such as 0, are not in the other and 1 of the 2 images of the second, such as 9, are not in the other": func(b *Run) { b.Rows[0].Image = 9 },
		"alpha 0.001 and 0.999":                     func(b *Run) { b.Alpha = decimal.Must("0.999") },
		"noise gaussian-u8 and gaussian-f32":        func(b *Run) { b.Noise = "gaussian-f32" },
		"sigma 0.25 and 0.5":                        func(b *Run) { b.Sigma = decimal.Must("0.5") },
		"noise gaussian-u8 and f; sigma 0.25 and 1": func(b *Run) { b.Noise, b.Sigma = "f", decimal.Must("1") },
	} {
		a, b := runOf("a", 1, 1), runOf("b", 1, 0.5)
		for _, r := range []*Run{&a, &b} {
			r.Alpha, r.Noise, r.Sigma = decimal.Must("0.001"), "gaussian-u8", decimal.Must("0.25")
		}
		change(&b)
		_, err := Compare(a, b, DefaultRadii(), false)
		require.ErrorAs(t, err, new(*UnequalError))
		require.ErrorContains(t, err, `"a" and "b" were not certified alike (`+want+")")
		c, err := Compare(a, b, DefaultRadii(), true)
		require.NoError(t, err)
		require.Equal(t, want, strings.Join(c.Unequal, "; "))
		table, err := NewTable([]Run{a, b}, DefaultRadii())
		require.NoError(t, err)
		table.Comparisons = []Comparison{c}
		for format, print := range map[string]func(*strings.Builder) error{
			"text":     func(w *strings.Builder) error { return table.Text(w, Style{}) },
			"Markdown": func(w *strings.Builder) error { return table.Markdown(w, Style{}) },
			"LaTeX":    func(w *strings.Builder) error { return table.LaTeX(w, Style{}) },
			"CSV":      func(w *strings.Builder) error { return table.ComparisonsCSV(w) },
			"JSON":     func(w *strings.Builder) error { return table.JSON(w) },
		} {
			var out strings.Builder
			require.NoError(t, print(&out))
			for _, phrase := range c.Unequal {
				require.Contains(t, out.String(), phrase, format)
			}
		}
	}
	// Terms that are unknown for one run, methods and numbers of samples do not
	// count as differences.
	a, b := runOf("a", 1, 1), runOf("b", 1, 1)
	a.Terms = Terms{Alpha: decimal.Must("0.1"), Sigma: decimal.Must("1"), Noise: "x", N: 10, Method: "cohen"}
	b.Terms = Terms{N: 20, Method: "randomised"}
	c, err := Compare(a, b, DefaultRadii(), false)
	require.NoError(t, err)
	require.Empty(t, c.Unequal)
}

func TestCompareRefusesOtherLabelsAndPixels(t *testing.T) {
	a := runOf("a", 1, 1)
	for want, change := range map[string]func(*Run){
		"no image is in both": func(b *Run) { b.Rows[0].Image, b.Rows[1].Image = 5, 6 },
		"image 1 has the label 1 in the first and 2 in the second": func(b *Run) { b.Rows[1].Label = 2 },
		"one of them has no images":                                func(b *Run) { b.Rows = nil },
	} {
		b := runOf("b", 1, 1)
		change(&b)
		_, err := Compare(a, b, DefaultRadii(), true)
		require.ErrorContains(t, err, `cannot compare "a" with "b" image by image: `)
		require.ErrorContains(t, err, want)
	}
	b := runOf("b", 1, 1)
	a.Rows[1].Pixels[3], b.Rows[1].Pixels[3] = 1, 2
	_, err := Compare(a, b, DefaultRadii(), true)
	require.ErrorContains(t, err, "image 1 has other pixels")
	a.Noise, b.Noise = "gaussian-u8", "gaussian-f32" // whose digests are of other bytes for equal images
	_, err = Compare(a, b, DefaultRadii(), false)
	require.ErrorContains(t, err, "noise gaussian-u8 and gaussian-f32")
	_, err = Compare(a, b, DefaultRadii(), true)
	require.NoError(t, err)
	a.Noise, b.Noise = "", ""
	b.Rows[1].Pixels = certificate.Digest{} // a table knows none
	_, err = Compare(a, b, DefaultRadii(), false)
	require.NoError(t, err)
}

func TestShortP(t *testing.T) {
	for in, want := range map[string]string{"1": "1", "0.125": "0.125", "0.4941": "0.495", "0.000312": "0.00032", "0.000000000001": "0.000000000001", "0.0070001": "0.0071"} {
		require.Equal(t, want, shortP(decimal.Must(in)), in)
	}
}
