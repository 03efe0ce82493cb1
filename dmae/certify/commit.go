package certify

import (
	"context"

	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

// Promise is a commitment to model, parameters and images of a certification.
type Promise struct {
	Header     certificate.Header // of the future certificate, without the value of its beacon
	Commitment certificate.Digest
	LeftOut    int // images that cannot be decoded
}

// Commit reads all images, classifies none, and returns the digest of model,
// parameters and pixels, to be published before the round of the beacon from
// which the noise is derived. Options.Progress gets the number of images only.
func (c *Certification) Commit(ctx context.Context) (Promise, error) {
	var p Promise
	if err := withoutBeacon(c.params).Check(); err != nil {
		return p, err
	}
	subject, err := c.Subject()
	if err != nil {
		return p, err
	}
	p.Header = certificate.NewHeader(c.params, c.model.Classes(), subject)
	p.Header.Shard = c.o.Shard
	commitment, err := certificate.NewCommitment(p.Header)
	if err != nil {
		return p, err
	}
	leaving, done := smooth.Leaving{Limit: c.o.MaxLeftOut, Note: c.o.Note}, 0
	for i := range subject.Images.All() {
		if err := ctx.Err(); err != nil {
			return p, err
		}
		img, err := c.Describe(i)
		if err := commitment.Add(img, err); err != nil {
			return p, err
		}
		if err := leaving.Add(i, err); err != nil {
			return p, err
		}
		done++
		if c.o.Progress != nil {
			c.o.Progress(smooth.Progress{Images: done, Total: subject.Images.Len()})
		}
	}
	p.Commitment, p.LeftOut = commitment.Digest(), leaving.Count
	return p, nil
}

// withoutBeacon returns parameters as they can be checked before the round of
// their beacon, whose value is not known yet.
func withoutBeacon(p certificate.Params) certificate.Params {
	if p.Derived != nil {
		p.Derived = &certificate.Derivation{Model: p.Derived.Model}
	}
	return p
}
