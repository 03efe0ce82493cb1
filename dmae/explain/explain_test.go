package explain_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// subject returns a small classifier and an image. Larger weights give larger
// margins.
func subject(t *testing.T, weights float32) (*dmae.Classifier, []byte) {
	b := testbackend.New(t)
	m, err := dmae.NewClassifier(b, dmae.Config{
		Name: "micro", ImageSize: 8, DataSize: 6, Channels: 3, Patch: 4, Width: 16, Depth: 1, Heads: 2, MLPRatio: 2,
		Positions: dmae.Learned, Decoder: dmae.Decoder{Width: 8, Depth: 1, Heads: 2}, MaskRatio: 0.5, NormPixEps: 1e-2, Sigma: 0.5,
		Mean: dmae.ImageNetMean, Std: dmae.ImageNetStd, Classes: 3, ClassNames: []string{"cat", "<dog>", ""}, GlobalPool: true,
	})
	require.NoError(t, err)
	m.InitScratch(4)
	for _, p := range m.Params.All() {
		if p.Shape.Rank() > 1 {
			v, err := m.Params.Download(p)
			require.NoError(t, err)
			for i := range v {
				v[i] *= weights
			}
			m.Params.Upload(p, v)
		}
	}
	x := make([]byte, m.Config.Pixels())
	g := philox.NewGen(philox.Addr{Seed: 99})
	for i := range x {
		x[i] = byte(256 * g.Float32())
	}
	return m, x
}

func options() explain.Options {
	return explain.Options{
		Params: certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.1"), Alpha: decimal.Must("0.001"), N0: 20, N: 100}, Seed: 3},
		Name:   `<img src="http://evil">`, Others: []decimal.Decimal{decimal.Must("0.05"), decimal.Must("1")},
		Batch: 32, Steps: 4, Samples: 4, Answers: 100, Command: "dmae explain '<dog>.png'",
	}
}

// with returns the options for a method. The grid has radii that the samples
// cannot certify, and that exceed 10 sigma for the smallest noise level.
func with(method bound.Method, sound bool) explain.Options {
	o := options()
	o.Method, o.Sound = method, sound
	if method == bound.MethodAnytime {
		o.Futility = bound.DefaultFutility()
		o.N, o.Radii = 640, bound.Grid([]decimal.Decimal{decimal.Must("0.05"), decimal.Must("0.3"), decimal.Must("0.7")})
	}
	return o
}

func TestThePageShowsWhatTheCertifierFinds(t *testing.T) {
	for _, method := range bound.Methods() {
		t.Run(string(method), func(t *testing.T) { testPage(t, with(method, true)) })
	}
	t.Run("float noise", func(t *testing.T) { testPage(t, with("", false)) })
}

