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
// 0x7FC00000, in the order of ops.All; the cases that stand apart follow the
// other cases of their operation, as "op/case".
func Hashes(t testing.TB, b ops.Backend) []Hash {
	t.Helper()
	var r []Hash
	for _, op := range ops.All {
		all, apart := sha256.New(), []Hash(nil)
		for _, c := range op.Cases() {
			h := all
			if c.Apart {
				h = sha256.New()
			}
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
			if c.Apart {
				apart = append(apart, Hash{op.Name + "/" + c.Name, hex.EncodeToString(h.Sum(nil))})
			}
		}
		r = append(append(r, Hash{op.Name, hex.EncodeToString(all.Sum(nil))}), apart...)
	}
	return r
}
