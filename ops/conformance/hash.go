package conformance

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"

	"github.com/godmae/godmae/ops"
)

// Hash is the digest of all outputs of an operation's cases.
type Hash struct{ Op, SHA256 string }

// Hashes runs every operation of ops.All on a float32 backend and returns the
// hash of its outputs, as little-endian float32 with every NaN written as
// 0x7FC00000, in the order of ops.All.
func Hashes(t testing.TB, b ops.Backend) []Hash {
	t.Helper()
	var r []Hash
	for _, op := range ops.All {
		h := sha256.New()
		for _, c := range op.Cases() {
			scope := b.Mark()
			in, initial := c.Draw(op)
			for _, out := range run(t, b, op, &c.At, in, initial) {
				buf := make([]byte, 0, 4*len(out))
				for _, v := range out {
					u := math.Float32bits(float32(v))
					if v != v {
						u = 0x7FC00000
					}
					buf = binary.LittleEndian.AppendUint32(buf, u)
				}
				h.Write(buf)
			}
			b.Release(scope)
		}
		r = append(r, Hash{op.Name, hex.EncodeToString(h.Sum(nil))})
	}
	return r
}