func testPage(t *testing.T, o explain.Options) {
	m, x := subject(t, 2)
	o.Image = 5

	// The certifier's files for the same image, noise level and seed.
	set, err := certificate.NewIndexSet([]int{5})
	require.NoError(t, err)
	preprocessing := "x/255"
	if o.Sound {
		preprocessing = certificate.EightBit
	}
	task := smooth.Task{
		Params:     o.Params,
		Subject:    certificate.Subject{Contract: "f32/1", Preprocessing: preprocessing, Images: set, Of: 1000},
		Classifier: certify.NewClassifier(m, func(int) ([]byte, error) { return x, nil }, 7),
		Describe: func(int) (certificate.Image, error) {
			return certificate.Image{Label: 1, Pixels: certificate.Digest{1}}, nil
		},
		Out: filepath.Join(t.TempDir(), "one.jsonl"),
	}
	require.NoError(t, task.Run(t.Context()))
	rec := recordOf(t, certificate.FilesFor(task.Out).Certificate)
	o.Line = &explain.Line{Record: rec, Certificate: "one.jsonl"}

	units := map[string]int{}
	o.Progress = func(what string, done, total int) {
		require.LessOrEqual(t, done, total, what)
		require.GreaterOrEqual(t, done, units[what], what)
		units[what] = done
	}
	made, err := explain.Make(t.Context(), m, x, o)
	require.NoError(t, err)
	require.Contains(t, units, "certifying with sigma 0.1")
	require.Contains(t, units, "certifying with sigma 1")
	require.Len(t, units, 3+len(made.Attacks))

	require.Equal(t, rec.Selected, made.At.Selected)
	require.Equal(t, rec.Selection.Counts, made.At.Selection)
	require.Equal(t, rec.Estimation.Counts, made.At.Counts)
	require.Equal(t, rec.PA.String(), made.At.PA.String())
	require.Equal(t, rec.PB, made.At.PB)
	require.Equal(t, rec.W, made.At.W)
	require.Equal(t, rec.Looks, made.At.Looks)
	require.Equal(t, rec.Radius.String(), made.At.Radius.String())
	require.Equal(t, rec.Predict >= 0, made.At.Certified)
	require.True(t, made.At.Certified)
	require.Positive(t, made.At.Radius.Sign())

	require.Len(t, made.Others, 2)
	require.Len(t, made.Samples, 8)
	require.NotEmpty(t, made.Attacks)
	require.False(t, made.Broken())
	for i, a := range made.Attacks {
		require.LessOrEqual(t, a.Distance, a.Budget)
		require.Equal(t, i < 2, a.Inside)
		require.Equal(t, a.Inside, a.Budget < made.At.Radius.Float64())
	}

	var first, second bytes.Buffer
	require.NoError(t, made.WriteHTML(&first))
	o.Batch, o.Progress = 5, nil
	again, err := explain.Make(t.Context(), m, x, o)
	require.NoError(t, err)
	require.NoError(t, again.WriteHTML(&second))
	require.Equal(t, first.String(), second.String(), "the same page from any batch")
	page := first.String()
	checkPage(t, page)
	noise := "noise gaussian-f32 ("
	if o.Sound {
		noise = "noise gaussian-u8 ("
	}
	for _, shown := range []string{noise, made.At.Radius.String(), made.At.PA.String(), "method " + string(made.At.Method), "seed 3, image index 5", "the certificate one.jsonl (the data set says: &lt;dog&gt;)", "explain &#39;&lt;dog&gt;.png"} {
		require.Contains(t, page, shown)
	}
	charts := map[bound.Method]int{bound.MethodRunnerUp: 3, bound.MethodAnytime: 2 + len(made.At.Radii)}
	want := charts[made.At.Method]
	if want == 0 {
		want = 2
	}
	require.Equal(t, want, strings.Count(page, "<svg"))
	switch made.At.Method {
	case bound.MethodRandomised:
		require.Contains(t, page, "with the weight w = ")
	case bound.MethodRunnerUp:
		require.Contains(t, page, made.At.PB.String())
	case bound.MethodAnytime:
		require.Contains(t, page, "multiplies his stake by 1000")
		require.Contains(t, page, "certified after ")
		require.Contains(t, page, "given up after ")
		require.Contains(t, page, "not certified, for a smaller radius is not")
	}

	var back map[string]any
	raw, err := json.Marshal(made)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &back))
	require.NotContains(t, string(raw), "data:")
	require.Equal(t, made.At.Radius.String(), back["explained"].(map[string]any)["radius"])

	// A line with other results is not explained.
	o.Line.Estimation.Counts = bound.Counts{{0, o.N}}
	_, err = explain.Make(t.Context(), m, x, o)
	require.ErrorContains(t, err, "the line of image 5 in one.jsonl differs from what its samples give")
	o.Line.Stopped = certificate.StoppedWrongClass
	_, err = explain.Make(t.Context(), m, x, o)
	require.ErrorContains(t, err, "was not estimated (wrong-class)")
}

// A radius of 0 certifies the image only.
func TestPageOfTheRadiusZero(t *testing.T) {
	m, x := subject(t, 2)
	o := with(bound.MethodAnytime, true)
	o.Radii, o.N, o.Steps = bound.Grid([]decimal.Decimal{decimal.Must("0.9")}), 80, 0
	made, err := explain.Make(t.Context(), m, x, o)
	require.NoError(t, err)
	require.True(t, made.At.Certified)
	require.Zero(t, made.At.Radius.Sign())
	var page bytes.Buffer
	require.NoError(t, made.WriteHTML(&page))
	checkPage(t, page.String())
	require.Contains(t, page.String(), "nothing is proved about other images")
}

