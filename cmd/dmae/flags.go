package main

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/ops/cpu"
	_ "github.com/godmae/godmae/ops/ref" // --backend ref
	_ "github.com/godmae/godmae/vulkan"  // --backend vulkan
)

// computeFlags choose the backend and its threads.
type computeFlags struct {
	Threads   int    `help:"Worker threads; 0 for all processors. The result does not depend on it." default:"0" placeholder:"N"`
	Backend   string `help:"Backend: ${backends}." default:"${backend}" placeholder:"NAME"`
	Device    string `help:"Device that computes, a part of its name in \"dmae devices\"; for --backend vulkan (default: the first graphics card)." placeholder:"NAME"`
	Precision string `help:"Arithmetic: f32 on cpu, the same bits on every machine, and on vulkan; f64 on ref (default: the backend's own)." placeholder:"NAME"`
}

// backend starts the backend; the caller closes it.
func (f *computeFlags) backend() (ops.Backend, error) {
	if f.Threads < 0 {
		return nil, misused("--threads %d cannot be used: give the number of worker threads, or 0 for all processors", f.Threads)
	}
	if !slices.Contains(backendNames(), f.Backend) {
		return nil, misused("--backend %s cannot be used: this program has %s", f.Backend, strings.Join(backendNames(), ", "))
	}
	if f.Device != "" && !slices.ContainsFunc(ops.Backends(), func(k ops.BackendKind) bool { return k.Name == f.Backend && k.Devices }) {
		return nil, misused("--device %s cannot be used: the backend %s has no devices to choose from", f.Device, f.Backend)
	}
	b, err := ops.Open(f.Backend, ops.OpenOptions{Threads: f.Threads, Device: f.Device})
	if err != nil {
		return nil, err
	}
	if own := b.Identity().Precision; f.Precision != "" && f.Precision != own {
		b.Close()
		return nil, misused("--precision %s cannot be used: the backend %s computes in %s", f.Precision, f.Backend, own)
	}
	if lacks := ops.Lacking(b); len(lacks) > 0 {
		b.Close()
		return nil, fmt.Errorf("the backend %s lacks %d of %d operations (%s): models cannot be computed on it; use another one", f.Backend, len(lacks), len(ops.All), strings.Join(lacks, ", "))
	}
	return b, nil
}

// threads returns the requested number of threads.
func (f *computeFlags) threads() int {
	if f.Threads > 0 {
		return f.Threads
	}
	return runtime.GOMAXPROCS(0)
}

// backendNames returns the names of the backends of this program.
func backendNames() (names []string) {
	for _, k := range ops.Backends() {
		names = append(names, k.Name)
	}
	return names
}

// backendHelp describes each of them.
func backendHelp() string {
	var texts []string
	for _, k := range ops.Backends() {
		texts = append(texts, k.Name+", "+k.Help)
	}
	return strings.Join(texts, "; ")
}

// flagDefaults are defaults from other packages, and help texts that several
// flags share.
var flagDefaults = kong.Vars{
	"backend":     cpu.Name,
	"backends":    backendHelp(),
	"max_corrupt": strconv.Itoa(data.DefaultMaxCorrupt),
	"max_pixels":  strconv.Itoa(data.DefaultMaxPixels),
	"max_data":    strconv.Itoa(data.DefaultMaxBytes >> 30),
	"sound_help":  "Add exact integer noise to 8-bit pixels, so that the guarantee holds without rounding errors; --no-sound adds float noise to float pixels, as other certifiers do.",
	"data_help":   "Images: builtin:fashion-mnist, or a folder of IDX files, CIFAR-10 or CIFAR-100 (binary or Python version) or class folders of image files, or a .tar, .tar.gz or .zip of those.",
}

// dataFlags name a data set.
type dataFlags struct {
	Data string `required:"" help:"${data_help}" placeholder:"DATA"`
	splitFlags
}

// open opens one split of the data set.
func (f *dataFlags) open(e *env, split data.Split, channels int) (data.Dataset, error) {
	source, err := f.find(e, f.Data, channels)
	if err != nil {
		return nil, err
	}
	return source.Open(split)
}

