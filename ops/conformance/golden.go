package conformance

import (
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/ops"
)

// committed are the hashes of the contract [ops.Contract], one per line: the
// hash, a space, and the operation's name in [Hashes].
//
//go:embed testdata/f32-1.txt
var committed string

// contract compares the hashes of a backend with those of the contract, if the
// backend's contract is [ops.Contract].
func contract(t *testing.T, b ops.Backend) {
	want := map[string]string{}
	for line := range strings.Lines(committed) {
		hash, op, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		want[op] = hash
	}
	for _, h := range Hashes(t, b) {
		require.Contains(t, want, h.Op, "testdata/f32-1.txt has no hash of %s; if it is new, run: go test ./ops/cpu -run TestGolden -update", h.Op)
		require.Equal(t, want[h.Op], h.SHA256, "the bits of %s are not those of the contract %s", h.Op, ops.Contract)
		delete(want, h.Op)
	}
	for _, name := range ops.Lacking(b) {
		for op := range want {
			if op == name || strings.HasPrefix(op, name+"/") {
				delete(want, op)
			}
		}
	}
	require.Empty(t, want, "the contract has hashes without an operation")
}

// Text returns hashes in the format of the committed file.
func Text(hashes []Hash) string {
	var s strings.Builder
	for _, h := range hashes {
		fmt.Fprintf(&s, "%s %s\n", h.SHA256, h.Op)
	}
	return s.String()
}

// Hash is the digest of all outputs of an operation's cases.
type Hash struct{ Op, SHA256 string }

// Hashes runs the operations of ops.All that a float32 backend has and returns the
// hashes of their outputs, in the order of ops.All. Floats are hashed as
// little-endian float32 with every NaN as 0x7FC00000, integers as little-endian
// int32. Cases with their own hash ([ops.Case].Apart) follow their operation as
// "op/case".
func Hashes(t testing.TB, b ops.Backend) []Hash {
	t.Helper()
	var r []Hash
	for _, op := range ops.All {
		if !b.Has(op) {
			continue
		}
		all, apart := sha256.New(), []Hash(nil)
		for _, c := range op.Cases() {
			h := all
			if c.Apart {
				h = sha256.New()
			}
			scope := b.Mark()
			in, initial := c.Draw(op)
			for i, out := range run(t, b, op, &c.At, in, initial) {
				buf := make([]byte, 0, 4*len(out))
				for _, v := range out {
					u := math.Float32bits(float32(v))
					switch {
					case op.Out[i].Kind != ops.Float:
						u = uint32(int32(v))
					case v != v:
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
