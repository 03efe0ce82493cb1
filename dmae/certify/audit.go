package certify

import (
	"context"
	"fmt"
	"io"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/smooth/audit"
	"github.com/godmae/godmae/smooth/certificate"
)

// Audit checks a certificate, which may be a pipe, against a model and images. o
// has the depth; its Subject, Classifier and Describe are filled in here. The
// images are preprocessed as the certificate states unless how.Preprocess is set;
// of how only Preprocess, Batch and Note are used. The depth audit.Arithmetic needs
// neither model nor images: see audit.Run.
func Audit(ctx context.Context, file io.Reader, m Model, images data.Dataset, how Options, o audit.Options) (audit.Report, error) {
	whole, header, err := certificate.Peek(file)
	if err != nil {
		return audit.Report{Depth: o.Depth}, err
	}
	c, err := ForHeader(header, m, images, how)
	if err != nil {
		return audit.Report{Depth: o.Depth}, err
	}
	if o.Subject, err = c.Subject(); err != nil {
		return audit.Report{Depth: o.Depth}, err
	}
	o.Classifier, o.Describe = c.classifier, c.Describe
	return audit.Run(ctx, whole, o)
}

// ForHeader is New with the parameters of a certificate, and with its
// preprocessing unless o.Preprocess is set.
func ForHeader(h certificate.Header, m Model, images data.Dataset, o Options) (*Certification, error) {
	p := h.Params()
	if o.Preprocess == "" || o.Preprocess == data.PreprocessAuto {
		o.Preprocess = data.NewInput(m.Input()).Recognise(h.Preprocessing, images, p.Sound)
	}
	return New(m, images, p, o)
}

// Holds returns an error unless the model, the preprocessing and the pixels of
// the image in a certificate's line are the same here.
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
		return fmt.Errorf("image %d of %s has other pixels than the certified image: %s, not %s", rec.Image, here.Data, image.Pixels, rec.Pixels)
	}
	return nil
}
