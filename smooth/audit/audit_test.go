package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// corners is a classifier of points in the plane. All of its three classes
// occur under noise.
func corners(weight float32) *smooth.FuncClassifier {
	return &smooth.FuncClassifier{
		K: 3, Pixels: point,
		Class: func(x []float32) int {
			switch {
			case float32(weight*x[0])+x[1] > 1.1:
				return 1
			case x[0] < 0.2:
				return 2
			}
			return 0
		},
	}
}

// remembering caches the answers to jobs, which the table of mutations repeats
// many times.
type remembering struct {
	smooth.Classifier
	known map[asked]int32
}

type asked struct {
	job   smooth.Job
	noise smooth.Noise
}

func (r remembering) Classify(ctx context.Context, jobs []smooth.Job, noise smooth.Noise, out []int32) error {
	for i, job := range jobs {
		class, ok := r.known[asked{job, noise}]
		if !ok {
			if err := r.Classifier.Classify(ctx, jobs[i:i+1], noise, out[i:i+1]); err != nil {
				return err
			}
			class = out[i]
			r.known[asked{job, noise}] = class
		}
		out[i] = class
	}
	return nil
}

var honest = remembering{corners(1), map[asked]int32{}}

func point(image int) ([]float32, error) {
	if image == 0 {
		return []float32{0.8, 0.8}, nil // well inside class 1
	}
	g := philox.NewGen(philox.Addr{Seed: 9, Stream: philox.FirstUserStream, A: uint32(image)})
	return []float32{0.2 + g.Float32()/2, 0.2 + g.Float32()/2}, nil
}

func describe(image int) (certificate.Image, error) {
	x, err := point(image)
	return certificate.Image{Label: image % 3, Pixels: sha256.Sum256([]byte(fmt.Sprint(x)))}, err
}

func subject() certificate.Subject {
	return certificate.Subject{
		Contract: "f32/1", Model: "sha256:corners", Data: "points", Preprocessing: "none",
		Names: []string{"a", "b", "c"}, Images: certificate.IndexSet{{0, 1, 6}}, Of: 6,
	}
}

// options of an audit by the honest model. The seed of the sample picks one
// block, which is not one of image 0.
func options(depth Depth) Options {
	return Options{Depth: depth, Subject: subject(), Classifier: honest, Describe: describe, Blocks: 1, Seed: 3}
}

func params(m bound.Method) certificate.Params {
	p := certificate.Params{Plan: bound.Plan{Method: m, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 1100}, Seed: 5}
	if m == bound.MethodAnytime {
		p.N, p.Futility = 1280, bound.DefaultFutility()
		p.Radii = bound.Grid([]decimal.Decimal{decimal.Must("0.1"), decimal.Must("0.2")})
	}
	return p
}

func issue(t testing.TB, change func(*smooth.Task)) string {
	t.Helper()
	task := smooth.Task{Params: params(bound.MethodCohen), Subject: subject(), Classifier: honest, Describe: describe, Out: filepath.Join(t.TempDir(), "c.jsonl")}
	change(&task)
	require.NoError(t, task.Run(context.Background()))
	raw, err := os.ReadFile(task.Out)
	require.NoError(t, err)
	return string(raw)
}

func audit(t *testing.T, text string, o Options) Report {
	t.Helper()
	report, err := Run(t.Context(), strings.NewReader(text), o)
	require.NoError(t, err)
	require.Equal(t, report.Intact, report.Difference == "")
	require.NotContains(t, report.Difference, "\n")
	return report
}

func TestIntactCertificatesPassAtEveryDepth(t *testing.T) {
	for _, m := range bound.Methods() {
		for _, accuracyOnly := range []bool{false, true} {
			if accuracyOnly && testing.Short() {
				continue
			}
			text := issue(t, func(task *smooth.Task) { task.Params = params(m); task.AccuracyOnly = accuracyOnly })
			for _, depth := range []Depth{Arithmetic, Sample, Full} {
				o := options(depth)
				if m == bound.MethodAnytime && accuracyOnly {
					o.Classifier = corners(1)
				}
				for _, o.Batch = range []int{7, 4096} {
					r := audit(t, text, o)
					require.True(t, r.Intact, "%s at %s: %s", m, depth, r.Difference)
					require.Equal(t, 6, r.Images)
				}
			}
			r := audit(t, text, options(Sample))
			require.Equal(t, 1, r.Blocks)
			require.LessOrEqual(t, r.Samples, certificate.BlockSize)
		}
	}
}

// Every block detects a model with other answers, and depth Sample detects
// other images.
func TestAnotherModelAndOtherImages(t *testing.T) {
	text := issue(t, func(*smooth.Task) {})
	for _, depth := range []Depth{Sample, Full} {
		o := options(depth)
		o.Classifier = corners(0.5)
		require.Contains(t, audit(t, text, o).Difference, "here, not")
		o = options(depth)
		o.Describe = func(i int) (certificate.Image, error) { return describe(i + 1) }
		require.Contains(t, audit(t, text, o).Difference, "line 2, image 0: the pixels have the digest")
	}
	// The forged header names the honest model, but the samples are from
	// another one.
	forged := issue(t, func(task *smooth.Task) { task.Classifier = corners(0.5) })
	require.True(t, audit(t, forged, options(Arithmetic)).Intact)
	require.False(t, audit(t, forged, options(Sample)).Intact)
}

// Errors other than those of the certificate are errors of the audit.
func TestAuditsThatCannotBeMade(t *testing.T) {
	text := issue(t, func(*smooth.Task) {})
	broken := errors.New("the disk failed")
	for want, make := range map[string]func() (io.Reader, Options){
		"the disk failed": func() (io.Reader, Options) {
			return io.MultiReader(strings.NewReader(text[:900]), iotest.ErrReader(broken)), options(Arithmetic)
		},
		"no such image": func() (io.Reader, Options) {
			o := options(Sample)
			o.Describe = func(int) (certificate.Image, error) { return certificate.Image{}, errors.New("no such image") }
			return strings.NewReader(text), o
		},
		`depth "deep" is not known`: func() (io.Reader, Options) { return strings.NewReader(text), options("deep") },
		"needs the model": func() (io.Reader, Options) {
			return strings.NewReader(text), Options{Depth: Full}
		},
		"0 blocks": func() (io.Reader, Options) {
			o := options(Sample)
			o.Blocks = 0
			return strings.NewReader(text), o
		},
	} {
		r, o := make()
		report, err := Run(t.Context(), r, o)
		require.ErrorContains(t, err, want)
		require.False(t, report.Intact)
	}
}

func FuzzAudit(f *testing.F) {
	for _, m := range bound.Methods() {
		f.Add([]byte(issue(f, func(task *smooth.Task) { task.Params = params(m); task.Images = certificate.IndexSet{{0, 1, 2}} })))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		report, err := Run(t.Context(), bytes.NewReader(data), Options{Depth: Arithmetic})
		require.NoError(t, err)
		require.Equal(t, report.Intact, report.Difference == "")
	})
}

// canonical writes a record as the certifier does.
func canonical(t *testing.T, rec certificate.Record) string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	require.NoError(t, enc.Encode(rec))
	return b.String()
}
