package main

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/internal/outfile"
	"github.com/godmae/godmae/internal/printable"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/analyze"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
)

// Settings of the quickstart without a flag.
const (
	quickstartModel   = "dmae_vit_tiny_patch4_28"
	quickstartSigma   = "0.25"
	quickstartNoise   = "exact integer noise on 8-bit pixels"
	quickstartAlpha   = "0.001"
	quickstartBatch   = 128
	quickstartLabels  = 100 // labelled images of each class
	quickstartSamples = 100 // n0
)

type quickstartCmd struct {
	computeFlags
	Out            string `help:"Folder for checkpoints, certificates and pictures." default:"dmae-quickstart" placeholder:"DIR"`
	Resume         string `help:"auto: continue an earlier quickstart with the same flags." enum:"auto," default:"" placeholder:"auto"`
	Seed           uint64 `help:"Seed of all random numbers." default:"0" placeholder:"N"`
	Unlabelled     int    `help:"Images to pre-train on, without labels; at most 10,000." default:"10000" placeholder:"N"`
	EpochsPretrain int    `help:"Epochs of pre-training." default:"8" placeholder:"N"`
	EpochsFinetune int    `help:"Epochs of fine-tuning on 1,000 images with labels." default:"60" placeholder:"N"`
	Images         int    `help:"Test images to certify." default:"200" placeholder:"N"`
	N              int    `name:"n" help:"Noisy samples that estimate the probability of each image's class." default:"500" placeholder:"N"`
	JSON           bool   `name:"json" help:"Print a JSON object."`
}

func (quickstartCmd) Help() string {
	return "Pre-trains a denoising masked autoencoder on embedded Fashion-MNIST images and fine-tunes its encoder under noise of sigma 0.25 (pixels scaled to [0,1]). For comparison, the same network is trained from scratch under that noise. Both are certified with exact integer noise of that sigma on 8-bit pixels and compared.\n\nExample: dmae quickstart --out dmae-quickstart"
}

// quickstart is the state of a run.
type quickstart struct {
	*quickstartCmd
	env   *env
	b     ops.Backend
	train data.Dataset
	few   data.Dataset // the labelled ones
	test  data.Dataset
}

// Run runs all stages.
func (c *quickstartCmd) Run(e *env) error {
	start := time.Now()
	if c.EpochsPretrain < 1 || c.EpochsFinetune < 1 || c.Images < 1 || c.N < 1 {
		return misused("--epochs-pretrain %d, --epochs-finetune %d, --images %d and --n %d must be at least 1", c.EpochsPretrain, c.EpochsFinetune, c.Images, c.N)
	}
	if c.Unlabelled < quickstartBatch {
		return misused("--unlabelled %d cannot be used: give at least %d, one batch", c.Unlabelled, quickstartBatch)
	}
	folder, err := outfile.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer folder.Release()
	b, err := c.backend()
	if err != nil {
		return err
	}
	defer b.Close()
	q := quickstart{quickstartCmd: c, env: e, b: b}
	if err := q.open(); err != nil {
		return err
	}
	encoder, err := q.pretrain()
	if err != nil {
		return err
	}
	if err := q.picture(encoder); err != nil {
		return err
	}
	var runs []analyze.Run
	for _, r := range []struct{ name, folder, encoder, certificate string }{
		{"dmae", "finetune", encoder, "certify"},
		{"scratch", "scratch", "", "certify-scratch"},
	} {
		model, err := q.finetune(r.folder, r.encoder)
		if err != nil {
			return err
		}
		run, err := q.certify(r.name, model, r.certificate)
		if err != nil {
			return err
		}
		runs = append(runs, run)
	}
	if err := analyze.WriteCurve(q.path("curve.png"), analyze.Curve{
		Title: "Fashion-MNIST, integer noise of sigma " + quickstartSigma, Runs: runs, Confidence: decimal.Must("0.95"),
	}); err != nil {
		return err
	}
	return q.report(runs, time.Since(start).Seconds())
}

