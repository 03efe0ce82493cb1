package explain_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/explain"
	"github.com/godmae/godmae/internal/philox"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/smooth"
)

// subject returns a small classifier and an image. The weights decide how
// sure it is.
func subject(t *testing.T, weights float32) (*dmae.Classifier, []byte) {
	b := cpu.New(cpu.Options{Threads: 1})
	t.Cleanup(func() { b.Close() })
	m, err := dmae.NewClassifier(b, dmae.Config{
		Name: "micro", ImageSize: 8, DataSize: 6, Channels: 3, Patch: 4, Width: 16, Depth: 1, Heads: 2, MLPRatio: 2,
		Positions: dmae.Learned, Decoder: dmae.Decoder{Width: 8, Depth: 1, Heads: 2}, MaskRatio: 0.5, NormPixEps: 1e-2, Sigma: 0.5,
		Mean: dmae.ImageNetMean, Std: dmae.ImageNetStd, Classes: 3, ClassNames: []string{"cat", "<dog>", ""}, GlobalPool: true,
	})
	require.NoError(t, err)
	m.InitScratch(4)
	for _, p := range m.Params.All() {
		if p.Shape.Rank() > 1 {
			v := m.Params.Download(p)
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
		Name: `<img src="http://evil">`, Sigma: smooth.MustDecimal("0.1"), Others: []smooth.Decimal{smooth.MustDecimal("0.05"), smooth.MustDecimal("1")},
		Alpha: smooth.MustDecimal("0.001"), N0: 20, N: 100, Seed: 3, Batch: 32, Steps: 4, Samples: 4,
	}
}

func TestThePageShowsWhatTheCertifierFinds(t *testing.T) {
	for _, sound := range []bool{true, false} {
		t.Run(fmt.Sprintf("sound=%t", sound), func(t *testing.T) { testPage(t, sound) })
	}
}

func testPage(t *testing.T, sound bool) {
	m, x := subject(t, 2)
	o := options()
	o.Sound = sound
	made, err := explain.Make(t.Context(), m, x, o)
	require.NoError(t, err)

	// The certifier's own files for the same image, noise level and seed.
	set, err := smooth.NewIndexSet([]int{0})
	require.NoError(t, err)
	task := smooth.Task{
		Params:     smooth.Params{Sigma: smooth.MustDecimal("0.1"), Alpha: smooth.MustDecimal("0.001"), N0: 20, N: 100, Seed: 3, Sound: sound},
		Subject:    smooth.Subject{Contract: "f32/1", Images: set},
		Classifier: dmae.NewPixelClassifier(m, func(int) ([]byte, error) { return x, nil }, 7),
		Describe:   func(int) (smooth.Image, error) { return smooth.Image{Label: -1}, nil },
		Out:        filepath.Join(t.TempDir(), "one.jsonl"),
	}
	require.NoError(t, task.Run(t.Context()))
	rec := certificate(t, smooth.FilesFor(task.Out).Certificate)
	require.Equal(t, rec.Selected, made.At.Selected)
	require.Equal(t, rec.Selection.Counts, made.At.Selection)
	require.Equal(t, rec.Estimation.Counts, made.At.Counts)
	require.Equal(t, rec.PA.String(), made.At.PA.String())
	require.Equal(t, rec.Radius.String(), made.At.Radius.String())
	require.Equal(t, rec.Predict >= 0, made.At.Certified)
	require.True(t, made.At.Certified)

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
	o.Batch = 5
	again, err := explain.Make(t.Context(), m, x, o)
	require.NoError(t, err)
	require.NoError(t, again.WriteHTML(&second))
	require.Equal(t, first.String(), second.String(), "the same page from any batch")
	checkPage(t, first.String())
	require.Contains(t, first.String(), made.At.Radius.String())
	require.Contains(t, first.String(), made.At.PA.String())
	require.Equal(t, 2, strings.Count(first.String(), "<svg"))

	var back map[string]any
	raw, err := json.Marshal(made)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &back))
	require.NotContains(t, string(raw), "data:")
	require.Equal(t, made.At.Radius.String(), back["certificate"].(map[string]any)["radius"])
}

// certificate reads the only image of a certificate file.
func certificate(t *testing.T, path string) smooth.Record {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	d, err := smooth.NewReader(f)
	require.NoError(t, err)
	rec, err := d.Next()
	require.NoError(t, err)
	return rec
}

// checkPage holds a page to its promises: it loads nothing, names from outside
// are escaped, and its drawings are well formed.
func checkPage(t *testing.T, page string) {
	require.NotContains(t, page, "<script")
	require.NotContains(t, page, "<link")
	require.NotContains(t, page, `<img src="http`)
	require.NotContains(t, page, "<dog>")
	require.Contains(t, page, "&lt;dog&gt;")
	require.NotContains(t, page, "ZgotmplZ", "the template refused a value")
	for _, m := range regexp.MustCompile(`(?:src|href|url)\s*[=(]\s*"?([^"\s>]*)`).FindAllStringSubmatch(page, -1) {
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

// A network that answers nothing at all still has a page.
func TestPageOfANetworkWithoutAnswers(t *testing.T) {
	m, x := subject(t, float32(math.NaN()))
	made, err := explain.Make(t.Context(), m, x, options())
	require.NoError(t, err)
	require.Equal(t, smooth.NoClass, made.At.Selected)
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
		"sigma is 0":     func(o *explain.Options) { o.Sigma = smooth.Decimal{} },
		"sigma is -1":    func(o *explain.Options) { o.Others[0] = smooth.MustDecimal("-1") },
		"alpha is 2":     func(o *explain.Options) { o.Alpha = smooth.MustDecimal("2") },
		"n is 0":         func(o *explain.Options) { o.N = 0 },
		"with 0 samples": func(o *explain.Options) { o.Samples = 0 },
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
