package simd

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/philox"
)

// hashFloats is the SHA-256 of the bits of x, little-endian, with every NaN as
// 0x7FC00000.
func hashFloats(x []float32) string {
	buf := make([]byte, 0, 4*len(x))
	for _, v := range x {
		bits := math.Float32bits(v)
		if v != v {
			bits = 0x7FC00000
		}
		buf = append(buf, byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24))
	}
	sum := sha256.Sum256(buf)
	return hex.EncodeToString(sum[:])
}

// The bits of these results are part of the numerics contract f32/1: a change
// of them changes certificates.
func TestGemmGolden(t *testing.T) {
	eachISA(t, func(t *testing.T) {
		pool := NewPool(3)
		defer pool.Close()
		s := &numbers{addr: philox.Addr{Seed: 5}}
		var all []float32
		for v := range 8 {
			p := s.product(23, 41, 37, v&1 != 0, v&2 != 0, v&4 != 0, 4*v+v%4)
			all = append(all, p.run(pool.Gemm)...)
		}
		require.Equal(t, "5b8900d543d69fe71441656dc44ef6e485d6ff80a95ae8a444811828bb0a9a49", hashFloats(all), "products")

		c := attentionCase{2, 21, 24, 3}
		qkv, dout := s.matrix(c.B*c.T, 3*c.D, 0).view(), s.matrix(c.B*c.T, c.D, 0).view()
		for i := range qkv {
			qkv[i] /= 32
		}
		out, dqkv := make([]float32, len(dout)), make([]float32, len(qkv))
		Attention(pool, out, qkv, c.B, c.T, c.D, c.heads)
		require.Equal(t, "316b8892698b5efedb74d4f1087a8ac4012eaad42458b980759e5ea2b7800d42", hashFloats(out), "attention")
		AttentionGrad(pool, dqkv, dout, qkv, c.B, c.T, c.D, c.heads)
		require.Equal(t, "08680d0a34eb4a8ca1dafa278b0795cc4aa1ccc5f05565edf699cc797dc814a2", hashFloats(dqkv), "gradient of attention")
	})
}
