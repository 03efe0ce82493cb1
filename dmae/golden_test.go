package dmae_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/autograd"
	"github.com/godmae/godmae/decimal"
	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/certify"
	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/philox"
	"github.com/godmae/godmae/simd"
	"github.com/godmae/godmae/smooth"
	"github.com/godmae/godmae/smooth/bound"
	"github.com/godmae/godmae/smooth/certificate"
	"github.com/godmae/godmae/tensor"
)

var update = flag.Bool("update", false, "rewrite testdata/golden.txt from this machine's plain Go results")

//go:embed testdata/golden.txt
var golden string

// TestGolden compares whole models with committed hashes: forward passes,
// gradients, five optimiser steps and a certificate, for every instruction set,
// number of threads and size of a (micro-)batch. A change of one hash is a
// change of the numerics contract.
func TestGolden(t *testing.T) {
	before := simd.ISA()
	t.Cleanup(func() { require.NoError(t, simd.Select(before)) })
	if *update {
		require.NoError(t, simd.Select("go"))
		require.NoError(t, os.WriteFile("testdata/golden.txt", []byte(goldenRun(t, testbackend.Threads(t, 1), 16)), 0o644))
		t.Log("testdata/golden.txt is rewritten; run again without -update")
		return
	}
	threads, batches := []int{1, 2, 7}, []int{1, 3, 16}
	if testing.Short() {
		threads, batches = []int{2}, []int{3}
	}
	for _, isa := range simd.Available() {
		for _, n := range threads {
			for _, batch := range batches {
				t.Run(fmt.Sprintf("%s/threads=%d/batch=%d", isa, n, batch), func(t *testing.T) {
					require.NoError(t, simd.Select(isa))
					require.Equal(t, golden, goldenRun(t, testbackend.Threads(t, n), batch))
				})
			}
		}
	}
}

const goldenImages = 16

// goldenRun returns the hashes of a backend.
func goldenRun(t *testing.T, b ops.Backend, batch int) string {
	testbackend.NeedsContract(t, b)
	cfg := dmae.Config{
		Name: "golden", ImageSize: 12, DataSize: 12, Channels: 3, Patch: 4,
		Width: 32, Depth: 2, Heads: 2, MLPRatio: 4,
		Positions: dmae.Learned, Decoder: dmae.Decoder{Width: 24, Depth: 1, Heads: 2},
		MaskRatio: 0.75, NormPix: true, NormPixEps: 1e-2, Sigma: 0.25,
		Mean: dmae.CIFAR10Mean, Std: dmae.CIFAR10Std, Classes: 5, GlobalPool: true, DropPath: 0.2,
	}
	g := goldenModels{t: t, b: b, cfg: cfg, batch: batch, images: make([]float32, goldenImages*3*12*12)}
	simd.Uniform(g.images, philox.Addr{Seed: 1, Stream: philox.FirstUserStream})

	ae, err := dmae.NewAutoencoder(b, cfg)
	require.NoError(t, err)
	ae.Init(2)
	c, err := dmae.NewClassifier(b, cfg)
	require.NoError(t, err)
	require.NoError(t, c.LoadEncoder(ae, 3))

	g.train("autoencoder", ae.Params, optim.NewAdamW(ae.Params, 0.9, 0.95, optim.Pretrain(0.05)), func(tape *autograd.Tape, in batchInput) (loss, out *autograd.Variable) {
		return ae.Forward(tape, in.clean, in.noisy, in.keep, in.restore)
	})
	g.train("classifier", c.Params, optim.NewAdamW(c.Params, 0.9, 0.999, optim.Finetune(0.05, 0.65, cfg.Depth)), func(tape *autograd.Tape, in batchInput) (loss, out *autograd.Variable) {
		logits := c.TrainLogits(tape, tape.Const(in.noisy), in.drop)
		return tape.Apply(ops.CrossEntropy, ops.Attr{}, logits, tape.Const(in.targets)), logits
	})
	for _, derived := range []bool{false, true} {
		g.certificate(c, false, derived)
		g.certificate(c, true, derived)
	}
	return g.out.String()
}

// goldenModels computes the hashes for one backend and batch size.
type goldenModels struct {
	t      *testing.T
	b      ops.Backend
	cfg    dmae.Config
	batch  int
	images []float32
	out    strings.Builder
}

// batchInput is a micro-batch on the backend.
type batchInput struct {
	clean, noisy, keep, restore, drop, targets *tensor.Tensor
}

// train runs five steps on all images, accumulating micro-batches, and hashes
// the outputs and gradients of the first step and the parameters after the
// last.
func (g *goldenModels) train(name string, p *nn.Params, o *optim.AdamW, forward func(*autograd.Tape, batchInput) (loss, out *autograd.Variable)) {
	tape := autograd.NewTape(g.b)
	for step := range uint32(5) {
		p.ZeroGrad()
		var losses, outputs []float32
		for from := 0; from < goldenImages; from += g.batch {
			scope := g.b.Mark()
			in := g.input(tape, from, min(from+g.batch, goldenImages), step)
			loss, out := forward(tape, in)
			seed := g.b.New(tensor.F32, loss.Shape())
			g.b.Run(ops.Fill, []*tensor.Tensor{seed}, nil, &ops.Attr{Value: 1.0 / goldenImages})
			tape.Backward(loss, seed)
			losses = append(losses, g.download(loss.Value)...)
			outputs = append(outputs, g.download(out.Value)...)
			tape.Reset()
			g.b.Release(scope)
		}
		if step == 0 {
			g.note(name+" losses", losses)
			g.note(name+" outputs", outputs)
			g.note(name+" gradients", g.download(p.Grads()))
		}
		o.Measure(0.5, nil)
		o.Step(1e-3 * float64(step+1))
	}
	g.note(name+" after five steps", g.download(p.Trained()))
}

