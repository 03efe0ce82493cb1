package certify

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/smooth/audit"
	"github.com/godmae/godmae/smooth/certificate"
)

// Audit holds a certificate, which may be a pipe, to a model and images: o says
// how deep, and its Subject, Classifier and Describe are filled in here. The images
// are preprocessed as the certificate states unless how.Preprocess says otherwise;
// of how only this and Batch and Note play a part. The depth audit.Arithmetic
// needs neither model nor images: audit.Run.
func Audit(ctx context.Context, file io.Reader, m Model, images data.Dataset, how Options, o audit.Options) (audit.Report, error) {
	whole, header, err := ReadHeader(file)
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

// ForHeader is New for the parameters and the preprocessing that a certificate
// states, the latter unless o.Preprocess says otherwise.
func ForHeader(h certificate.Header, m Model, images data.Dataset, o Options) (*Certification, error) {
	p := h.Params()
	if o.Preprocess == "" || o.Preprocess == data.PreprocessAuto {
		o.Preprocess = data.NewInput(m.Input()).Recognise(h.Preprocessing, images, p.Sound)
	}
	return New(m, images, p, o)
}

// maxHeader is the longest header that is looked into before an audit.
const maxHeader = 64 << 20

// ReadHeader reads the header of a certificate, which says what kind of noise and
// which pixels it is about, and returns a reader of the whole: what was read
// cannot be read again from a pipe. The header is empty if it cannot be read;
// an audit finds out what is wrong with it. The error is that of reading.
func ReadHeader(file io.Reader) (whole io.Reader, h certificate.Header, err error) {
	r, head := bufio.NewReader(file), []byte(nil)
	for len(head) < maxHeader && (len(head) == 0 || head[len(head)-1] != '\n') {
		part, err := r.ReadSlice('\n')
		head = append(head, part...)
		if err == io.EOF {
			break
		}
		if err != nil && err != bufio.ErrBufferFull {
			return nil, h, err
		}
	}
	if d, err := certificate.NewReader(bytes.NewReader(head)); err == nil {
		h = d.Header()
	}
	return io.MultiReader(bytes.NewReader(head), r), h, nil
}
