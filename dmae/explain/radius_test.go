package explain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/smooth"
)

// The promise falls to one half, or to what it promises of any other class,
// at the radius that the certifier reports.
func TestPromiseEndsAtTheRadius(t *testing.T) {
	half := smooth.MustDecimal("0.5")
	for _, sigma := range []string{"0.12", "0.25", "1"} {
		s := smooth.MustDecimal(sigma)
		for _, p := range []string{"0.501", "0.9", "0.999999", "0.999999999999"} {
			pA := smooth.MustDecimal(p)
			l := Level{Method: smooth.MethodCohen, Sigma: s, PA: pA, Radius: smooth.CertifiedRadius(pA, s)}
			require.InDelta(t, pA.Float64(), l.promise(0), 1e-9)
			require.InDelta(t, 0.5, l.promise(l.Radius.Float64()), 1e-4)
		}
		// A grid goes to 10 sigma, where pA has no 12 decimals left.
		for _, radius := range []smooth.Decimal{half, s, smooth.MustDecimal(sigma + "e1")} {
			l := Level{Method: smooth.MethodAnytime, Sigma: s, PA: smooth.MustDecimal("0.999999999999"), Radius: radius}
			require.InDelta(t, 0.5, l.promise(radius.Float64()), 1e-8, "%s sigma %s", radius, sigma)
		}
		pA, pB := smooth.MustDecimal("0.45"), smooth.MustDecimal("0.2")
		l := Level{Method: smooth.MethodRunnerUp, Sigma: s, PA: pA, PB: &pB, Radius: smooth.RunnerUpRadius(pA, pB, s)}
		require.InDelta(t, 0.2, l.rival(0), 1e-9)
		require.InDelta(t, l.rival(l.Radius.Float64()), l.promise(l.Radius.Float64()), 1e-4)
		require.Zero(t, l.promise(100*s.Float64()))
		require.Equal(t, 1.0, l.rival(100*s.Float64()))
	}
}
