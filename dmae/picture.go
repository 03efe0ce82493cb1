package dmae

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/tensor"
)

// Layout of a picture, in pixels.
const (
	pictureCell  = 112 // smallest side of an image, which is enlarged by an integer factor
	pictureGap   = 6
	pictureTitle = 20
)

// Picture draws images at the model's input size side by side: the original, the
// encoder's input, and the reconstruction. The encoder's input has noise of
// deviation sigma, in units of pixels in [0,1], and grey hidden patches. pixels are
// images [B, C, h, w] in [0,1] at the data's resolution. Noise and mask of image i
// are drawn from seed with A = i. A reconstruction of normalised patches is shown
// with the mean and deviation of the original's patches, which the model does not
// predict.
func (m *Autoencoder) Picture(pixels []float32, sigma float64, seed uint64) (image.Image, error) {
	c := &m.Config
	if len(pixels) == 0 || len(pixels)%c.Pixels() != 0 {
		return nil, fmt.Errorf("%d values are not images of %d x %d x %d (channels, height, width), the model's input; prepare the data at that size", len(pixels), c.Channels, c.DataSize, c.DataSize)
	}
	images := len(pixels) / c.Pixels()
	original, corrupted, reconstructed, err := m.reconstruct(pixels, sigma, seed)
	if err != nil {
		return nil, err
	}
	zoom := max(1, (pictureCell+c.ImageSize-1)/c.ImageSize)
	cell := zoom*c.ImageSize + pictureGap
	across := 1 + (images-1)/4 // triples per row
	down := (images + across - 1) / across
	img := image.NewRGBA(image.Rect(0, 0, across*(3*cell+pictureGap)+pictureGap, pictureTitle+down*cell+pictureGap))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	for i := range images {
		left := i%across*(3*cell+pictureGap) + pictureGap
		top := pictureTitle + i/across*cell
		for j, source := range [3][]float32{original, corrupted, reconstructed} {
			n := c.Channels * c.ImageSize * c.ImageSize
			c.paint(img, image.Pt(left+j*cell, top), source[i*n:(i+1)*n], zoom)
			if i < across {
				title := [3]string{"original", "corrupted", "reconstructed"}[j]
				pen := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(left+j*cell, 14)}
				pen.DrawString(title)
			}
		}
	}
	return img, nil
}

// reconstruct returns what Picture draws, each [B, C, H, W] in [0,1] at the
// model's input size.
func (m *Autoencoder) reconstruct(pixels []float32, sigma float64, seed uint64) (original, corrupted, reconstructed []float32, err error) {
	c := &m.Config
	b := m.Params.Backend()
	n := len(pixels) / c.Pixels()
	scope := b.Mark()
	defer b.Release(scope)
	t := autograd.NewInference(b)

	indices, as, bs := make([]uint32, n), make([]int32, n), make([]int32, n)
	for i := range n {
		indices[i], as[i] = uint32(i), int32(i)
	}
	ints := func(v []int32, dims ...int) *tensor.Tensor {
		x := b.New(tensor.I32, tensor.Of(dims...))
		b.Upload(x, v)
		return x
	}
	keep, restore := make([]int32, n*(1+c.Visible())), make([]int32, n*c.Patches())
	MaskIDs(seed, 0, indices, c.Patches(), c.MaskRatio, keep, restore)
	clean := b.New(b.Float(), tensor.Of(n, c.Channels, c.DataSize, c.DataSize))
	b.Upload(clean, pixels)
	noisy := Corrupt(t, clean, ints(as, n), ints(bs, n), sigma, philox.Addr{Seed: seed, Stream: philox.EvalNoise})
	pred := m.Reconstruct(t, noisy, ints(keep, n, 1+c.Visible()), ints(restore, n, c.Patches()))

	var failed error // first error of reading back
	fetch := func(x *tensor.Tensor) []float32 {
		v := make([]float32, x.Shape().Elems())
		if err := b.Download(v, x); err != nil && failed == nil {
			failed = err
		}
		return v
	}
	size := [2]int{c.ImageSize, c.ImageSize}
	resized := func(x *tensor.Tensor) []float32 {
		v := t.Const(x)
		if c.DataSize != c.ImageSize {
			v = t.Apply(ops.Resize, ops.Attr{Size: size}, v)
		}
		return fetch(v.Value)
	}
	original, corrupted = resized(clean), resized(noisy)
	c.greyOut(corrupted, restore)

	patches := fetch(pred.Value)
	if c.NormPix {
		target := t.Apply(ops.Patchify, ops.Attr{Patch: c.Patch, Order: ops.RowColumnChannel}, c.Prepare(t, t.Const(clean)))
		c.undoNormPatches(patches, fetch(target.Value))
	}
	back := b.New(b.Float(), pred.Shape())
	b.Upload(back, patches)
	whole := t.Apply(ops.Unpatchify, ops.Attr{Patch: c.Patch, Order: ops.RowColumnChannel, Size: size}, t.Const(back))
	reconstructed = fetch(whole.Value)
	plane := c.ImageSize * c.ImageSize
	for i, v := range reconstructed {
		channel := i / plane % c.Channels
		reconstructed[i] = float32(float64(float64(v)*c.Std[channel]) + c.Mean[channel])
	}
	return original, corrupted, reconstructed, failed
}

// greyOut paints the hidden patches of images [B, C, H, W].
func (c *Config) greyOut(images []float32, restore []int32) {
	l, side := c.Patches(), c.ImageSize
	for i := range images {
		x, y := i%side, i/side%side
		sample := i / (c.Channels * side * side)
		patch := y/c.Patch*c.Grid() + x/c.Patch
		if int(restore[sample*l+patch]) >= c.Visible() {
			images[i] = 0.5
		}
	}
}

// undoNormPatches scales predicted patches [B, L, P] to the mean and deviation
// of the target's.
func (c *Config) undoNormPatches(patches, target []float32) {
	p := c.PatchValues()
	for from := 0; from < len(patches); from += p {
		mean, variance := 0.0, 0.0
		for _, v := range target[from : from+p] {
			mean += float64(v)
		}
		mean /= float64(p)
		for _, v := range target[from : from+p] {
			d := float64(v) - mean
			variance += float64(d * d)
		}
		deviation := math.Sqrt(variance/float64(p-1) + c.NormPixEps)
		for i, v := range patches[from : from+p] {
			patches[from+i] = float32(float64(float64(v)*deviation) + mean)
		}
	}
}

// paint draws an image [C, H, W] at a position, every pixel as a square.
func (c *Config) paint(dst draw.Image, at image.Point, pixels []float32, zoom int) {
	side := c.ImageSize
	plane := side * side
	value := func(channel, i int) uint8 {
		v := pixels[min(channel, c.Channels-1)*plane+i]
		if !(v > 0) { // NaN too
			return 0
		}
		return uint8(float32(min(v, 1)*255) + 0.5)
	}
	for i := range plane {
		corner := at.Add(image.Pt(i%side*zoom, i/side*zoom))
		fill := color.RGBA{value(0, i), value(1, i), value(2, i), 255}
		draw.Draw(dst, image.Rectangle{corner, corner.Add(image.Pt(zoom, zoom))}, image.NewUniform(fill), image.Point{}, draw.Src)
	}
}
