package certificate

import (
	"fmt"

	"github.com/godmae/godmae/pixelnoise"
)

// The kinds of noise in a header.
const (
	noiseFloat   = "gaussian-f32" // float32 noise added to float32 pixels
	noiseInteger = "gaussian-u8"  // pixelnoise.Gaussian
)

var noises = []string{noiseFloat, noiseInteger}

// withNoise returns the header with the noise of the parameters.
func (h Header) withNoise(p Params) Header {
	h.Noise, h.Clip = p.NoiseKind(), 0
	if p.Sound {
		h.Clip = pixelnoise.Clip(p.Sigma)
	}
	return h
}

// NoiseKind returns the name of the kind of noise in a header.
func (p Params) NoiseKind() string {
	if p.Sound {
		return noiseInteger
	}
	return noiseFloat
}

// checkClip verifies the recorded k, which follows from sigma.
func (h Header) checkClip() error {
	if want := h.withNoise(h.Params()).Clip; h.Clip != want {
		return fmt.Errorf("noise of the kind %q and sigma %s is clipped with k = %d, not %d", h.Noise, h.Sigma, want, h.Clip)
	}
	return nil
}
