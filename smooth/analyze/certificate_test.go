package analyze

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// certify makes the files of ten points on a line under a threshold
// classifier; every fifth label is wrong, one is unknown.
func certify(t *testing.T, change func(*certificate.Params)) certificate.Files {
	return certifyWithout(t, -1, change)
}

// certifyWithout is certify with one image that cannot be decoded.
func certifyWithout(t *testing.T, broken int, change func(*certificate.Params)) certificate.Files {
	t.Helper()
	images := make([]int, 10)
	for i := range images {
		images[i] = 3 * i
	}
	set, err := certificate.NewIndexSet(images)
	require.NoError(t, err)
	task := smooth.Task{
		Params: certificate.Params{
			Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 300}, Seed: 1,
		},
		Subject: certificate.Subject{Contract: "f32/1", Images: set, Of: 1000},
		Classifier: &smooth.FuncClassifier{
			K:      2,
			Pixels: func(image int) ([]float32, error) { return []float32{float32(image) / 27}, nil },
			Class: func(x []float32) int {
				if x[0] > 0.5 {
					return 1
				}
				return 0
			},
		},
		Describe: func(image int) (certificate.Image, error) {
			switch {
			case image == broken:
				return certificate.Image{}, &certificate.UndecodableError{Err: errors.New("it is broken")}
			case image == 27:
				return certificate.Image{Label: -1}, nil
			case image%15 == 0:
				return certificate.Image{Label: 1}, nil
			}
			return certificate.Image{Label: image / 14}, nil
		},
		MaxLeftOut: 1,
		Out:        filepath.Join(t.TempDir(), "line.jsonl"),
	}
	if change != nil {
		change(&task.Params)
	}
	require.NoError(t, task.Run(t.Context()))
	return certificate.FilesFor(task.Out)
}

// Every row has its terms, in every format.
func TestTermsOfARun(t *testing.T) {
	files := certifyWithout(t, 6, func(p *certificate.Params) {
		p.Seed, p.Alpha = 0, decimal.Must("0.999")
		p.Derived = &certificate.Derivation{Beacon: ""}
	})
	run, err := ReadFile(files.Certificate)
	require.NoError(t, err)
	require.Len(t, run.Rows, 9)
	require.Equal(t, Terms{
		Method: "cohen", Noise: "gaussian-f32", Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.999"), N0: 20, N: 300,
		Seed: "derived, no beacon", Of: 1000, Chosen: "10 of 1,000, the first ones of every 3rd", LeftOut: 1, Contract: "f32/1", Precision: "f32",
	}, run.Terms)
	table, err := ReadFile(files.TSV)
	require.NoError(t, err)
	table.Name = "table"
	all, err := NewTable([]Run{run, table}, DefaultRadii())
	require.NoError(t, err)
	for format, print := range map[string]func(*strings.Builder) error{
		"text":     func(w *strings.Builder) error { return all.Text(w, Style{}) },
		"Markdown": func(w *strings.Builder) error { return all.Markdown(w, Style{}) },
		"LaTeX":    func(w *strings.Builder) error { return all.LaTeX(w, Style{}) },
		"CSV":      func(w *strings.Builder) error { return all.CSV(w) },
		"JSON":     func(w *strings.Builder) error { return all.JSON(w) },
	} {
		var out strings.Builder
		require.NoError(t, print(&out))
		for _, want := range []string{"gaussian-f32", "0.25", "0.999", "20", "300", "derived, no beacon", "10 of 1,000, the first ones of every 3rd", "f32/1"} {
			require.Contains(t, out.String(), want, format)
		}
		if format != "CSV" && format != "JSON" {
			require.Contains(t, out.String(), "1 images could not be decoded", format)
			require.Contains(t, out.String(), "unknown", format)
		}
	}
}

