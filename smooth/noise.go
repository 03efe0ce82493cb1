package smooth

import (
	"errors"
	"fmt"

	"github.com/godmae/godmae/pixelnoise"
)

// PixelNoise is integer Gaussian noise on 8-bit pixels: eta = j with probability
// Phi((2j+1)/(510 sigma)) - Phi((2j-1)/(510 sigma)), drawn without rounding any
// of these numbers, added in integer arithmetic and clipped to
// [-255k, 255(k+1)], k = max(1, floor(6 sigma)). The network input of the sum z
// is float32(z/255).
//
// A network f of such inputs is the same as the function u -> f(round(255 u)) of
// real pixels u, and its samples are distributed as that function's under real
// Gaussian noise. So Cohen's theorem holds for it as it stands.
type PixelNoise = pixelnoise.Gaussian

// NewPixelNoise returns the noise of a level above 0 and at most 10, in units
// of pixels scaled to [0,1].
func NewPixelNoise(sigma Decimal) (*PixelNoise, error) { return pixelnoise.New(sigma) }

// A PixelClassifier is a Classifier that can draw integer noise. It must call
// its base classifier, one fixed function of the network inputs, for the noisy
// 8-bit pixels and nothing else: anything that rounds before the noise is added
// must be done on integers.
type PixelClassifier interface {
	Classifier

	// TakesPixelNoise returns nil when Noise.Pixels is obeyed, or why not.
	TakesPixelNoise() error
}

// The kinds of noise, as a header names them.
const (
	noiseFloat   = "gaussian-f32" // float32 noise added to float32 pixels
	noiseInteger = "gaussian-u8"  // PixelNoise
)

var noises = []string{noiseFloat, noiseInteger}

// withNoise returns a header that names the noise of the parameters.
func (h Header) withNoise(p Params) Header {
	h.Noise, h.Clip = p.NoiseKind(), 0
	if p.Sound {
		h.Clip = pixelnoise.Clip(p.Sigma)
	}
	return h
}

// NoiseKind returns the name of the noise's kind, as a header has it.
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

// NewNoise describes noise of a level, in units of pixels scaled to [0,1]:
// integer noise on 8-bit pixels when it is to be sound, else float noise.
func NewNoise(sigma Decimal, seed uint64, sound bool) (Noise, error) {
	n := Noise{Sigma: sigma.Float32(), Seed: seed}
	if !sound {
		return n, nil
	}
	var err error
	n.Pixels, err = NewPixelNoise(sigma)
	return n, err
}

// Check refuses integer noise for a classifier that would not draw it.
func (n Noise) Check(c Classifier) error {
	if n.Pixels == nil {
		return nil
	}
	p, ok := c.(PixelClassifier)
	if !ok {
		return errors.New("the classifier cannot draw integer noise on 8-bit pixels: certify it with float noise, or make it a smooth.PixelClassifier")
	}
	return p.TakesPixelNoise()
}
