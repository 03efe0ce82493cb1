package data

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHasVal(t *testing.T) {
	open := func() (Dataset, error) { return nil, nil }
	for _, c := range []struct {
		fraction  float64
		val, test bool
		want      bool
	}{{0, false, true, false}, {0.1, false, true, true}, {0, true, false, false}, {0, true, true, true}, {0.1, true, false, true}} {
		s := Source{o: Options{ValFraction: c.fraction}}
		if c.val {
			s.parts.val = open
		}
		if c.test {
			s.parts.test = open
		}
		require.Equal(t, c.want, s.HasVal(), "%+v", c)
	}
}
