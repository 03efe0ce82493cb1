package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/certificate"
)

type certifyCmd struct {
	computeFlags
	dataFlags
	modelFlags
	Model string `help:"Checkpoint of a classifier, of godmae or PyTorch." required:"" placeholder:"FILE"`
	Split string `help:"Split of the data: train, val or test." enum:"train,val,test" default:"test"`
	methodFlags
	Accuracy  bool   `name:"accuracy-only" help:"Do not estimate images whose selected class is wrong: sufficient for certified accuracy."`
	Skip      int    `help:"Take every N-th image." default:"1" placeholder:"N"`
	Max       int    `help:"Take at most N images; 0 for all." default:"0" placeholder:"N"`
	BatchSize int    `name:"batch" help:"Noisy images at a time; the result does not depend on it." default:"128" placeholder:"N"`
	Sound     bool   `help:"${sound_help}" default:"true" negatable:""`
	Shard     string `help:"Certify every N-th image of the selection, from the I-th one on, for --merge." placeholder:"I/N"`
	beaconFlags
	mergeFlags
	Out  string `help:"Where to write FILE.jsonl, the certificates, FILE.timing.jsonl and FILE.tsv." required:"" placeholder:"FILE"`
	JSON bool   `name:"json" help:"Print a JSON object."`
}

func (certifyCmd) Help() string {
	return "After an interruption the same command continues the run. Labels do not affect a certificate; they are recorded. The method anytime draws, for each image, only as many samples as it needs to decide the largest radius of a grid; the other methods draw n. The noise of an image is derived from the model and its pixels, so that no seed can be chosen. --commit and --beacon also prove that model, parameters and images were fixed before the noise was known, see docs/certificates.md. With --merge no image is certified: the shards of a certification are merged.\n\nExample: dmae certify --data builtin:fashion-mnist --model runs/finetune/checkpoint.safetensors --sigma 0.25 --n 10000 --max 500 --out runs/certify.jsonl\n\nExample: dmae certify --merge --out runs/all runs/shard-*.jsonl"
}

// Run certifies images.
func (c *certifyCmd) Run(e *env) error {
	if c.Merge {
		return merge(e, c.Out, c.Shards, c.JSON)
	}
	if len(c.Shards) > 0 {
		return misused("%s is a file to merge: give --merge, or name data and model with --data and --model", c.Shards[0])
	}
	if c.Skip < 1 || c.Max < 0 || c.BatchSize < 1 {
		return misused("--skip %d and --batch %d must be at least 1 and --max %d at least 0", c.Skip, c.BatchSize, c.Max)
	}
	if c.Out == "" {
		return misused("--out is empty: name the certificate to write, such as runs/certify.jsonl")
	}
	params, err := c.params()
	if err != nil {
		return err
	}
	params.Sound, params.AccuracyOnly = c.Sound, c.Accuracy
	if _, err := smooth.NewNoise(params.Sigma, 0, params.Sound); err != nil {
		return misuse{err}
	}
	shard, err := c.shard()
	if err != nil {
		return err
	}
	beacon, err := c.beaconFlags.parse(c.Seed)
	if err != nil {
		return err
	}
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	model, images, err := c.classifierFor(e, b, c.Model, &c.dataFlags, data.Split(c.Split))
	if err != nil {
		return err
	}
	var begun certificate.Header
	if beacon == "" { // certificates of earlier versions have none
		begun, _ = certificate.FilesFor(c.Out).Header()
	}
	if err := c.Seed.Apply(&params, begun); err != nil {
		return err
	}
	if got, want := c.Sigma.Float64(), model.Config.Sigma; got != want {
		e.note(fmt.Sprintf("the model was trained with sigma %g and is certified with %g", want, got))
	}
	if err := c.warn(e, params, model.Config.Classes); err != nil {
		return err
	}
	if params.Derived != nil {
		params.Derived.Beacon = beacon
	}
	if early := beacon.Early(time.Now()); early != "" {
		e.note(early + "; an audit will say so")
	}
	title := "certify"
	if c.Commit {
		title = "commit"
	}
	show := shown{env: e, title: title}
	defer show.close()
	certification, err := certify.New(model, images, params, certify.Options{
		Every: c.Skip, Max: c.Max, MaxLeftOut: max(c.MaxCorrupt, 0), Shard: shard,
		Batch: c.BatchSize, Progress: show.update, Note: e.note,
	})
	if err != nil {
		return err
	}
	if c.Commit {
		promise, err := certification.Commit(e.ctx)
		show.close()
		if err != nil {
			return moreCorrupt(err)
		}
		return c.print(e, promise)
	}
	files, err := certification.Run(e.ctx, c.Out)
	show.close()
	if err != nil {
		return moreCorrupt(err)
	}
	return printFiles(e, c.JSON, files)
}

// printFiles prints the names of the files.
func printFiles(e *env, json bool, files certificate.Files) error {
	if json {
		return printJSON(e.stdout, files)
	}
	_, err := fmt.Fprintf(e.stdout, "certificates %s, table %s, times %s\n", printable.Text(files.Certificate), printable.Text(files.TSV), printable.Text(files.Timing))
	return err
}

// shard returns the shard asked for, nil for the whole.
func (c *certifyCmd) shard() (*certificate.Shard, error) {
	if c.Shard == "" {
		return nil, nil
	}
	s, err := certificate.ParseShard(c.Shard)
	if err != nil {
		return nil, misuse{err}
	}
	if c.Seed.Random {
		return nil, misused("--shard %s does not go with --seed random, which would draw another number for each shard: leave --seed out, or give all shards the same", s)
	}
	if c.Commit {
		return nil, misused("--shard %s does not go with --commit, which is to the images of all shards: leave it out", s)
	}
	return &s, nil
}

// shown shows the progress of a certification.
type shown struct {
	*env
	title string
	bar   *progress // nil before the first batch and after close
}

func (s *shown) update(p smooth.Progress) {
	if s.bar == nil {
		s.bar = newProgress(s.stderr, s.title, "images", p.Total)
		s.bar.begin(p.Images)
	}
	note := ""
	if p.Samples > 0 {
		note = fmt.Sprintf("%d samples, %s samples/s", p.Samples, figure(p.Rate))
	}
	s.bar.update(p.Images, note)
}

func (s *shown) close() {
	if s.bar != nil {
		s.bar.close()
		s.bar = nil
	}
}

// moreCorrupt adds to an error the flag for leaving out more images.
func moreCorrupt(err error) error {
	if errors.As(err, new(*smooth.TooManyLeftOutError)) {
		return fmt.Errorf("%w; --max-corrupt leaves out more of them", err)
	}
	return err
}
