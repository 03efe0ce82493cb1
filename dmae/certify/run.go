package certify

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

// Run certifies the images and writes three files: the certificate, its timing and
// its table, named after out (certificate.FilesFor). It creates the folder if it does
// not exist.
//
// A run that was cancelled or killed keeps its finished images in partial files.
// The same run, started again, continues after them and writes the same bytes as
// an uninterrupted run. Started after it has finished, it does nothing.
func (c *Certification) Run(ctx context.Context, out string) (certificate.Files, error) {
	files := certificate.FilesFor(out)
	if err := os.MkdirAll(filepath.Dir(files.Certificate), 0o777); err != nil {
		return files, fmt.Errorf("cannot make the folder for the certificates: %w", err)
	}
	subject, err := c.Subject()
	if err != nil {
		return files, err
	}
	told := ""
	err = smooth.Task{
		Params: c.params, Subject: subject, Shard: c.o.Shard,
		Classifier: c.classifier, Describe: c.Describe, MaxLeftOut: c.o.MaxLeftOut,
		Out: out, Machine: machine(c.model.Backend().Identity()), Note: c.o.Note,
		Progress: func(p smooth.Progress) {
			if text := c.classifier.Unanswered(); text != "" && told == "" {
				told = text // now, and again at the end, which may be days later
				c.o.Note(text)
			}
			if c.o.Progress != nil {
				c.o.Progress(p)
			}
		},
	}.Run(ctx)
	if text := c.classifier.Unanswered(); text != told {
		c.o.Note(text)
	}
	return files, err
}

// machine describes the machine and the backend of a run, for the timing file.
func machine(id ops.Identity) string {
	return fmt.Sprintf("%s/%s, %s: %s, %s", runtime.GOOS, runtime.GOARCH, id.Name, id.Device, id.Driver)
}
