package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFiguresHaveThreeDigits(t *testing.T) {
	for want, x := range map[string]float64{
		"4.31": 4.3149, "10.0": 9.996, "43.1": 43.149, "431": 431.49, "4315": 4314.9, "0.0431": 0.043149, "1.00": 1, "0.00": 0, "+Inf": math.Inf(1),
	} {
		require.Equal(t, want, figure(x))
	}
}
