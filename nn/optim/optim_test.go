package optim_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/godmae/godmae/internal/testbackend"
	"github.com/godmae/godmae/nn"
	"github.com/godmae/godmae/nn/checkpoint"
	"github.com/godmae/godmae/nn/optim"
	"github.com/godmae/godmae/ops"
	"github.com/godmae/godmae/tensor"
)

func readJSON(t *testing.T, name string, v any) {
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, v))
}

func TestScheduleFixture(t *testing.T) {
	var f struct {
		LR     float64      `json:"lr"`
		MinLR  float64      `json:"min_lr"`
		Warmup float64      `json:"warmup_epochs"`
		Epochs float64      `json:"epochs"`
		Table  [][2]float64 `json:"table"`
	}
	readJSON(t, "lr_schedule.json", &f)
	require.NotEmpty(t, f.Table)
	s := optim.Schedule{LR: f.LR, MinLR: f.MinLR, Warmup: f.Warmup, Epochs: f.Epochs}
	for _, row := range f.Table {
		require.InEpsilon(t, row[1]+1e-30, s.At(row[0])+1e-30, 1e-14, "epoch %v", row[0])
	}
	require.Zero(t, s.At(0))
	require.InEpsilon(t, f.MinLR, s.At(f.Epochs), 1e-12)
	require.Equal(t, 3e-4, optim.Schedule{LR: 3e-4, Epochs: 10}.At(0), "without warm-up")
	require.InEpsilon(t, 1.5e-4*16, optim.PeakLR(1.5e-4, 4096), 1e-15)
}

func TestLayerDecayFixture(t *testing.T) {
	var f map[string]struct {
		Scale float64 `json:"lr_scale"`
		Decay float64 `json:"weight_decay"`
		Shape []int   `json:"shape"`
	}
	readJSON(t, "layer_decay_vit_base.json", &f)
	require.NotEmpty(t, f)
	rule := optim.Finetune(0.05, 0.65, 12)
	for name, want := range f {
		scale, decay := rule(&nn.Param{Spec: nn.Spec{Name: name, Shape: tensor.Of(want.Shape...)}})
		require.InEpsilon(t, want.Scale, scale, 1e-14, name)
		require.Equal(t, want.Decay, decay, name)
	}
}

func TestPretrainRule(t *testing.T) {
	rule := optim.Pretrain(0.05)
	for name, c := range map[string]struct {
		shape tensor.Shape
		decay float64
	}{
		"cls_token":                {tensor.Of(1, 1, 8), 0.05},
		"mask_token":               {tensor.Of(1, 1, 8), 0.05},
		"norm.weight":              {tensor.Of(8), 0},
		"blocks.0.mlp.fc1.weight":  {tensor.Of(8, 8), 0.05},
		"patch_embed.proj.weight":  {tensor.Of(8, 1, 2, 2), 0.05},
		"decoder_pred.bias":        {tensor.Of(8), 0},
		"decoder_blocks.0.x.weigh": {tensor.Of(8, 8), 0.05},
	} {
		scale, decay := rule(&nn.Param{Spec: nn.Spec{Name: name, Shape: c.shape}})
		require.Equal(t, 1.0, scale)
		require.Equal(t, c.decay, decay, name)
	}
}

// specs has a fixed parameter between trained ones, sizes that are not
// multiples of a cache line, and consecutive parameters with different rules.
func specs() []nn.Spec {
	return []nn.Spec{
		{Name: "cls_token", Shape: tensor.Of(1, 1, 5), View: tensor.Of(5), Init: nn.Normal(1)},
		{Name: "pos_embed", Shape: tensor.Of(1, 5, 4), Init: nn.SinCos(4, 2), Fixed: true},
		{Name: "blocks.0.attn.qkv.weight", Shape: tensor.Of(7, 5), Init: nn.Normal(1)},
		{Name: "blocks.0.attn.qkv.bias", Shape: tensor.Of(7), Init: nn.Normal(1)},
		{Name: "head.weight", Shape: tensor.Of(3, 7), Init: nn.Normal(1)},
	}
}

func setGrads(b ops.Backend, p *nn.Params, step int) {
	for _, param := range p.All() {
		if param.Fixed {
			continue
		}
		g := make([]float32, param.Elems())
		for i := range g {
			g[i] = float32((i*7+step*3+param.Index*5)%11-5) / 8
		}
		b.Upload(param.Grad, g)
	}
}

// adamw is AdamW for one value, as in PyTorch's documentation.
type adamw struct{ p, m, v float64 }

func (a *adamw) step(g, lr, b1, b2, wd float64, t int) {
	a.p -= lr * wd * a.p
	a.m = b1*a.m + (1-b1)*g
	a.v = b2*a.v + (1-b2)*g*g
	mhat := a.m / (1 - math.Pow(b1, float64(t)))
	vhat := a.v / (1 - math.Pow(b2, float64(t)))
	a.p -= lr * mhat / (math.Sqrt(vhat) + 1e-8)
}

