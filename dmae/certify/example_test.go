package certify_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/ops/cpu"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/audit"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Certify images of a data set with a checkpoint, stop, continue, and audit the
// certificate.
func Example() {
	dir, err := os.MkdirTemp("", "certify")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := certifyFashion(saveUntrained(dir), dir); err != nil {
		log.Fatal(err)
	}
	// Output:
	// stopped: true
	// continuing after 1 of 3 images
	// continuing with 36 samples of unfinished images
	// intact: true, 3 images, 660 samples classified again
}

func certifyFashion(path, dir string) error {
	b := cpu.New(cpu.Options{})
	defer b.Close()
	file, err := checkpoint.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	model, err := dmae.Reader{}.ReadClassifier(b, file) // or dmae.LoadClassifier(b, path)
	if err != nil {
		return err
	}
	images, err := data.Open(data.FashionMNIST, data.Options{Split: data.Test, Channels: model.Config.Channels})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	params := certificate.Defaults(bound.MethodCohen)
	params.N0, params.N = 20, 200
	o := certify.Options{
		Every: 500, Max: 3,
		Preprocess: data.ChosenPreprocess(file.Metadata()), // as in training
		Progress: func(p smooth.Progress) {
			if p.Images == 1 {
				stop()
			}
		},
	}
	c, err := certify.New(model, images, params, o)
	if err != nil {
		return err
	}
	files, err := c.Run(ctx, filepath.Join(dir, "certify.jsonl"))
	fmt.Println("stopped:", ctx.Err() != nil && err != nil)

	o.Progress = nil
	o.Note = func(text string) {
		said, _, _ := strings.Cut(text, " in "+dir)
		fmt.Println(said)
	}
	if c, err = certify.New(model, images, params, o); err != nil {
		return err
	}
	if files, err = c.Run(context.Background(), files.Certificate); err != nil {
		return err
	}
	certificate, err := os.Open(files.Certificate)
	if err != nil {
		return err
	}
	defer certificate.Close()
	report, err := certify.Audit(context.Background(), certificate, model, images, certify.Options{}, audit.Options{Depth: audit.Full})
	fmt.Printf("intact: %v, %d images, %d samples classified again\n", report.Intact, report.Images, report.Samples)
	return err
}

// saveUntrained writes a checkpoint with random weights into a folder.
func saveUntrained(dir string) (path string) {
	b := cpu.New(cpu.Options{})
	defer b.Close()
	cfg, err := dmae.Preset("dmae_vit_tiny_patch4_28")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Classes = 10
	model, err := dmae.NewClassifier(b, cfg)
	if err != nil {
		log.Fatal(err)
	}
	model.InitScratch(0)
	path = filepath.Join(dir, "checkpoint.safetensors")
	if err := model.Save(path); err != nil {
		log.Fatal(err)
	}
	return path
}