// splitFlags say how a data set is divided and how many broken images are
// allowed.
type splitFlags struct {
	ValFraction float64 `help:"Share of the training images held out as the split val." default:"0" placeholder:"SHARE"`
	SplitSeed   uint64  `help:"Seed that chooses the images held out." default:"0" placeholder:"N"`
	MaxCorrupt  int     `help:"Largest number of images that are left out because they are damaged or cannot be read; one more is an error." default:"${max_corrupt}" placeholder:"N"`
	MaxDataGib  float64 `name:"max-data-gib" help:"GiB of memory that an expanded archive, IDX files or CIFAR may take." default:"${max_data}" placeholder:"GIB"`
	pixelFlags
}

// maxDataGib is the largest --max-data-gib, more memory than any machine has.
const maxDataGib = 1 << 20

// find recognises a data set, for a model of the given channels.
func (f *splitFlags) find(e *env, spec string, channels int) (*data.Source, error) {
	if !(f.ValFraction >= 0 && f.ValFraction < 1) {
		return nil, misused("--val-fraction %v cannot be used: it must be at least 0 and below 1", f.ValFraction)
	}
	if !(f.MaxDataGib > 0 && f.MaxDataGib <= maxDataGib) {
		return nil, misused("--max-data-gib %v cannot be used: it must be above 0 and at most %d", f.MaxDataGib, maxDataGib)
	}
	if err := f.pixelFlags.check(); err != nil {
		return nil, err
	}
	return data.Find(spec, data.Options{
		ValFraction: f.ValFraction, Seed: f.SplitSeed,
		Channels: channels, MaxPixels: f.MaxPixels, MaxBytes: int64(f.MaxDataGib * (1 << 30)), Log: e.note,
	})
}

// corrupt returns --max-corrupt in the form of package data, where 0 means the
// default and a negative number none.
func (f *splitFlags) corrupt() int {
	if f.MaxCorrupt <= 0 {
		return -1
	}
	return f.MaxCorrupt
}

// number is the name and the value of an integer flag.
type number struct {
	flag  string
	value int
}

// atLeast returns an error for the first of the numbers that is less than
// least.
func atLeast(least int, numbers ...number) error {
	for _, n := range numbers {
		if n.value < least {
			return misused("%s %d cannot be used: it must be at least %d", n.flag, n.value, least)
		}
	}
	return nil
}

// maxSigma is the largest standard deviation of a model configuration.
const maxSigma = 10

// checkSigma returns an error for an invalid standard deviation.
func checkSigma(sigma float64) error {
	if !(sigma >= 0 && sigma <= maxSigma) {
		return misused("--sigma %g cannot be used: it must lie between 0 and %d (pixels are in [0,1])", sigma, maxSigma)
	}
	return nil
}

// fit adapts a model's configuration to its images: noise is added at their own
// resolution.
func fit(model dmae.Config, images data.Dataset) (dmae.Config, error) {
	c, h, w := images.Shape()
	if c != model.Channels {
		return model, fmt.Errorf("the images of %s have %d channels and the model %s takes %d; choose another --model", images.Name(), c, model.Name, model.Channels)
	}
	model.DataSize = model.ImageSize
	if h == w && h > 0 && h < model.ImageSize {
		model.DataSize = h
	}
	return model, nil
}

// trainingProgress shows a training run.
func trainingProgress(e *env, title string) (report func(train.Progress), done func()) {
	var p *progress
	var before time.Duration // time spent waiting for images before the clock started
	report = func(t train.Progress) {
		if p == nil {
			p = newProgress(e.stderr, title, "images", t.Steps*t.Batch)
			p.begin((t.Step - 1) * t.Batch)
			before = t.Waited
		}
		note := fmt.Sprintf("epoch %d/%d, loss %.4f, lr %.2e, |g| %.2f", t.Epoch+1, t.Epochs, t.Loss, t.LR, t.GradNorm)
		if elapsed := time.Since(p.start); elapsed > 0 && t.Waited > before {
			note += fmt.Sprintf(", %.0f%% waiting for images", 100*float64(t.Waited-before)/float64(elapsed))
		}
		p.update(t.Step*t.Batch, note)
	}
	return report, func() {
		if p != nil {
			p.close()
		}
	}
}
