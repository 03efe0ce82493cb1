package train

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/ops"
)

// Stages of training.
const (
	StagePretrain = "pretrain"
	StageFinetune = "finetune"
	StageLinprobe = "linprobe"
)

// Recipe holds every setting that affects the result of a training run,
// except the model (which has the noise level sigma, the mask ratio and the
// drop-path rate), the data and the initial weights. It is stored in the
// checkpoint; a run can only be resumed with the same recipe.
type Recipe struct {
	Stage string `json:"stage"`
	Seed  uint64 `json:"seed"`

	// Batch is the number of images per optimiser step. An epoch's incomplete
	// batch is left out.
	Batch        int     `json:"batch"`
	Epochs       int     `json:"epochs"`
	WarmupEpochs float64 `json:"warmup_epochs"`

	// LR is the peak learning rate and MinLR the one at the end of the half
	// cosine; the linear warm-up starts at 0 (see nn/optim).
	LR          float64 `json:"lr"`
	MinLR       float64 `json:"min_lr"`
	WeightDecay float64 `json:"weight_decay"`
	Beta1       float64 `json:"beta1"`
	Beta2       float64 `json:"beta2"`
	ClipGrad    float64 `json:"clip_grad"` // largest gradient norm; 0 for no limit

	// GradShards is the number of groups of images, a power of two that divides Batch,
	// in which gradients and losses of a step are summed; 0 means one. Results depend
	// on it, but not on how many groups are computed at a time or on which machine.
	// See [ops.ShardSum].
	GradShards int `json:"grad_shards,omitempty"`

	// EMA is the decay of the exponential moving average of the weights; the
	// average is evaluated and saved as the model; 0 for none.
	EMA float64 `json:"ema,omitempty"`

	// Augmentation: horizontal flips with probability 1/2, and random resized
	// crops of CropMin to 1 of the area (0 for none).
	Flip    bool    `json:"flip"`
	CropMin float64 `json:"crop_min"`

	// ColorJitter is the strength of random changes of brightness, contrast and
	// saturation, 0 for none; see [data.ColorJitter].
	ColorJitter float64 `json:"color_jitter,omitempty"`

	// AutoAugment is a policy of RandAugment, "" for none; see
	// [data.ParseRandAugment]. EraseProb is the probability that EraseCount boxes
	// of an image are erased, in the mode EraseMode; see [data.RandomErasing].
	AutoAugment string         `json:"aa,omitempty"`
	EraseProb   float64        `json:"erase_prob,omitempty"`
	EraseMode   data.EraseMode `json:"erase_mode,omitempty"`
	EraseCount  int            `json:"erase_count,omitempty"`

	// The names of the caller's own transforms, corruption and masking; see
	// [Options].
	Augment    []string `json:"augment,omitempty"`
	Corruption string   `json:"corruption,omitempty"`
	Mask       string   `json:"mask,omitempty"`

	// Fine-tuning only.
	LayerDecay float64 `json:"layer_decay"` // learning-rate factor from a block to the one before it
	Smoothing  float64 `json:"smoothing"`   // label smoothing

	// Linear probes: momentum and trust coefficient of LARS, and the number of
	// images in a batch of batch normalisation, a divisor of Batch.
	Momentum  float64 `json:"momentum,omitempty"`
	Trust     float64 `json:"trust,omitempty"`
	BatchNorm int     `json:"batch_norm,omitempty"`

	// Copies is the number of noisy copies of each image in a batch; 0 means
	// one. Consistency is the form of the consistency regulariser between them,
	// "" for none, with its weights; see [ops.Consistency].
	Copies      int     `json:"copies,omitempty"`
	Consistency string  `json:"consistency,omitempty"`
	Lambda      float64 `json:"lambda,omitempty"`
	Eta         float64 `json:"eta,omitempty"`

	// Mix, nil for none, blends images of a batch, after the noise was added or,
	// with MixClean, before: see [data.Mix]. Blended noise is weaker, by up to the
	// square root of 2.
	Mix      *data.Mix `json:"mix,omitempty"`
	MixClean bool      `json:"mix_clean,omitempty"`
}

// ProbeBatch is the number of images in a batch of batch normalisation in the
// paper's linear probes: the batch of one process.
const ProbeBatch = 512

// LinprobeRecipe returns the recipe of the paper for linear probes, with a peak
// learning rate of 0.1 times batch/256.
func LinprobeRecipe(batch int) Recipe {
	return Recipe{
		Stage: StageLinprobe, Batch: batch, Epochs: 90, WarmupEpochs: 10,
		LR: ScaledLR(0.1, batch), Momentum: 0.9, Trust: 0.001, BatchNorm: min(batch, ProbeBatch),
		Flip: true,
	}
}

