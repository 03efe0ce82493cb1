package certify

import (
	"errors"
	"fmt"
	"io"

	"github.com/godmae/godmae/smooth/certificate"
)

// FindLine returns the header of a certificate and the line of an image.
func FindLine(file io.Reader, index int) (certificate.Header, certificate.Record, error) {
	d, err := certificate.NewReader(file)
	if err != nil {
		return certificate.Header{}, certificate.Record{}, err
	}
	for {
		line, err := d.NextLine()
		rec := line.Record
		switch {
		case errors.Is(err, io.EOF):
			return d.Header(), rec, fmt.Errorf("there is no line about image %d: it has %d lines, %s", index, d.Header().Images.Len(), between(d.Header().Images))
		case err != nil:
			return d.Header(), rec, err
		case line.LeftOut != nil && line.LeftOut.Image == index:
			return d.Header(), rec, fmt.Errorf("image %d was left out because it cannot be decoded: nothing is certified about it", index)
		case line.LeftOut == nil && rec.Image == index:
			return d.Header(), rec, nil
		}
	}
}

// between names the first and the last image of a set.
func between(images certificate.IndexSet) string {
	first, last := -1, -1
	for i := range images.All() {
		if last = i; first < 0 {
			first = i
		}
	}
	return fmt.Sprintf("from image %d to image %d", first, last)
}

// Holds returns an error unless the model, the preprocessing and the pixels of the
// image of a certificate's line are those at hand.
func (c *Certification) Holds(h certificate.Header, rec certificate.Record) error {
	here, err := c.Subject()
	if err != nil {
		return err
	}
	for _, part := range []struct{ what, here, there string }{
		{"model", here.Model, h.Model},
		{"preprocessing", here.Preprocessing, h.Preprocessing},
		{"numerics contract", here.Contract, h.Contract},
	} {
		if part.here != part.there {
			return fmt.Errorf("the certificate is about the %s %q, but here it is %q; give what was certified", part.what, part.there, part.here)
		}
	}
	if here.Data != h.Data { // the digest of the pixels decides
		c.o.Note(fmt.Sprintf("the certificate names the data %q, which are %q here", h.Data, here.Data))
	}
	image, err := c.Describe(rec.Image)
	if err != nil {
		return err
	}
	if image.Pixels != rec.Pixels {
		return fmt.Errorf("image %d of %s has other pixels than the certificate is about: %s, not %s", rec.Image, here.Data, image.Pixels, rec.Pixels)
	}
	return nil
}
