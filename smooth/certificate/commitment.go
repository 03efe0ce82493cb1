package certificate

import (
	"errors"

	"github.com/godmae/godmae/internal/listhash"
)

// commitTag is the first text in the digest of a commitment.
const commitTag = "godmae-commitment/1"

// Commitment is the digest of all choices of the issuer: the model, all
// parameters, the images with the rule that selects them, and their pixels. If
// it is published before the round of its beacon, nothing can be chosen
// afterwards. It does not depend on the value of the beacon or the name of the
// data, and can be computed from a finished certificate.
type Commitment struct{ hash listhash.Hash }

// NewCommitment starts the commitment of a header.
func NewCommitment(h Header) (*Commitment, error) {
	if h.Shard != nil {
		return nil, errors.New("a shard has only a part of the images, and a commitment needs all of them")
	}
	h.Data, h.Beacon = "", h.Beacon.withoutValue()
	line, err := encodeLine(h)
	c := &Commitment{listhash.New()}
	c.hash.Text(commitTag)
	c.hash.Text(string(line))
	return c, err
}

// Add adds the next image with the result of describing it: the digest of its
// pixels, or an *UndecodableError. Other errors are returned.
func (c *Commitment) Add(img Image, err error) error {
	if errors.As(err, new(*UndecodableError)) {
		c.hash.Text(Undecodable)
		return nil
	}
	c.hash.Text(img.Pixels.String())
	return err
}

// AddLine adds the next image from its line in a certificate.
func (c *Commitment) AddLine(l Line) {
	if l.LeftOut != nil {
		c.hash.Text(Undecodable)
		return
	}
	c.hash.Text(l.Record.Pixels.String())
}

// Digest returns the commitment to the images so far: the SHA-256 of texts, each
// after its length as in Derivation.Key. The texts are the tag
// "godmae-commitment/1", the header line with an empty name of the data and a
// beacon without value, and for each image the digest of its pixels in
// hexadecimal, or "undecodable".
func (c *Commitment) Digest() (d Digest) {
	c.hash.Sum(d[:0])
	return d
}