// PretrainRecipe returns the recipe of the paper for pre-training, with a peak
// learning rate of 1.5e-4 times batch/256.
func PretrainRecipe(batch int) Recipe {
	return Recipe{
		Stage: StagePretrain, Batch: batch, Epochs: 50, WarmupEpochs: 10,
		LR: ScaledLR(1.5e-4, batch), WeightDecay: 0.05, Beta1: 0.9, Beta2: 0.95,
		Flip: true,
	}
}

// FinetuneRecipe returns the recipe of the paper for fine-tuning, with a peak
// learning rate of 5e-4 times batch/256.
func FinetuneRecipe(batch int) Recipe {
	return Recipe{
		Stage: StageFinetune, Batch: batch, Epochs: 50, WarmupEpochs: 5,
		LR: ScaledLR(5e-4, batch), MinLR: 1e-6, WeightDecay: 0.05, Beta1: 0.9, Beta2: 0.999,
		Flip: true, LayerDecay: 0.65, Smoothing: 0.1,
	}
}

// copies returns the number of noisy copies of each image.
func (r *Recipe) copies() int { return max(r.Copies, 1) }

// ConsistencyForms names the forms of the consistency regulariser.
var ConsistencyForms = []string{"default", "xent", "kl", "mse"}

// regulariser returns the attributes of the consistency regulariser, or nil.
func (r *Recipe) regulariser() *ops.Regulariser {
	form := slices.Index(ConsistencyForms, r.Consistency)
	if form < 0 {
		return nil
	}
	return &ops.Regulariser{Form: ops.ConsistencyForm(form), Copies: r.copies(), Lambda: r.Lambda, Eta: r.Eta, Together: true}
}

// ScaledLR returns the peak learning rate for a base rate, which is for 256
// images per step and is scaled in proportion to batch.
func ScaledLR(base float64, batch int) float64 { return float64(base*float64(batch)) / 256 }

