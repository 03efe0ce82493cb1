// Package listhash computes the SHA-256 of a list of numbers and texts. No two
// lists have the same encoding: a number is eight bytes, little-endian, and a
// text is its length in bytes, as a number, and then its bytes. Digests of data
// sets and checkpoints, keys of derived noise and commitments use it, so the
// encoding never changes.
package listhash

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
)

// Hash is a SHA-256 in progress. Write adds bytes without encoding them.
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
