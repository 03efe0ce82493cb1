package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
)

// modelBenchFlags are common to the benchmarks of whole models.
type modelBenchFlags struct {
	computeFlags
	Model     string        `help:"Preset of the model." default:"dmae_vit_tiny_patch4_28" placeholder:"PRESET"`
	BatchSize int           `name:"batch-size" help:"Images at a time." default:"128" placeholder:"N"`
	Time      time.Duration `help:"Time for each measurement." default:"5s" placeholder:"DURATION"`
	JSON      bool          `name:"json" help:"Print a JSON object."`
}

// rate is the speed of a model.
type rate struct {
	Model    string  `json:"model"`
	ISA      string  `json:"isa"`
	Threads  int     `json:"threads"`
	Batch    int     `json:"batch"`
	Pretrain float64 `json:"pretrain_images_per_second,omitempty"`
	Finetune float64 `json:"finetune_images_per_second,omitempty"`
	Samples  float64 `json:"samples_per_second,omitempty"`
}

// config returns the model with ten classes.
func (c *modelBenchFlags) config() (dmae.Config, error) {
	if c.BatchSize < 1 || c.Time <= 0 {
		return dmae.Config{}, misused("--batch-size %d and --time %v must be positive", c.BatchSize, c.Time)
	}
	model, err := dmae.Preset(c.Model)
	if err != nil {
		return model, misuse{err}
	}
	model.Classes = 10
	return model, nil
}

// randomImages returns n labelled images of random pixels: the speed does not
// depend on the content.
func randomImages(c *dmae.Config, n int) (data.Dataset, error) {
	g := philox.NewGen(philox.Addr{Stream: philox.FirstUserStream})
	images, labels, names := make([]data.Image, n), make([]int32, n), make([]string, c.Classes)
	for i := range images {
		images[i] = data.Image{C: c.Channels, H: c.DataSize, W: c.DataSize, Pix: make([]byte, c.Pixels())}
		for j := range images[i].Pix {
			images[i].Pix[j] = byte(g.Uint32())
		}
		labels[i] = int32(i % c.Classes)
	}
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return data.NewMemory("random", names, images, labels)
}

type benchTrainCmd struct{ modelBenchFlags }

func (benchTrainCmd) Help() string { return "Example: dmae bench train --json" }

// Run measures pre-training and fine-tuning steps, data loading included.
func (c *benchTrainCmd) Run(e *env) error {
	model, err := c.config()
	if err != nil {
		return err
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	images, err := randomImages(&model, 4*c.BatchSize)
	if err != nil {
		return err
	}
	r := rate{Model: model.Name, ISA: simd.ISA(), Threads: c.threads(), Batch: c.BatchSize}
	measure := func(recipe train.Recipe, stage func(context.Context, train.Options) (*train.Result, error)) (float64, error) {
		recipe.Epochs = 1 << 20
		return c.steps(e.ctx, stage, train.Options{Backend: b, Model: model, Recipe: recipe, Train: images})
	}
	if r.Pretrain, err = measure(train.PretrainRecipe(c.BatchSize), train.Pretrain); err != nil {
		return err
	}
	if r.Finetune, err = measure(train.FinetuneRecipe(c.BatchSize), train.Finetune); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e.stdout, r)
	}
	_, err = fmt.Fprintf(e.stdout, "%s, %s, %d threads, batch %d: pre-training %s images/s, fine-tuning %s images/s\n", r.Model, r.ISA, r.Threads, r.Batch, figure(r.Pretrain), figure(r.Finetune))
	return err
}

// steps returns the images per second of a training run that is stopped after
// c.Time; its first steps, which allocate, do not count.
func (c *benchTrainCmd) steps(ctx context.Context, stage func(context.Context, train.Options) (*train.Result, error), o train.Options) (float64, error) {
	dir, err := os.MkdirTemp("", "dmae-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	run, stop := context.WithCancel(ctx)
	defer stop()
	const warm = 2
	var from, to time.Time
	steps := 0
	o.Out, o.SaveEpochs = dir, 1<<20
	o.Progress = func(p train.Progress) {
		to = time.Now()
		if p.Step <= warm {
			from = to
			return
		}
		steps++
		if to.Sub(from) >= c.Time {
			stop()
		}
	}
	if _, err := stage(run, o); !errors.Is(err, train.ErrInterrupted) || ctx.Err() != nil {
		return 0, err
	}
	return float64(steps*o.Recipe.Batch) / to.Sub(from).Seconds(), nil
}

type benchCertifyCmd struct {
	modelBenchFlags
	Sound bool `help:"${sound_help}" default:"true" negatable:""`
}

func (benchCertifyCmd) Help() string { return "Example: dmae bench certify --json" }

// Run measures noisy samples per second.
func (c *benchCertifyCmd) Run(e *env) error {
	config, err := c.config()
	if err != nil {
		return err
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	model, err := dmae.NewClassifier(b, config)
	if err != nil {
		return err
	}
	model.InitScratch(0)
	images, err := randomImages(&config, 1)
	if err != nil {
		return err
	}
	image, err := images.Image(0)
	if err != nil {
		return err
	}
	classifier := certify.NewClassifier(model, func(int) ([]byte, error) { return image.Pix, nil }, c.BatchSize)
	jobs, out := make([]smooth.Job, c.BatchSize), make([]int32, c.BatchSize)
	for i := range jobs {
		jobs[i] = smooth.Job{Stream: philox.EstimationNoise, Sample: uint32(i)}
	}
	noise, err := smooth.NewNoise(decimal.Must("0.25"), 0, c.Sound)
	if err != nil {
		return err
	}
	classify := func() error { return classifier.Classify(e.ctx, jobs, noise, out) }
	if err := classify(); err != nil { // allocates
		return err
	}
	from, calls := time.Now(), 0
	for time.Since(from) < c.Time {
		if err := classify(); err != nil {
			return err
		}
		calls++
	}
	r := rate{Model: config.Name, ISA: simd.ISA(), Threads: c.threads(), Batch: c.BatchSize,
		Samples: float64(calls*c.BatchSize) / time.Since(from).Seconds()}
	if c.JSON {
		return printJSON(e.stdout, r)
	}
	_, err = fmt.Fprintf(e.stdout, "%s, %s, %d threads, batch %d: %s samples/s\n", r.Model, r.ISA, r.Threads, r.Batch, figure(r.Samples))
	return err
}
