package explain

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/smooth/bound"
)

// At the certified radius the bound is one half, or equals the bound on the
// other classes.
func TestPromiseEndsAtTheRadius(t *testing.T) {
	half := decimal.Must("0.5")
	for _, sigma := range []string{"0.12", "0.25", "1"} {
		s := decimal.Must(sigma)
		for _, p := range []string{"0.501", "0.9", "0.999999", "0.999999999999"} {
			pA := decimal.Must(p)
			l := Level{Method: bound.MethodCohen, Sigma: s, PA: pA, Radius: bound.Radius(pA, s)}
			require.InDelta(t, pA.Float64(), l.promise(0), 1e-9)
			require.InDelta(t, 0.5, l.promise(l.Radius.Float64()), 1e-4)
		}
		// A grid goes up to 10 sigma, where 12 decimals of pA are 1.
		for _, radius := range []decimal.Decimal{half, s, decimal.Must(sigma + "e1")} {
			l := Level{Method: bound.MethodAnytime, Sigma: s, PA: decimal.Must("0.999999999999"), Radius: radius}
			require.InDelta(t, 0.5, l.promise(radius.Float64()), 1e-8, "%s sigma %s", radius, sigma)
		}
		pA, pB := decimal.Must("0.45"), decimal.Must("0.2")
		l := Level{Method: bound.MethodRunnerUp, Sigma: s, PA: pA, PB: &pB, Radius: bound.RunnerUpRadius(pA, pB, s)}
		require.InDelta(t, 0.2, l.rival(0), 1e-9)
		require.InDelta(t, l.rival(l.Radius.Float64()), l.promise(l.Radius.Float64()), 1e-4)
		require.Zero(t, l.promise(100*s.Float64()))
		require.Equal(t, 1.0, l.rival(100*s.Float64()))
	}
}
