package data

import (
	"fmt"
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

// Mix says how the images of a batch are blended with each other: by mixup
// (Zhang et al. 2018, a weighted sum of two images) or by cutmix (Yun et al.
// 2019, a box of the one pasted into the other). Image i of n is blended with
// image n-1-i. The zero Mix is off.
type Mix struct {
	// Mode is the number of images that share a draw; "" is MixBatch.
	Mode MixMode `json:"mode,omitempty"`

	// Mixup and Cutmix are the alpha of the distribution Beta(alpha, alpha) of
	// the weight of an image; 0 switches one off.
	Mixup  float64 `json:"mixup"`
	Cutmix float64 `json:"cutmix"`

	// Prob is the probability that a draw (see Mode) blends.
	Prob float64 `json:"prob"`

	// Switch is the probability of cutmix for these draws if both are on.
	Switch float64 `json:"switch"`

	// MinMax, if not zero, are bounds for the sides of cutmix's box, as
	// shares of the image's sides, which are then uniform. With the zero
	// value Beta(Cutmix, Cutmix) gives the size.
	MinMax [2]float64 `json:"minmax"`
}

// MixMode is the number of images that share a draw of Mix.
type MixMode string

// The modes, by timm's names.
const (
	MixBatch MixMode = "batch" // one draw for all images of an optimiser step
	MixPair  MixMode = "pair"  // one draw for two partners: both have the same weight, or swap the same box
	MixElem  MixMode = "elem"  // one draw for each image
)

// Each reports whether images of a batch have separate draws.
func (m Mix) Each() bool { return m.Mode == MixPair || m.Mode == MixElem }

// On reports whether any image is blended.
func (m Mix) On() bool { return m.Prob > 0 && (m.Mixup > 0 || m.cutmix()) }

func (m Mix) cutmix() bool { return m.Cutmix > 0 || m.MinMax != [2]float64{} }

// Validate names the first value that cannot be used.
func (m Mix) Validate() error {
	const most = 1e6 // Beta(1e6, 1e6) is 1/2 to three digits
	for _, c := range []struct {
		ok    bool
		name  string
		value any
		use   string
	}{
		{m.Mode == "" || m.Mode == MixBatch || m.Each(), "mixup mode", m.Mode, "batch, pair or elem"},
		{m.Mixup >= 0 && m.Mixup <= most, "mixup", m.Mixup, "0 to switch it off, or an alpha up to 1e6"},
		{m.Cutmix >= 0 && m.Cutmix <= most, "cutmix", m.Cutmix, "0 to switch it off, or an alpha up to 1e6"},
		{m.Prob >= 0 && m.Prob <= 1, "mixup probability", m.Prob, "a number from 0 to 1"},
		{m.Switch >= 0 && m.Switch <= 1, "mixup switch probability", m.Switch, "a number from 0 to 1"},
		{m.MinMax == [2]float64{} || m.MinMax[0] >= 0 && m.MinMax[0] <= m.MinMax[1] && m.MinMax[1] <= 1,
			"cutmix minmax", m.MinMax, "two shares of the side, 0 <= smallest <= largest <= 1"},
	} {
		if !c.ok {
			return fmt.Errorf("%s %v cannot be used: give %s", c.name, c.value, c.use)
		}
	}
	return nil
}

// Blend is the draw for a batch, or for one of its images.
type Blend struct {
	// Lambda is the weight of an image, and 1-Lambda that of its partner. With
	// cutmix it is the share of the area outside the box. 1 means no blending.
	Lambda float64

	// Cutmix means that rows [Y0, Y1) and columns [X0, X1) come from the
	// partner.
	Cutmix         bool
	Y0, Y1, X0, X1 int
}

// MixAddr is the address of the random numbers of a batch: step counts the
// optimiser's steps from 0, and part the separately drawn parts of its
// batch (0 if there is one draw for the batch).
func MixAddr(seed uint64, step uint32, part uint16) philox.Addr {
	return philox.Addr{Seed: seed, Stream: philox.Mixup, Copy: part, B: step}
}

// MixRowAddr is the address of the random numbers of one noisy copy of a sample
// in an optimiser step, if images have separate draws.
func MixRowAddr(seed uint64, step, sample uint32, noisyCopy uint16) philox.Addr {
	return philox.Addr{Seed: seed, Stream: philox.Mixup, Copy: noisyCopy, A: sample, B: step}
}

// Draw draws the blend of a batch of images of h x w pixels.
func (m Mix) Draw(h, w int, a philox.Addr) Blend {
	b := Blend{Lambda: 1}
	g := philox.NewGen(a)
	if !m.On() || g.Float64() >= m.Prob {
		return b
	}
	switch {
	case m.Mixup > 0 && m.cutmix():
		b.Cutmix = g.Float64() < m.Switch
	default:
		b.Cutmix = m.cutmix()
	}
	if !b.Cutmix {
		b.Lambda = beta(g, m.Mixup)
		return b
	}
	if m.MinMax != [2]float64{} {
		b.minMaxBox(h, w, m.MinMax, g)
	} else {
		b.box(h, w, beta(g, m.Cutmix), g.Intn(h), g.Intn(w))
	}
	return b
}

// box sets a box with the share 1-lambda of the area around row cy, column cx,
// clipped at the edges. Lambda becomes the share of the area outside the box.
func (b *Blend) box(h, w int, lambda float64, cy, cx int) {
	side := math.Sqrt(1 - lambda)
	dy, dx := int(float64(float64(h)*side))/2, int(float64(float64(w)*side))/2
	b.Y0, b.Y1 = max(cy-dy, 0), min(cy+dy, h)
	b.X0, b.X1 = max(cx-dx, 0), min(cx+dx, w)
	b.correct(h, w)
}

// minMaxBox draws a box inside the image with sides between two shares.
func (b *Blend) minMaxBox(h, w int, share [2]float64, g *philox.Gen) {
	side := func(n int) (from, to int) {
		lo, hi := int(float64(float64(n)*share[0])), int(float64(float64(n)*share[1]))
		cut := lo + g.Intn(max(hi-lo, 1))
		from = g.Intn(max(n-cut, 1))
		return from, from + cut
	}
	b.Y0, b.Y1 = side(h)
	b.X0, b.X1 = side(w)
	b.correct(h, w)
}

func (b *Blend) correct(h, w int) {
	b.Lambda = 1 - float64((b.Y1-b.Y0)*(b.X1-b.X0))/float64(h*w)
}

// Images writes the blend of n images with their partners, all [n, C, h, w]:
// image i with partner n-1-i. The partners of a whole batch are the batch
// itself. If a batch is processed in parts, the partners of the first part are
// the last part, and so on. dst may be own, but never partners.
func (b Blend) Images(dst, own, partners []float32, n, h, w int) {
	size := len(own) / n
	if len(own) != n*size || len(partners) != len(own) || len(dst) != len(own) || size%(h*w) != 0 {
		panic(fmt.Sprintf("data: blending %d images of %dx%d pixels: %d, %d and %d numbers", n, h, w, len(dst), len(own), len(partners)))
	}
	// Rounded as in PyTorch: both products, then the sum.
	keep, take := float32(b.Lambda), float32(1-b.Lambda)
	for i := range n {
		x, to := own[i*size:(i+1)*size], dst[i*size:(i+1)*size]
		y := partners[(n-1-i)*size : (n-i)*size]
		switch {
		case b.Lambda == 1:
			copy(to, x)
		case b.Cutmix:
			copy(to, x)
			for plane := 0; plane < size; plane += h * w {
				for r := b.Y0; r < b.Y1; r++ {
					at := plane + r*w
					copy(to[at+b.X0:at+b.X1], y[at+b.X0:at+b.X1])
				}
			}
		default:
			for j, v := range x {
				to[j] = float32(v*keep) + float32(y[j]*take)
			}
		}
	}
}

// Targets writes the target distributions [n, K] of blended images: Lambda for
// the own class and 1-Lambda for the partner's, after label smoothing of both.
func (b Blend) Targets(own, partners []int32, classes int, smoothing float64, dst []float32) {
	n := len(own)
	if len(partners) != n || len(dst) != n*classes {
		panic(fmt.Sprintf("data: targets of %d images with %d partners and %d classes in %d numbers", n, len(partners), classes, len(dst)))
	}
	floor := smoothing / float64(classes)
	off, on := float32(floor), float32(1-smoothing+floor)
	keep, take := float32(b.Lambda), float32(1-b.Lambda)
	for i, label := range own {
		other := partners[n-1-i]
		for k := range classes {
			x, y := off, off
			if int32(k) == label {
				x = on
			}
			if int32(k) == other {
				y = on
			}
			dst[i*classes+k] = float32(x*keep) + float32(y*take)
		}
	}
}

// beta draws from Beta(alpha, alpha): below 1 by Jöhnk's rejection (1964), in
// logarithms so that a small alpha cannot underflow, from 1 on by the polar
// method of Ulrich (1984).
func beta(g *philox.Gen, alpha float64) float64 {
	if alpha >= 1 {
		radius := math.Sqrt(1 - exact.Pow(g.Float64(), 2/(float64(2*alpha)-1)))
		return 0.5 + float64(0.5*float64(radius*exact.Cos(float64(2*math.Pi*g.Float64()))))
	}
	for {
		x, y := exact.Log(g.Float64())/alpha, exact.Log(g.Float64())/alpha
		if exact.Exp(x)+exact.Exp(y) > 1 {
			continue
		}
		top := max(x, y)
		x, y = exact.Exp(x-top), exact.Exp(y-top)
		return x / (x + y)
	}
}
