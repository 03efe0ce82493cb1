package smooth

import (
	"errors"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/pixelnoise"
	"github.com/godmae/godmae/smooth/certificate"
)

// Noise describes independent Gaussian noise on every pixel value.
type Noise struct {
	// Sigma is the standard deviation of float32 noise on float32 pixels, in
	// units of pixels scaled to [0,1]. It is not used if Pixels is set.
	Sigma float32

	// Pixels, if set, is the distribution of integer noise on 8-bit pixels,
	// clipped to [-255k, 255(k+1)], k = max(1, floor(6 sigma)). The network input
	// of a noisy pixel z is float32(z/255). A network f of such inputs equals the
	// function u -> f(round(255 u)) of real pixels u, and its samples have the
	// distribution of that function's under real Gaussian noise. So Cohen's
	// theorem applies to it directly.
	Pixels *pixelnoise.Gaussian

	Seed uint64

	// Derived means that a job's Key is used instead of Seed and the image's
	// index.
	Derived bool
}

// Addr returns the address of the random numbers of a job: element e of its
// noise is Sigma times element e of the Gaussian fill of that address, or
// element e of the fill of Pixels.
func (n Noise) Addr(j Job) philox.Addr {
	if n.Derived {
		return philox.Addr{Seed: j.Key, Stream: j.Stream, B: j.Sample}
	}
	return philox.Addr{Seed: n.Seed, Stream: j.Stream, A: uint32(j.Image), B: j.Sample}
}

// NewNoise describes noise with standard deviation sigma, in units of pixels
// scaled to [0,1]: integer noise on 8-bit pixels if sound is set, else float
// noise.
func NewNoise(sigma decimal.Decimal, seed uint64, sound bool) (Noise, error) {
	n := Noise{Sigma: sigma.Float32(), Seed: seed}
	if !sound {
		return n, nil
	}
	var err error
	n.Pixels, err = pixelnoise.New(sigma)
	return n, err
}

// NoiseOf describes the noise of the samples of a certification.
func NoiseOf(p certificate.Params) (Noise, error) {
	n, err := NewNoise(p.Sigma, p.Seed, p.Sound)
	n.Derived = p.Derived != nil
	return n, err
}

// Check refuses integer noise for a classifier that cannot draw it.
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