func (g *goldenModels) input(tape *autograd.Tape, from, to int, step uint32) batchInput {
	c, n, l := g.cfg, to-from, g.cfg.Patches()
	index := make([]uint32, n)
	a, e := make([]int32, n), make([]int32, n)
	labels := make([]int32, n)
	for i := range index {
		index[i], a[i], e[i], labels[i] = uint32(from+i), int32(from+i), int32(step), int32((from+i)%c.Classes)
	}
	keep, restore := make([]int32, n*(1+c.Visible())), make([]int32, n*l)
	dmae.MaskIDs(5, step, index, l, c.MaskRatio, keep, restore)
	targets, drop := make([]float32, n*c.Classes), make([]float32, 2*c.Depth*n)
	dmae.Targets(labels, c.Classes, 0.1, targets)
	c.DropPathScales(5, step, 1, index, drop)

	clean := g.floats(g.images[from*c.Pixels():to*c.Pixels()], n, 3, 12, 12)
	return batchInput{
		clean:   clean,
		noisy:   dmae.Corrupt(tape, clean, g.ints(a, n), g.ints(e, n), c.Sigma, philox.Addr{Seed: 5, Stream: philox.TrainNoise}),
		keep:    g.ints(keep, n, 1+c.Visible()),
		restore: g.ints(restore, n, l),
		drop:    g.floats(drop, 2*c.Depth, n),
		targets: g.floats(targets, n, c.Classes),
	}
}

// certificate certifies three images and hashes the file.
func (g *goldenModels) certificate(c *dmae.Classifier, sound, derived bool) {
	size := g.cfg.Pixels()
	pixels := func(i int) ([]float32, error) { return g.images[i*size : (i+1)*size], nil }
	name, classifier := "certificate", certify.NewFloatClassifier(c, pixels, 64)
	if sound {
		name = "sound certificate"
		classifier = certify.NewClassifier(c, func(i int) ([]byte, error) {
			v := make([]byte, size)
			for p := range v {
				v[p] = byte(g.images[i*size+p] * 256)
			}
			return v, nil
		}, 64)
	}
	out := filepath.Join(g.t.TempDir(), "certify.jsonl")
	task := smooth.Task{
		Params: certificate.Params{Plan: bound.Plan{Sigma: decimal.Must("0.25"), Alpha: decimal.Must("0.001"), N0: 20, N: 150}, Seed: 9, Sound: sound},
		Subject: certificate.Subject{
			Contract: "f32/1", Model: fmt.Sprint(must(c.Digest())), Data: "golden", Preprocessing: "none",
			Images: certificate.IndexSet{{0, 1, 3}}, Of: 3,
		},
		Classifier: classifier,
		Describe: func(i int) (certificate.Image, error) {
			return certificate.Image{Label: i % g.cfg.Classes, Pixels: sha256.Sum256([]byte{byte(i)})}, nil
		},
		Out: out, Batch: g.batch,
	}
	if sound {
		task.Preprocessing = certificate.EightBit
	}
	if derived {
		name = "derived " + name
		task.Seed, task.Derived = 0, &certificate.Derivation{Beacon: goldenBeacon}
	}
	require.NoError(g.t, task.Run(context.Background()))
	file, err := os.ReadFile(out)
	require.NoError(g.t, err)
	if !derived {
		file = asFormat1(g.t, file)
	}
	fmt.Fprintf(&g.out, "%x %s\n", sha256.Sum256(file), name)
}

const goldenBeacon = "drand:1000:ab85baa1029a2e2e0a35d0a3d9ff2f5b1ab8d6d1e7bf1f0f2d8a9d1d31e6f0c5"

// asFormat1 converts a certificate to the previous format, so that hashes
// committed for that format are still checked.
func asFormat1(t *testing.T, file []byte) []byte {
	t.Helper()
	text := string(file[:bytes.LastIndexByte(file[:len(file)-1], '\n')+1])
	for from, to := range map[string]string{
		certificate.Schema: certificate.Schema1, `"precision":"f32",`: "", `,"choice":{"of":3,"every":1}`: "", certificate.EightBit: "none",
	} {
		text = strings.Replace(text, from, to, 1)
	}
	return fmt.Appendf([]byte(text), `{"kind":"trailer","lines":%d,"sha256":"%x"}`+"\n", strings.Count(text, "\n")-1, sha256.Sum256([]byte(text)))
}

func (g *goldenModels) floats(v []float32, dims ...int) *tensor.Tensor {
	t := g.b.New(tensor.F32, tensor.Of(dims...))
	g.b.Upload(t, v)
	return t
}

func (g *goldenModels) ints(v []int32, dims ...int) *tensor.Tensor {
	t := g.b.New(tensor.I32, tensor.Of(dims...))
	g.b.Upload(t, v)
	return t
}

func (g *goldenModels) download(t *tensor.Tensor) []float32 {
	v := make([]float32, t.Shape().Elems())
	g.b.Download(v, t)
	return v
}

// note hashes numbers as little-endian float32. None of them may be NaN.
func (g *goldenModels) note(name string, v []float32) {
	h := sha256.New()
	for _, x := range v {
		require.False(g.t, math.IsNaN(float64(x)), name)
		h.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(x)))
	}
	fmt.Fprintf(&g.out, "%x %s\n", h.Sum(nil), name)
}
