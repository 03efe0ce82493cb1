package data

import "math"

// Resizing of 8-bit pixels as in PIL (Pillow's Resample.c), with which models
// in Python are trained: bicubic with a = -0.5, with the kernel widened for
// downscaling (antialiasing). Weights have 22 bits of fixed point. The result
// is rounded to 8 bits after the horizontal pass and again after the vertical
// one.

const weightBits = 32 - 8 - 2

// resampler holds the weights of one axis and the pixels between the passes.
// Its memory is reused.
type resampler struct {
	x, y   weights
	middle []byte
}

// weights are those of one axis: output i, counted from the first that is
// needed, sums count[i] input pixels from first[i] on with the weights
// k[i*taps:].
type weights struct {
	taps         int
	first, count []int
	k            []int32
	real         []float64
	sums         []int32
}

// bicubic is Keys' kernel with a = -0.5; float64() keeps products from fusing.
func bicubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64((float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return float64((float64((float64((x-5)*x)+8)*x) - 4) * a)
	}
	return 0
}

// grow returns a slice of length n, using s if it is large enough. Its content
// is not defined.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// set computes the weights for resizing in pixels to out, for n output pixels
// from the given one on.
func (w *weights) set(in, out, from, n int) {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := float64(2 * stretch)
	w.taps = int(math.Ceil(support))*2 + 1
	w.first, w.count = grow(w.first, n), grow(w.count, n)
	w.k, w.real = grow(w.k, n*w.taps), grow(w.real, w.taps)
	for i := range n {
		centre := float64((float64(from+i) + 0.5) * scale)
		first := max(int(centre-support+0.5), 0)
		n := min(int(centre+support+0.5), in) - first
		sum := 0.0
		for j := range n {
			w.real[j] = bicubic(float64((float64(j+first) - centre + 0.5) * (1 / stretch)))
			sum += w.real[j]
		}
		for j, v := range w.real[:n] {
			if sum != 0 {
				v /= sum
			}
			v = float64(v * (1 << weightBits))
			if v < 0 {
				w.k[i*w.taps+j] = int32(v - 0.5)
			} else {
				w.k[i*w.taps+j] = int32(v + 0.5)
			}
		}
		w.first[i], w.count[i] = first, n
	}
}

func clip8(v int32) byte { return byte(min(max(v>>weightBits, 0), 255)) }

// window is a part of an image: h rows from y on, w columns from x on.
type window struct{ y, x, h, w int }

// resize fills dst, [c, v.h, v.w], with the window v of im resized to oh x ow
// pixels. Pixels outside the window are not computed and cost neither time nor
// memory.
func (r *resampler) resize(dst []byte, im Image, oh, ow int, v window) {
	top, rows := v.y, v.h // of im that are needed
	if oh != im.H {
		r.y.set(im.H, oh, v.y, v.h)
		last := v.h - 1
		top = r.y.first[0]
		rows = r.y.first[last] + r.y.count[last] - top
		for i := range r.y.first {
			r.y.first[i] -= top
		}
		r.middle = grow(r.middle, im.C*rows*v.w)
	}
	middle := dst
	if oh != im.H {
		middle = r.middle
	}
	if ow != im.W {
		r.x.set(im.W, ow, v.x, v.w)
	}
	for c := range im.C {
		src, to := im.Pix[(c*im.H+top)*im.W:][:rows*im.W], middle[c*rows*v.w:][:rows*v.w]
		if ow != im.W {
			r.x.rows(to, src, rows, im.W, v.w)
		} else {
			for y := range rows {
				copy(to[y*v.w:(y+1)*v.w], src[y*im.W+v.x:])
			}
		}
		if oh != im.H {
			r.y.columns(dst[c*v.h*v.w:(c+1)*v.h*v.w], to, v.h, v.w)
		}
	}
}

// rows resamples n rows of in pixels to out pixels.
func (w *weights) rows(dst, src []byte, n, in, out int) {
	for y := range n {
		row, to := src[y*in:(y+1)*in], dst[y*out:(y+1)*out]
		for i := range to {
			k := w.k[i*w.taps : i*w.taps+w.count[i]]
			pix := row[w.first[i]:][:len(k)]
			sum := int32(1) << (weightBits - 1)
			for j, v := range pix {
				sum += int32(v) * k[j]
			}
			to[i] = clip8(sum)
		}
	}
}

// columns resamples the columns of a plane with width pixels in a row to out
// rows. It sums whole rows at a time.
func (w *weights) columns(dst, src []byte, out, width int) {
	w.sums = grow(w.sums, width)
	for i := range out {
		sums := w.sums
		for x := range sums {
			sums[x] = 1 << (weightBits - 1)
		}
		for j, k := range w.k[i*w.taps : i*w.taps+w.count[i]] {
			row := src[(w.first[i]+j)*width:]
			row = row[:len(sums)]
			for x, v := range row {
				sums[x] += int32(v) * k
			}
		}
		to := dst[i*width : (i+1)*width]
		for x, v := range sums {
			to[x] = clip8(v)
		}
	}
}
