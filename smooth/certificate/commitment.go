package certificate

import (
	"errors"

	"github.com/godmae/godmae/internal/listhash"
)

// commitTag begins what a commitment is the digest of.
const commitTag = "godmae-commitment/1"

// Commitment is the digest of everything that whoever certifies chooses: the
// model, all parameters, the images asked for with the rule that picked them,
// and their pixels. Published before the round of its beacon, it leaves nothing
// to try afterwards. It depends on neither the value of the beacon nor the name
// of the data, and can be computed from a finished certificate.
type Commitment struct{ hash listhash.Hash }

// NewCommitment begins the commitment of a header.
func NewCommitment(h Header) (*Commitment, error) {
	if h.Shard != nil {
		return nil, errors.New("a shard has a part of the images, and a commitment is to all of them")
	}
	h.Data, h.Beacon = "", h.Beacon.withoutValue()
	line, err := encodeLine(h)
	c := &Commitment{listhash.New()}
	c.hash.Text(commitTag)
	c.hash.Text(string(line))
	return c, err
}

// Add takes the next image, as describing it gives: the digest of its pixels, or
// that it cannot be decoded, or an error that has to do with neither.
func (c *Commitment) Add(img Image, err error) error {
	if errors.As(err, new(*UndecodableError)) {
		c.hash.Text(Undecodable)
		return nil
	}
	c.hash.Text(img.Pixels.String())
	return err
}

// AddLine takes the next image from its line in a certificate.
func (c *Commitment) AddLine(l Line) {
	if l.LeftOut != nil {
		c.hash.Text(Undecodable)
		return
	}
	c.hash.Text(l.Record.Pixels.String())
}

// Digest returns the commitment to the images so far: the SHA-256 of texts, each
// after its length as in Derivation.Key: the tag "godmae-commitment/1", the
// header line with an empty name of the data and a beacon without value, and
// for each image the digest of its pixels in hexadecimal, or "undecodable".
func (c *Commitment) Digest() (d Digest) {
	c.hash.Sum(d[:0])
	return d
}