func TestAdamWFollowsTheFormula(t *testing.T) {
	b := testbackend.Float64(t)
	p := nn.NewParams(b, specs())
	p.Init(1)
	rule := optim.Finetune(0.05, 0.65, 1)
	opt := optim.NewAdamW(p, 0.9, 0.999, rule)
	want := map[string][]adamw{}
	for _, param := range p.All() {
		for _, v := range must(p.Download(param)) {
			want[param.Name] = append(want[param.Name], adamw{p: float64(v)})
		}
	}
	fixed := must(p.Download(p.Get("pos_embed")))
	for step := 1; step <= 4; step++ {
		setGrads(b, p, step)
		sum := 0.0
		for _, param := range p.All() {
			if !param.Fixed {
				g := make([]float64, param.Elems())
				b.Download(g, param.Grad)
				for i := range g {
					sum += g[i] * g[i]
				}
			}
		}
		limit := math.Sqrt(sum) / 2
		clip := limit / (math.Sqrt(sum) + 1e-6)
		for _, param := range p.All() {
			if param.Fixed {
				continue
			}
			g := make([]float64, param.Elems())
			b.Download(g, param.Grad)
			scale, decay := rule(param)
			for i := range g {
				want[param.Name][i].step(g[i]*clip, 1e-2*scale, 0.9, 0.999, decay, step)
			}
		}
		var squared [1]float64
		opt.Measure(limit, nil)
		require.NoError(t, b.Await(opt.FetchNorm(squared[:])))
		require.InEpsilon(t, sum, squared[0], 1e-12)
		opt.Step(1e-2)
	}
	require.Equal(t, 4, opt.Steps())
	for _, param := range p.All() {
		if param.Fixed {
			continue
		}
		got := make([]float64, param.Elems())
		b.Download(got, param.Value)
		for i, w := range want[param.Name] {
			require.InDelta(t, w.p, got[i], 1e-12, "%s[%d]", param.Name, i)
		}
	}
	require.Equal(t, fixed, must(p.Download(p.Get("pos_embed"))))
}

// A gradient or a loss that is not finite skips the step: parameters and
// moments are unchanged, and the next step is the same as without it.
func TestStepThatIsNotFinite(t *testing.T) {
	b := testbackend.New(t)
	for name, make := range map[string]func(*nn.Params) optimiser{
		"AdamW": func(p *nn.Params) optimiser { return optim.NewAdamW(p, 0.9, 0.95, optim.Pretrain(0.05)) },
		"LARS":  func(p *nn.Params) optimiser { return optim.NewLARS(p, 0.9, 0.001, 0.05) },
	} {
		t.Run(name, func(t *testing.T) {
			p := nn.NewParams(b, specs())
			p.Init(1)
			o := make(p)
			losses := b.Persist(b.Float(), tensor.Of(3))
			state := func() []checkpoint.Tensor { return slices.Concat(must(p.Export()), must(o.Export(""))) }
			step := func() { o.Measure(1, losses); o.Step(0.1) }
			setGrads(b, p, 1)
			before := state()
			step()
			require.NotEqual(t, before, state())

			before = state()
			b.Upload(losses, []float64{1, math.Inf(1), 2})
			step()
			require.Equal(t, before, state(), "a loss")
			b.Upload(losses, []float64{1, 2, 3})
			b.Upload(p.Get("head.weight").Grad.View(3, tensor.Of(1)), []float64{math.NaN()})
			step()
			require.Equal(t, before, state(), "a gradient")
			setGrads(b, p, 2)
			step()
			require.NotEqual(t, before, state())
		})
	}
}

// optimiser is what AdamW and LARS have in common.
type optimiser interface {
	Measure(maxNorm float64, losses *tensor.Tensor) *tensor.Tensor
	Step(lr float64)
	Export(prefix string) ([]checkpoint.Tensor, error)
}

// A run continued with Export and Import has the bits of an uninterrupted one.
func TestStateRoundTrip(t *testing.T) {
	t.Run("float64", func(t *testing.T) { testStateRoundTrip(t, testbackend.Float64(t)) })
	t.Run("float32", func(t *testing.T) { testStateRoundTrip(t, testbackend.New(t)) })
}

func testStateRoundTrip(t *testing.T, b ops.Backend) {
	run := func(p *nn.Params, opt *optim.AdamW, from, to int) {
		for step := from; step < to; step++ {
			setGrads(b, p, step)
			opt.Step(1e-2)
		}
	}
	newOpt := func(p *nn.Params) *optim.AdamW { return optim.NewAdamW(p, 0.9, 0.95, optim.Pretrain(0.05)) }
	values := func(p *nn.Params) []float64 {
		v := make([]float64, p.Values().Shape().Elems())
		b.Download(v, p.Values())
		return v
	}
	whole := nn.NewParams(b, specs())
	whole.Init(1)
	run(whole, newOpt(whole), 0, 7)

	first := nn.NewParams(b, specs())
	first.Init(1)
	opt := newOpt(first)
	run(first, opt, 0, 3)
	path := filepath.Join(t.TempDir(), "state.safetensors")
	require.NoError(t, checkpoint.Write(path, must(opt.Export("train.")), nil))

	f, err := checkpoint.Open(path)
	require.NoError(t, err)
	defer f.Close()
	again := newOpt(first)
	require.NoError(t, again.Import(f, "train.", opt.Steps()))
	run(first, again, 3, 7)
	require.Equal(t, values(whole), values(first))

	require.ErrorContains(t, again.Import(f, "wrong.", 3), "wrong.m.cls_token")
	require.ErrorContains(t, again.Import(f, "train.", -1), "-1")
	if strconv.IntSize > 32 { // otherwise no int is too large
		require.ErrorContains(t, again.Import(f, "train.", math.MaxInt), "between")
	}
	other := specs()
	other[0].Shape, other[0].View = tensor.Of(1, 1, 6), tensor.Of(6)
	require.ErrorContains(t, newOpt(nn.NewParams(b, other)).Import(f, "train.", 3), "shape [1 1 5]")
}

// must returns a value and panics on an error.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
