package smooth

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Certify gives the line of a Task, for every method.
func TestCertifyGivesTheLineOfATask(t *testing.T) {
	for _, method := range bound.Methods() {
		t.Run(string(method), func(t *testing.T) {
			task := methodTask(method, filepath.Join(t.TempDir(), "c.jsonl"))
			require.NoError(t, task.Run(t.Context()))
			_, lines := readFile(t, task.Out)
			for _, want := range lines[:5] {
				samples := 0
				about, err := task.Describe(want.Image)
				require.NoError(t, err)
				got, err := Certify(t.Context(), task.Classifier, task.Params, want.Image, about, func(n int) { samples = n })
				require.NoError(t, err)
				require.Equal(t, want, got)
				require.GreaterOrEqual(t, samples, got.Selection.N+got.Estimation.N)
			}
		})
	}
}

func TestCertifyRefusesNonsense(t *testing.T) {
	p := certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 400}}
	classifier := newLinear().classifier()
	_, err := Certify(t.Context(), nil, p, 0, certificate.Image{}, nil)
	require.ErrorContains(t, err, "no classifier")
	_, err = Certify(t.Context(), classifier, p, -1, certificate.Image{}, nil)
	require.ErrorContains(t, err, "image index -1")
	_, err = Certify(t.Context(), classifier, certificate.Params{}, 0, certificate.Image{}, nil)
	require.ErrorContains(t, err, "sigma is 0")
	_, err = Certify(cancelled(), classifier, p, 0, certificate.Image{}, nil)
	require.ErrorIs(t, err, context.Canceled)
	p.Sound = true
	_, err = Certify(t.Context(), plain{classifier}, p, 0, certificate.Image{}, nil)
	require.ErrorContains(t, err, "integer noise")
}