// Validate returns an error that names the first invalid value.
func (r Recipe) Validate() error {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	for _, c := range []struct {
		ok          bool
		name, value string
		remedy      string
	}{
		{r.Stage == StagePretrain || r.Stage == StageFinetune || r.Stage == StageLinprobe, "stage", r.Stage, "use pretrain, finetune or linprobe"},
		{r.Batch > 0, "batch size", fmt.Sprint(r.Batch), "use at least 1"},
		{r.Epochs > 0, "number of epochs", fmt.Sprint(r.Epochs), "use at least 1"},
		{r.WarmupEpochs >= 0 && r.WarmupEpochs <= float64(r.Epochs), "number of warm-up epochs", fmt.Sprint(r.WarmupEpochs), fmt.Sprintf("use 0 to %d, the number of epochs (--warmup-epochs, --epochs)", r.Epochs)},
		{r.LR > 0 && finite(r.LR), "learning rate", fmt.Sprint(r.LR), "use a positive number"},
		{r.MinLR >= 0 && r.MinLR <= r.LR, "smallest learning rate", fmt.Sprint(r.MinLR), fmt.Sprintf("use 0 to %v, the peak", r.LR)},
		{r.WeightDecay >= 0 && finite(r.WeightDecay), "weight decay", fmt.Sprint(r.WeightDecay), "use 0 or a positive number"},
		{r.Beta1 >= 0 && r.Beta1 < 1, "beta1", fmt.Sprint(r.Beta1), "use a number in [0,1)"},
		{r.Beta2 >= 0 && r.Beta2 < 1, "beta2", fmt.Sprint(r.Beta2), "use a number in [0,1)"},
		{r.ClipGrad >= 0 && finite(r.ClipGrad), "gradient norm limit", fmt.Sprint(r.ClipGrad), "use a positive number, or 0 for none"},
		{r.GradShards >= 0 && r.GradShards&(r.GradShards-1) == 0, "number of gradient shards", fmt.Sprint(r.GradShards), "use a power of two"},
		{r.GradShards <= 1 || r.Batch%r.GradShards == 0, "number of gradient shards", fmt.Sprint(r.GradShards), fmt.Sprintf("use a divisor of the batch size %d", r.Batch)},
		{r.GradShards <= 1 || r.Stage != StageLinprobe, "number of gradient shards", fmt.Sprint(r.GradShards), "batch normalisation combines the images of a linear probe; use 1"},
		{r.EMA >= 0 && r.EMA < 1, "decay of the moving average", fmt.Sprint(r.EMA), "use a number in (0,1), such as 0.9999, or 0 for none"},
		{r.CropMin >= 0 && r.CropMin <= 1, "smallest crop", fmt.Sprint(r.CropMin), "use a share of the area in (0,1], or 0 for no crops"},
		{r.Stage != StageFinetune || r.LayerDecay > 0 && r.LayerDecay <= 1, "layer decay", fmt.Sprint(r.LayerDecay), "use a factor in (0,1]; 1 for none"},
		{r.Momentum >= 0 && r.Momentum < 1, "momentum", fmt.Sprint(r.Momentum), "use a number in [0,1)"},
		{r.Trust >= 0 && finite(r.Trust), "trust coefficient", fmt.Sprint(r.Trust), "use 0 or a positive number"},
		{r.Stage != StageLinprobe || r.BatchNorm > 1 && r.Batch%r.BatchNorm == 0, "number of images for batch normalisation", fmt.Sprint(r.BatchNorm), fmt.Sprintf("use a divisor of the batch size %d that is at least 2", r.Batch)},
		{r.Copies >= 0 && r.Copies <= 1<<16, "number of noisy copies", fmt.Sprint(r.Copies), "use 1 to 65536"},
		{r.Consistency == "" || slices.Contains(ConsistencyForms, r.Consistency), "consistency regulariser", r.Consistency, "use default, xent, kl or mse"},
		{r.Consistency == "" || r.Copies >= 2, "number of noisy copies", fmt.Sprint(r.Copies), "the regulariser needs at least 2"},
		{r.Lambda >= 0 && finite(r.Lambda), "weight lambda of the regulariser", fmt.Sprint(r.Lambda), "use 0 or a positive number"},
		{r.Eta >= 0 && finite(r.Eta), "weight eta of the entropy", fmt.Sprint(r.Eta), "use 0 or a positive number"},
		{r.ColorJitter >= 0 && finite(r.ColorJitter), "colour jitter", fmt.Sprint(r.ColorJitter), "use a positive number, such as 0.4, or 0 for none"},
		{r.ColorJitter == 0 || r.AutoAugment == "", "colour jitter", fmt.Sprint(r.ColorJitter), fmt.Sprintf("it takes the place of RandAugment, here %s; leave out one of them", r.AutoAugment)},
		{r.Smoothing >= 0 && r.Smoothing < 1, "label smoothing", fmt.Sprint(r.Smoothing), "use a number in [0,1)"},
	} {
		if !c.ok {
			return fmt.Errorf("train: the %s %s cannot be used: %s", c.name, c.value, c.remedy)
		}
	}
	if r.AutoAugment != "" {
		if _, err := data.ParseRandAugment(r.AutoAugment); err != nil {
			return fmt.Errorf("train: %w", err)
		}
	}
	if r.EraseProb != 0 {
		one := []float64{1}
		if err := (data.RandomErasing{Prob: r.EraseProb, Mode: r.EraseMode, Count: r.EraseCount, Mean: one, Std: one}).Validate(1); err != nil {
			return fmt.Errorf("train: %w", err)
		}
	}
	if r.Mix != nil {
		if err := r.Mix.Validate(); err != nil {
			return fmt.Errorf("train: the %w", err)
		}
	}
	return nil
}

// differences names the values that differ between two recipes, the
// checkpoint's first.
func differences(saved, now any) (string, error) {
	fields := func(v any) (map[string]json.RawMessage, []string, error) {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, nil, err
		}
		m := map[string]json.RawMessage{}
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, nil, err
		}
		// The order of the keys in the text, which a map does not keep.
		var order []string
		dec := json.NewDecoder(strings.NewReader(string(b)))
		if _, err := dec.Token(); err != nil {
			return nil, nil, err
		}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, nil, err
			}
			order = append(order, fmt.Sprint(key))
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				return nil, nil, err
			}
		}
		return m, order, nil
	}
	a, order, err := fields(saved)
	if err != nil {
		return "", err
	}
	b, orderB, err := fields(now)
	if err != nil {
		return "", err
	}
	for _, key := range orderB { // keys with omitempty that only now has
		if _, ok := a[key]; !ok {
			order = append(order, key)
		}
	}
	show := func(v json.RawMessage) string {
		if v == nil {
			return "none"
		}
		return string(v)
	}
	var diff []string
	for _, key := range order {
		if string(a[key]) != string(b[key]) {
			diff = append(diff, fmt.Sprintf("%s %s, not %s", key, show(a[key]), show(b[key])))
		}
	}
	return strings.Join(diff, "; "), nil
}