// A certificate and the table derived from it give the same numbers.
func TestCertificateAndItsTableAgree(t *testing.T) {
	for _, accuracyOnly := range []bool{false, true} {
		files := certify(t, func(p *certificate.Params) { p.AccuracyOnly = accuracyOnly })
		cert, err := ReadFile(files.Certificate)
		require.NoError(t, err)
		table, err := ReadFile(files.TSV)
		require.NoError(t, err)
		require.Equal(t, "line", cert.Name)
		require.Equal(t, "line", table.Name)
		for i, row := range cert.Rows {
			require.InDelta(t, row.Seconds, table.Rows[i].Seconds, 1e-6, "the table has microseconds")
			require.Equal(t, accuracyOnly && row.Label >= 0 && row.Predict != row.Label, row.Samples == 20, "selection alone")
			row.Seconds, row.Samples, row.Pixels = table.Rows[i].Seconds, 0, certificate.Digest{}
			require.Equal(t, table.Rows[i], row)
		}
		require.Equal(t, "cohen", cert.Method)
		require.Equal(t, "0.25", cert.Sigma.String())
		require.Equal(t, "0.001", cert.Alpha.String())
		require.Equal(t, 300, cert.N)
		require.Equal(t, accuracyOnly, cert.AccuracyOnly)
		require.Empty(t, cert.Notes)
		require.Empty(t, table.Notes)
		require.Zero(t, table.Method)

		made, err := NewTable([]Run{cert}, DefaultRadii())
		require.NoError(t, err)
		require.Equal(t, 1, made.Runs[0].Unlabelled)
		require.Equal(t, accuracyOnly, *made.Runs[0].Samples < 320)
		require.NotNil(t, made.Runs[0].Seconds)
		require.Equal(t, accuracyOnly, made.Runs[0].Abstained == nil)
		require.Greater(t, made.Runs[0].Accuracy[0].Mean, 0.3)
		var text strings.Builder
		require.NoError(t, made.Text(&text, Style{}))
		require.Contains(t, text.String(), "1 of 10 images have no label")
		require.Equal(t, accuracyOnly, strings.Contains(text.String(), "the share of abstentions is unknown"))
	}
}

func TestDamagedCertificateIsRefused(t *testing.T) {
	files := certify(t, nil)
	raw, err := os.ReadFile(files.Certificate)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(files.Certificate, raw[:len(raw)-1], 0o666))
	_, err = ReadFile(files.Certificate)
	require.ErrorContains(t, err, files.Certificate+": line 12 of the certificate: it ends without a newline")
}

// Certificates of every method are read and compared with each other.
func TestEveryMethodsCertificate(t *testing.T) {
	var runs []Run
	for _, method := range bound.Methods() {
		files := certify(t, func(p *certificate.Params) {
			if p.Method = method; method == bound.MethodAnytime {
				p.N, p.Futility = 304, bound.DefaultFutility()
				p.Radii = []decimal.Decimal{{}, decimal.Must("0.25"), decimal.Must("0.5")}
			}
		})
		run, err := ReadFile(files.Certificate)
		require.NoError(t, err)
		require.Equal(t, string(method), run.Method)
		require.Equal(t, method == bound.MethodAnytime, run.OnGrid())
		run.Name = run.Method
		runs = append(runs, run)
	}
	table, err := NewTable(runs, []decimal.Decimal{{}, decimal.Must("0.1"), decimal.Must("0.5"), decimal.Must("0.75")})
	require.NoError(t, err)
	require.NoError(t, table.Guarantee(decimal.Must("0.01")))
	var text strings.Builder
	require.NoError(t, table.Text(&text, Style{}))
	require.Contains(t, text.String(), "anytime: its radii are steps of a grid")
	require.Contains(t, text.String(), "anytime: r = 0.1 is not a step of its grid;")
	require.Equal(t, 1, strings.Count(text.String(), "(grid)"))
	for i, s := range table.Runs {
		require.Greater(t, s.Accuracy[0].Mean, 0.3, s.Name)
		require.Greater(t, *s.Samples, 20.0)
		c, err := Compare(runs[0], runs[i], DefaultRadii(), true)
		require.NoError(t, err)
		require.Equal(t, runs[i].OnGrid(), c.Radius == nil)
	}
}
