package simd

import (
	"math"

	"github.com/godmae/godmae/internal/exact"
	"github.com/godmae/godmae/philox"
)

func wordsGo(dst []uint32, c *counter) {
	ctr := c.ctr
	for at := 0; at < len(dst); at += fillGroup {
		for l := range lanes {
			for w, v := range philox.Block(c.key, ctr) {
				dst[at+w*lanes+l] = v
			}
			ctr[0]++
		}
	}
}

func uniformGo(dst []float32, c *counter) {
	eachBlock(len(dst), c, func(at int, u [4]float32) {
		for w := range u {
			dst[at+lanes*w] = u[w]
		}
	})
}

func gaussianGo(dst []float32, c *counter) {
	eachBlock(len(dst), c, func(at int, u [4]float32) {
		dst[at], dst[at+lanes] = boxMuller(u[0], u[1])
		dst[at+2*lanes], dst[at+3*lanes] = boxMuller(u[2], u[3])
	})
}

func addGaussianGo(dst, x []float32, sigma float32, c *counter) {
	eachBlock(len(dst), c, func(at int, u [4]float32) {
		var g [4]float32
		g[0], g[1] = boxMuller(u[0], u[1])
		g[2], g[3] = boxMuller(u[2], u[3])
		for w := range g {
			dst[at+lanes*w] = exact.FMA32(sigma, g[w], x[at+lanes*w])
		}
	})
}

// boxMuller transforms two uniforms to two independent standard normal numbers.
func boxMuller(u, v float32) (c, s float32) {
	r := float32(math.Sqrt(float64(-2 * exact.LogOpen32(u))))
	s, c = exact.SinCos2Pi32(v)
	return r * c, r * s
}

// eachBlock calls f with the uniforms of each Philox block of n elements and
// the index of the first of its four elements. n is a multiple of 64.
func eachBlock(n int, c *counter, f func(at int, u [4]float32)) {
	ctr := c.ctr
	for q := range n / fillGroup {
		for l := range lanes {
			words := philox.Block(c.key, ctr)
			ctr[0]++
			f(q*fillGroup+l, [4]float32{
				philox.Uniform(words[0]), philox.Uniform(words[1]),
				philox.Uniform(words[2]), philox.Uniform(words[3]),
			})
		}
	}
}
