// Package listhash computes the SHA-256 of a list of numbers and texts so that no
// two lists are the same bytes: a number is eight bytes, the lowest first, and a
// text stands after its length in bytes, which is a number. Digests of data sets
// and checkpoints, the keys of derived noise and commitments are made with it, so
// its bytes never change.
package listhash

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
)

// Hash is a SHA-256 under way. What its Write is given enters as it is.
type Hash struct{ hash.Hash }

// New returns the hash of the empty list.
func New() Hash { return Hash{sha256.New()} }

// Number adds a number.
func (h Hash) Number(n int) { h.Write(binary.LittleEndian.AppendUint64(nil, uint64(n))) }

// Text adds a text.
func (h Hash) Text(s string) {
	h.Number(len(s))
	io.WriteString(h, s)
}

// Hex returns the digest of the list so far in hexadecimal.
func (h Hash) Hex() string { return hex.EncodeToString(h.Sum(nil)) }