// certificate reads the only image of a certificate file.
func recordOf(t *testing.T, path string) certificate.Record {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	d, err := certificate.NewReader(f)
	require.NoError(t, err)
	rec, err := d.Next()
	require.NoError(t, err)
	return rec
}

// checkPage checks that a page loads nothing, that file and class names are
// escaped, and that its drawings are well-formed.
func checkPage(t *testing.T, page string) {
	require.NotContains(t, page, "<script")
	require.NotContains(t, page, "<link")
	require.NotContains(t, page, `<img src="http`)
	require.NotContains(t, page, "<dog>")
	require.Contains(t, page, "&lt;dog&gt;")
	require.NotContains(t, page, "ZgotmplZ", "the template refused a value")
	for _, img := range regexp.MustCompile(`<img[^>]*>`).FindAllString(page, -1) {
		require.Regexp(t, `alt="[^"]+"`, img)
	}
	for _, m := range regexp.MustCompile(`(?:src|href|url|@import)\s*[=(]\s*"?([^"\s>]*)`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "&#34;") { // part of the escaped name
			require.True(t, strings.HasPrefix(m[1], "data:image/png;base64,"), m[0])
		}
	}
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1) {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			_, err := d.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
		}
		require.NotContains(t, svg, "NaN")
		require.NotContains(t, svg, "Inf")
		require.Regexp(t, `role="img" aria-label="[^"]+"|aria-hidden="true"`, svg)
	}
}

func TestPageOfAnAbstention(t *testing.T) {
	m, x := subject(t, 8)
	o := options()
	o.N, o.N0, o.Others = 5, 3, nil // so few samples prove nothing
	made, err := explain.Make(t.Context(), m, x, o)
	require.NoError(t, err)
	require.False(t, made.At.Certified)
	require.Equal(t, "0", made.At.Radius.String())
	for _, a := range made.Attacks {
		require.False(t, a.Inside, "there is no inside")
	}
	var page bytes.Buffer
	require.NoError(t, made.WriteHTML(&page))
	checkPage(t, page.String()+"&lt;dog&gt;")
	require.Contains(t, page.String(), "<strong>abstains</strong>")
	require.Equal(t, 1, strings.Count(page.String(), "<svg"))
}

// A network that gives no class for any sample still has a page.
func TestPageOfANetworkWithoutAnswers(t *testing.T) {
	m, x := subject(t, float32(math.NaN()))
	made, err := explain.Make(t.Context(), m, x, options())
	require.NoError(t, err)
	require.Equal(t, bound.NoClass, made.At.Selected)
	require.Empty(t, made.Attacks)
	var page bytes.Buffer
	require.NoError(t, made.WriteHTML(&page))
	checkPage(t, page.String()+"&lt;dog&gt;")
	require.Contains(t, page.String(), "no answer")
	require.Contains(t, page.String(), "No attack was run.")
}

func TestMakeRefusesNonsense(t *testing.T) {
	m, x := subject(t, 1)
	for want, change := range map[string]func(*explain.Options){
		"sigma is 0":     func(o *explain.Options) { o.Sigma = decimal.Decimal{} },
		"sigma is -1":    func(o *explain.Options) { o.Others[0] = decimal.Must("-1") },
		"alpha is 2":     func(o *explain.Options) { o.Alpha = decimal.Must("2") },
		"n is 0":         func(o *explain.Options) { o.N = 0 },
		"with 0 samples": func(o *explain.Options) { o.Samples = 0 },
		"0 noisy copies": func(o *explain.Options) { o.Answers = 0 },
	} {
		o := options()
		change(&o)
		_, err := explain.Make(t.Context(), m, x, o)
		require.ErrorContains(t, err, want)
	}
	_, err := explain.Make(t.Context(), m, x[1:], options())
	require.ErrorContains(t, err, "107 values")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = explain.Make(ctx, m, x, options())
	require.ErrorIs(t, err, context.Canceled)
}