func (q *quickstart) path(name string) string { return filepath.Join(q.Out, name) }

// open loads the embedded images.
func (q *quickstart) open() (err error) {
	if q.train, err = data.Open(data.FashionMNIST, data.Options{Split: data.Train, Channels: 1}); err != nil {
		return err
	}
	if q.few, err = data.Balanced(q.train, quickstartLabels); err != nil {
		return err
	}
	q.train = data.First(q.train, q.Unlabelled)
	q.test, err = data.Open(data.FashionMNIST, data.Options{Split: data.Test, Channels: 1})
	return err
}

// run trains one stage with its progress shown.
func (q *quickstart) run(title string, stage func(train.Options) (*train.Result, error), o train.Options) (string, error) {
	o.Backend = q.b
	o.Resume, o.Overwrite = q.Resume, q.Resume == ""
	o.SaveEpochs = 10
	report, done := trainingProgress(q.env, title)
	o.Progress = report
	result, err := stage(o)
	done()
	if err != nil {
		return "", err
	}
	return result.Checkpoint, nil
}

func (q *quickstart) pretrain() (string, error) {
	model, err := dmae.Preset(quickstartModel)
	if err != nil {
		return "", err
	}
	recipe := train.PretrainRecipe(quickstartBatch)
	recipe.Seed, recipe.Epochs, recipe.WarmupEpochs, recipe.LR = q.Seed, q.EpochsPretrain, min(1, float64(q.EpochsPretrain)), 1.5e-3
	return q.run(fmt.Sprintf("pre-train on %d images without labels", q.train.Len()), func(o train.Options) (*train.Result, error) { return train.Pretrain(q.env.ctx, o) },
		train.Options{Model: model, Recipe: recipe, Train: q.train, Out: q.path("pretrain")})
}

// finetune trains a classifier, from an encoder or, when it is "", from
// scratch, and returns its checkpoint.
func (q *quickstart) finetune(folder, encoder string) (string, error) {
	model, err := dmae.Preset(quickstartModel)
	if err != nil {
		return "", err
	}
	model.Classes, model.ClassNames = len(q.few.Classes()), q.few.Classes()
	recipe := train.FinetuneRecipe(quickstartBatch)
	recipe.Seed, recipe.Epochs, recipe.LR = q.Seed, q.EpochsFinetune, 1e-3
	recipe.WarmupEpochs, recipe.LayerDecay, recipe.Smoothing = min(5, float64(q.EpochsFinetune)), 1, 0.1
	title := "fine-tune the encoder on 1,000 labelled images"
	if encoder == "" {
		title = "train the same network from scratch on them"
	}
	return q.run(title, func(o train.Options) (*train.Result, error) { return train.Finetune(q.env.ctx, o) },
		train.Options{Model: model, Recipe: recipe, Train: q.few, Test: data.First(q.test, q.Images), Encoder: encoder, Out: q.path(folder)})
}

// certify certifies the first test images and returns the outcome.
func (q *quickstart) certify(name, checkpoint, out string) (analyze.Run, error) {
	model, err := dmae.LoadClassifier(q.b, checkpoint)
	if err != nil {
		return analyze.Run{}, err
	}
	defer model.Params.Free()
	files := certificate.FilesFor(q.path(out))
	if q.Resume == "" {
		if err := smooth.Discard(files); err != nil {
			return analyze.Run{}, err
		}
	}
	show := shown{env: q.env, title: "certify " + name}
	defer show.close()
	certification, err := certify.New(model, q.test, certificate.Params{
		Plan: bound.Plan{Sigma: decimal.Must(quickstartSigma), Alpha: decimal.Must(quickstartAlpha), N0: quickstartSamples, N: q.N}, Sound: true, Derived: &certificate.Derivation{},
	}, certify.Options{Max: q.Images, Batch: quickstartBatch, Progress: show.update, Note: q.env.note})
	if err != nil {
		return analyze.Run{}, err
	}
	if _, err := certification.Run(q.env.ctx, files.Certificate); err != nil {
		return analyze.Run{}, err
	}
	run, err := analyze.ReadFile(files.Certificate)
	run.Name = name
	return run, err
}

