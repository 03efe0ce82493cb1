package main

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth/audit"
)

type auditCmd struct {
	computeFlags
	Certificate string `arg:"" help:"Certificate (.jsonl); - for standard input." placeholder:"CERT"`
	Depth       string `help:"arithmetic: from counts to radii, without a model; sample: also classify some blocks again; full: also classify all blocks again." enum:"arithmetic,sample,full" default:"arithmetic"`
	Model       string `help:"Checkpoint of the certified classifier, of godmae or PyTorch, for depths beyond arithmetic." placeholder:"FILE"`
	Data        string `help:"The certified images, for depths beyond arithmetic; as for certify." placeholder:"DATA"`
	Split       string `help:"Split of the data: train, val or test." enum:"train,val,test" default:"test"`
	splitFlags
	modelFlags
	Blocks    int     `help:"Blocks of 1,024 samples that depth sample classifies again." default:"16" placeholder:"N"`
	PickSeed  *uint64 `help:"Seed that chooses those blocks (default: from the operating system)." placeholder:"N"`
	BatchSize int     `name:"batch" help:"Noisy images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	JSON      bool    `name:"json" help:"Print a JSON object."`
}

func (auditCmd) Help() string {
	return "Prints a summary of the certificate: method, noise, sigma, alpha, samples, the source of the seed, the number and selection of images, images left out, and every parameter that is not the default. docs/certificates.md lists what an audit cannot detect. The exit code is 0 if the certificate is intact and 1 if it is not; the first difference is named. The machine, the batch size and the number of threads may differ from those of the certification.\n\nExample: dmae audit runs/certify.jsonl --depth sample --model runs/finetune/checkpoint.safetensors --data builtin:fashion-mnist"
}

// Run audits a certificate.
func (c *auditCmd) Run(e *env) error {
	depth := audit.Depth(c.Depth)
	switch {
	case c.BatchSize < 1 || c.Blocks < 1:
		return misused("--batch %d and --blocks %d must be at least 1", c.BatchSize, c.Blocks)
	case depth != audit.Arithmetic && (c.Model == "" || c.Data == ""):
		return misused("--depth %s needs --model and --data; --depth arithmetic does not", c.Depth)
	case depth == audit.Arithmetic && (c.Model != "" || c.Data != ""):
		return misused("--model and --data are not used at --depth arithmetic: give --depth sample or full")
	case depth == audit.Arithmetic && c.modelFlags.given():
		return misused("flags that describe a checkpoint are not used at --depth arithmetic: give --depth sample or full")
	}
	o := audit.Options{Depth: depth, Blocks: c.Blocks, Now: time.Now()}
	if c.PickSeed != nil {
		o.Seed = *c.PickSeed
	} else {
		var b [8]byte
		rand.Read(b[:]) // never fails
		o.Seed = binary.LittleEndian.Uint64(b[:])
	}
	if strings.HasSuffix(c.Certificate, ".tsv") {
		return misused("%s is a table made from a certificate: audit the certificate itself, the .jsonl beside it", c.Certificate)
	}
	f, name, err := openCertificate(c.Certificate)
	if err != nil {
		return err
	}
	defer f.Close()
	start := time.Now()
	last := start
	o.Progress = func(samples int) {
		if now := time.Now(); now.Sub(last) >= logEvery {
			last = now
			e.note(fmt.Sprintf("audit: %d samples, %s samples/s", samples, figure(float64(samples)/now.Sub(start).Seconds())))
		}
	}
	report, err := c.audit(e, f, name, o)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(e.stdout, report)
	} else {
		err = printReport(e, name, report)
	}
	if err == nil && !report.Intact {
		err = fmt.Errorf("%s is not intact: %s", name, report.Difference)
	}
	return err
}

// printReport prints the outcome as text. The summary of the certificate is
// also printed if it is not intact, but without the line about what was
// checked.
func printReport(e *env, name string, r audit.Report) error {
	for _, note := range r.Notes {
		e.note(note)
	}
	if r.Certificate == nil {
		return nil // not even a header: the error is sufficient
	}
	verdict := "is NOT intact"
	if r.Intact {
		verdict = "is intact"
	}
	text := fmt.Sprintf("%s %s at depth %s: %d images", name, verdict, r.Depth, r.Images)
	if r.Blocks > 0 {
		text += fmt.Sprintf(", %d samples in %d blocks classified again", r.Samples, r.Blocks)
	}
	if r.Intact && r.Depth == audit.Arithmetic {
		text += "\nchecked: the file is complete and every radius follows from its counts; not checked: that the model gives these counts (--depth sample or full)"
	}
	text += "\n" + r.Certificate.Text() + "\n"
	if r.Seed != "" {
		text += "blocks drawn with --pick-seed " + r.Seed + "\n"
	}
	_, err := io.WriteString(e.stdout, text)
	return err
}

// openCertificate opens a certificate, - for standard input; it may be a pipe.
// name is its name for messages, without control characters of a terminal.
func openCertificate(path string) (f io.ReadCloser, name string, err error) {
	if path == "-" {
		return os.Stdin, "standard input", nil
	}
	f, err = openFile("the certificate", path)
	return f, printable.Text(path), err
}

// audit audits the certificate, called name in messages, with the model and the
// images of the flags.
func (c *auditCmd) audit(e *env, file io.Reader, name string, o audit.Options) (audit.Report, error) {
	named := func(r audit.Report, err error) (audit.Report, error) {
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
		return r, err
	}
	if o.Depth == audit.Arithmetic {
		return named(audit.Run(e.ctx, file, o))
	}
	b, err := c.backend()
	if err != nil {
		return audit.Report{}, err
	}
	defer b.Close()
	model, images, err := c.classifierOf(e, b, c.Model, &dataFlags{Data: c.Data, splitFlags: c.splitFlags}, data.Split(c.Split))
	if err != nil {
		return audit.Report{}, err
	}
	return named(certify.Audit(e.ctx, file, model, images, certify.Options{Preprocess: c.Preprocess, Batch: c.BatchSize, Note: e.note}, o))
}
