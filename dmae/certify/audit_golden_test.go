package certify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/audit"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// auditedISAs lists the instruction sets that certificates are audited with, for
// each architecture.
var auditedISAs = map[string][]string{"amd64": {"go", "avx2", "avx512"}, "arm64": {"go", "neon"}}

// TestGoldenAudit audits committed certificates, which were made with AVX-512,
// at full depth with every instruction set: a certificate can be verified on
// another machine. There is a certificate with a fixed number of samples, an
// anytime one, and one with integer noise by the randomised method. Every
// sample of every image is classified again, at least 32 per image: on amd64
// with plain Go, AVX2 and AVX-512 (scripts/test-avx512.sh if the processor
// lacks it), on arm64 with plain Go and NEON (scripts/test-arm64.sh).
func TestGoldenAudit(t *testing.T) {
	before := simd.ISA()
	t.Cleanup(func() { require.NoError(t, simd.Select(before)) })
	for _, c := range []struct {
		name    string
		method  bound.Method
		sound   bool
		derived bool // else of the previous format, written by a version that had only this one
	}{
		{"cohen", bound.MethodCohen, false, false}, {"anytime", bound.MethodAnytime, false, false}, {"sound", bound.MethodRandomised, true, false},
		{"derived", bound.MethodAnytime, false, true}, {"derived-sound", bound.MethodRandomised, true, true},
	} {
		name := filepath.Join("testdata", "audit-"+c.name+".jsonl")
		if *update {
			if c.derived {
				require.NoError(t, os.WriteFile(name, goldenCertificate(t, c.method, c.sound), 0o644))
			}
			continue
		}
		raw, err := os.ReadFile(name)
		require.NoError(t, err)
		images, samples := goldenSamples(t, raw, c.method, c.sound, c.derived)
		for _, isa := range auditedISAs[runtime.GOARCH] {
			t.Run(fmt.Sprintf("%s/%s", isa, c.name), func(t *testing.T) {
				if !slices.Contains(simd.Available(), isa) {
					t.Skipf("this processor has no %s", isa)
				}
				require.NoError(t, simd.Select(isa))
				o := goldenAuditOptions(t)
				if c.derived && c.sound {
					o.Subject.Preprocessing = certificate.EightBit
				}
				report, err := audit.Run(t.Context(), bytes.NewReader(raw), o)
				require.NoError(t, err)
				require.True(t, report.Intact, report.Difference)
				require.Equal(t, images, report.Images)
				require.Equal(t, samples, report.Samples)
				t.Logf("%s: %d images, %d samples classified again", isa, report.Images, report.Samples)
			})
		}
	}
	for _, isa := range simd.Available() {
		require.Contains(t, auditedISAs[runtime.GOARCH], isa, "an instruction set without an audit")
	}
}

// goldenSamples returns the images and the samples of a committed certificate,
// and checks its name and that it has at least 32 samples per image.
func goldenSamples(t *testing.T, raw []byte, m bound.Method, sound, derived bool) (images, samples int) {
	t.Helper()
	d, err := certificate.NewReader(bytes.NewReader(raw))
	require.NoError(t, err)
	require.Equal(t, m, d.Header().Method)
	require.Equal(t, sound, d.Header().Params().Sound)
	require.Equal(t, derived, d.Header().Seed.Derived)
	require.Equal(t, map[bool]string{false: certificate.Schema1, true: certificate.Schema}[derived], d.Header().Schema)
	for {
		rec, err := d.Next()
		if err == io.EOF {
			return images, samples
		}
		require.NoError(t, err)
		require.GreaterOrEqual(t, rec.Selection.N+rec.Estimation.N, 32)
		images, samples = images+1, samples+rec.Selection.N+rec.Estimation.N
	}
}

// goldenAuditModel is a tiny classifier whose answers vary with the noise.
func goldenAuditModel(t *testing.T, threads int) (model *dmae.Classifier, pixels func(int) ([]byte, error)) {
	b := testbackend.Threads(t, threads)
	cfg := dmae.Config{
		Name: "audit", ImageSize: 8, DataSize: 8, Channels: 1, Patch: 4,
		Width: 16, Depth: 1, Heads: 2, MLPRatio: 2,
		Positions: dmae.Learned, Decoder: dmae.Decoder{Width: 8, Depth: 1, Heads: 2},
		MaskRatio: 0.75, NormPix: true, NormPixEps: 1e-2, Sigma: 0.25,
		Mean: []float64{0.5}, Std: []float64{0.25}, Classes: 3, GlobalPool: true,
	}
	ae, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	ae.Init(2)
	model, err = dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	require.NoError(t, model.LoadEncoder(ae, 3))
	return model, func(image int) ([]byte, error) {
		x := make([]byte, cfg.Pixels())
		g := philox.NewGen(philox.Addr{Seed: 1, Stream: philox.FirstUserStream, A: uint32(image)})
		for i := range x {
			x[i] = byte(g.Uint32())
		}
		return x, nil
	}
}

func goldenAuditOptions(t *testing.T) audit.Options {
	model, pixels := goldenAuditModel(t, 2)
	return audit.Options{
		Depth:      audit.Full,
		Subject:    goldenSubject(t, model),
		Classifier: certify.NewClassifier(model, pixels, 5),
		Describe: func(image int) (certificate.Image, error) {
			x, err := pixels(image)
			return certificate.Image{Label: image % 3, Pixels: sha256.Sum256(x)}, err
		},
	}
}

func goldenSubject(t *testing.T, model *dmae.Classifier) certificate.Subject {
	digest, err := model.Digest()
	require.NoError(t, err)
	return certificate.Subject{
		Contract: "f32/1", Model: fmt.Sprintf("sha256:%x", digest), Data: "golden", Preprocessing: "none",
		Names: []string{"a", "b", "c"}, Images: certificate.IndexSet{{0, 1, 4}}, Of: 4,
	}
}

// goldenCertificate certifies four images.
func goldenCertificate(t *testing.T, m bound.Method, sound bool) []byte {
	o := goldenAuditOptions(t)
	p := certificate.Params{Plan: bound.Plan{Method: m, Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 16, N: 96}, Sound: sound, Derived: &certificate.Derivation{Beacon: goldenBeacon}}
	if m == bound.MethodAnytime {
		p.Radii, p.Futility = bound.Grid([]decimal.Decimal{decimal.Must("0.1"), decimal.Must("0.25")}), bound.DefaultFutility()
	}
	if sound {
		o.Subject.Preprocessing = certificate.EightBit
	}
	out := filepath.Join(t.TempDir(), "c.jsonl")
	require.NoError(t, smooth.Task{
		Params: p, Subject: o.Subject, Classifier: o.Classifier, Describe: o.Describe, Out: out,
	}.Run(context.Background()))
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	t.Log(simd.ISA(), string(raw))
	return raw
}