// picture draws originals, corrupted images and reconstructions.
func (q *quickstart) picture(encoder string) error {
	model, err := dmae.LoadAutoencoder(q.b, encoder)
	if err != nil {
		return err
	}
	defer model.Params.Free()
	return reconstruction{model: model, images: q.test, leftOut: data.NewLeftOut(q.test, 0, q.env.note), count: 8, sigma: model.Config.Sigma, seed: q.Seed}.write(q.path("reconstruct.png"))
}

// quickstartRadii are the radii of the comparison.
var quickstartRadii = []decimal.Decimal{decimal.Must("0"), decimal.Must("0.25"), decimal.Must("0.5")}

// report prints the table of the comparison.
func (q *quickstart) report(runs []analyze.Run, seconds float64) error {
	table, err := analyze.NewTable(runs, quickstartRadii)
	if err != nil {
		return err
	}
	if q.JSON {
		return printJSON(q.env.stdout, quickstartResult(q, table, seconds))
	}
	w := q.env.stdout
	fmt.Fprintf(w, "\nCertified accuracy on %d test images of Fashion-MNIST, %s, sigma %s, method cohen, n0 = %d, n = %d, alpha = %s:\n\n", table.Runs[0].Images, quickstartNoise, quickstartSigma, quickstartSamples, q.N, quickstartAlpha)
	if err := table.Text(w, analyze.Style{Places: 3, Errors: true}); err != nil {
		return err
	}
	return spell(w, table, q.Out, seconds)
}

// spell explains the table in three sentences, and names the files.
func spell(w io.Writer, t analyze.Table, out string, seconds float64) error {
	at := func(run, radius int) float64 { return 100 * t.Runs[run].Accuracy[radius].Mean }
	_, err := fmt.Fprintf(w, `
For %.1f%% of the images the answer of the smoothed classifier with the pre-trained encoder is right and provably does not change under any change of the pixels (scaled to [0,1]) of L2 norm below 0.25. For the same network, trained from scratch with the same labels and budget, this share is %.1f%%. Each of these guarantees is false with probability at most %s, and the numbers after ± are standard errors over the choice of images.

It took %.0f seconds; checkpoints, certify.tsv, reconstruct.png and curve.png are in %s
`, at(0, 1), at(1, 1), quickstartAlpha, seconds, printable.Text(out))
	return err
}

// quickstartJSON is the result for programs.
type quickstartJSON struct {
	Seconds        float64                       `json:"seconds"`
	Seed           uint64                        `json:"seed"`
	Images         int                           `json:"images"`
	Noise          string                        `json:"noise"`
	Sigma          string                        `json:"sigma"`
	Alpha          string                        `json:"alpha"`
	N0             int                           `json:"n0"`
	N              int                           `json:"n"`
	Certified      map[string]map[string]float64 `json:"certified"`
	StandardErrors map[string]map[string]float64 `json:"standard_errors"`
	Out            string                        `json:"out"`
}

func quickstartResult(q *quickstart, t analyze.Table, seconds float64) quickstartJSON {
	r := quickstartJSON{
		Seconds: seconds, Seed: q.Seed, Images: t.Runs[0].Images, Noise: quickstartNoise, Sigma: quickstartSigma, Alpha: quickstartAlpha, N0: quickstartSamples, N: q.N, Out: q.Out,
		Certified: map[string]map[string]float64{}, StandardErrors: map[string]map[string]float64{},
	}
	for _, run := range t.Runs {
		mean, deviation := map[string]float64{}, map[string]float64{}
		for i, radius := range t.Radii {
			mean[radius.String()], deviation[radius.String()] = run.Accuracy[i].Mean, run.Accuracy[i].StandardError
		}
		r.Certified[run.Name], r.StandardErrors[run.Name] = mean, deviation
	}
	return r
}
