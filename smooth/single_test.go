package smooth

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Certify gives the line of a Task, for every method.
func TestCertifyGivesTheLineOfATask(t *testing.T) {
	for _, method := range Methods() {
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
	p := Params{Sigma: MustDecimal("0.25"), Alpha: MustDecimal("0.001"), N0: 20, N: 400}
	classifier := newLinear().classifier()
	_, err := Certify(t.Context(), nil, p, 0, Image{}, nil)
	require.ErrorContains(t, err, "no classifier")
	_, err = Certify(t.Context(), classifier, p, -1, Image{}, nil)
	require.ErrorContains(t, err, "image index -1")
	_, err = Certify(t.Context(), classifier, Params{}, 0, Image{}, nil)
	require.ErrorContains(t, err, "sigma is 0")
	_, err = Certify(cancelled(), classifier, p, 0, Image{}, nil)
	require.ErrorIs(t, err, context.Canceled)
	p.Sound = true
	_, err = Certify(t.Context(), plain{classifier}, p, 0, Image{}, nil)
	require.ErrorContains(t, err, "integer noise")
}

// The picture of the evidence crosses the line where the proof does.
func TestLogEvidenceCrossesWithTheProof(t *testing.T) {
	sigma, alpha := MustDecimal("0.25"), MustDecimal("0.001")
	for _, radius := range []string{"0", "0.25", "0.5", "2.5"} {
		p := Params{Method: MethodAnytime, Sigma: sigma, Alpha: alpha, N0: 1, N: 1600, Futility: DefaultFutility(), Radii: Grid([]Decimal{MustDecimal(radius)})}
		rule, evidence := newAnytime(p), LogEvidence(MustDecimal(radius), sigma)
		last := len(p.Radii) - 1
		for look := 1; look <= 100; look += 7 {
			n := look * LookEvery
			for misses := range min(n, 200) {
				value := evidence(n-misses, misses)
				require.False(t, math.IsNaN(value))
				if math.Abs(value-3) > 1e-9 {
					require.Equal(t, rule.claimed(last, look, misses), value > 3, fmt.Sprintf("radius %s, %d of %d", radius, misses, n))
				}
			}
		}
	}
	require.InDelta(t, 0, LogEvidence(Decimal{}, sigma)(0, 0), 1e-12, "it starts at 1")
}
