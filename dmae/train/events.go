package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image/png"
	"path/filepath"
	"time"

	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/dmae/train/tfevents"
)

// EventsName is the name of the TensorBoard event file in Options.LogDir.
const EventsName = "events.out.tfevents.godmae"

// Pictures of a pre-training run: the number of images in each, and the default
// number of pictures in a run.
const (
	pictureImages = 4
	picturesARun  = 10
)

// events is the event file of a run. Its tags and axes are those of the official
// code: the numbers of a step are at epoch*1000, those of an evaluation at the
// epoch. A nil events writes nothing.
type events struct {
	log    *tfevents.Log
	values []tfevents.Value // kept so that a step allocates nothing
}

// openEvents opens the event file of a run at its state. replace allows it to
// replace that of another run.
func (r *run) openEvents(replace bool) error {
	if r.opt.LogDir == "" {
		return nil
	}
	path := filepath.Join(r.opt.LogDir, EventsName)
	log, cut, err := tfevents.Open(path, r.state.eventWriter(), r.state.position(), replace, wallTime())
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	if cut > 0 {
		r.note(fmt.Sprintf("%s ended in a damaged event; its last %d bytes were removed", path, cut))
	}
	r.events = &events{log: log}
	return nil
}

// wallTime returns the time for event files; no other file contains times.
func wallTime() float64 { return float64(time.Now().UnixMicro()) / 1e6 }

// eventWriter identifies the run in its event file by a digest of fields that
// no later version adds to.
func (s *State) eventWriter() string {
	r := &s.Recipe
	id := fmt.Sprint(r.Stage, r.Seed, r.Batch, r.Epochs, r.WarmupEpochs, r.LR, r.MinLR, r.WeightDecay, s.Data, s.Eval, s.Init)
	digest := sha256.Sum256([]byte(id))
	return "github.com/godmae/godmae run " + hex.EncodeToString(digest[:8])
}

// position is the number of steps and finished epochs of a run. Unlike the
// step, it differs between the last step of an epoch and the end of that epoch.
func (s *State) position() uint64 { return uint64(s.Steps) + uint64(s.Epoch) }

// step writes the numbers of a step, and the parts of a regularised loss.
func (e *events) step(p *Progress, regularised bool, position uint64) error {
	if e == nil {
		return nil
	}
	loss := "loss"
	if p.Stage == StagePretrain {
		loss = "train_loss"
	}
	perEpoch := p.Steps / p.Epochs
	done := int64(p.Step-1) - int64(p.Epoch)*int64(perEpoch) // in this epoch, before the step
	e.values = append(e.values[:0], scalar(loss, p.Loss), scalar("lr", p.LR), scalar("grad_norm", p.GradNorm))
	if regularised {
		e.values = append(e.values, scalar("loss_nat", p.LossNat), scalar("loss_reg", p.LossReg))
	}
	return e.append(int64(p.Epoch)*1000+done*1000/int64(perEpoch), position)
}

// epoch writes the measurements after an epoch.
func (e *events) epoch(entry *Entry, position uint64) error {
	if e == nil {
		return nil
	}
	e.values = e.values[:0]
	for _, m := range []struct {
		tag   string
		value *float64
	}{
		{"perf/test_acc1", entry.TestAcc1},
		{"perf/test_acc5", entry.TestAcc5},
		{"perf/test_loss", entry.TestLoss},
		{"perf/acc1_r0", entry.NoisyAcc1},
	} {
		if m.value != nil {
			e.values = append(e.values, scalar(m.tag, *m.value))
		}
	}
	if len(e.values) == 0 {
		return nil
	}
	return e.append(int64(entry.Epoch), position)
}

// picture writes reconstructions of the first images that can be decoded, by
// the autoencoder after an epoch.
func (e *events) picture(m pretrained, images data.Dataset, sigma float64, seed uint64, epochs int, position uint64) error {
	if e == nil {
		return nil
	}
	var pixels []float32
	input := data.NewInput(m.Input())
	size := input.Elems()
	for i := 0; i < images.Len() && len(pixels) < pictureImages*size; i++ {
		x := make([]float32, size)
		if err := input.Pixels(images, i, x); errors.As(err, new(*data.CorruptError)) {
			continue // the loader reports it
		} else if err != nil {
			return err
		}
		pixels = append(pixels, x...)
	}
	if len(pixels) == 0 {
		return nil
	}
	picture, err := m.Picture(pixels, sigma, seed)
	if err != nil {
		return err
	}
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		return fmt.Errorf("train: cannot draw reconstructions: %w", err)
	}
	at := picture.Bounds().Size()
	e.values = append(e.values[:0], tfevents.Value{Tag: "reconstruction", Image: &tfevents.Image{Width: at.X, Height: at.Y, Channels: 3, PNG: file.Bytes()}})
	return e.append(int64(epochs)*1000, position)
}

func scalar(tag string, v float64) tfevents.Value {
	return tfevents.Value{Tag: tag, Scalar: float32(v)}
}

func (e *events) append(step int64, position uint64) error {
	if err := e.log.Append(&tfevents.Event{WallTime: wallTime(), Step: step, Position: position, Values: e.values}); err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return nil
}

// sync flushes the events to the disk, before the checkpoint that relies on
// them is written.
func (e *events) sync() error {
	if e == nil {
		return nil
	}
	return e.log.Sync()
}

func (e *events) close() {
	if e != nil {
		e.log.Close() // after a sync, or an error that is reported already
	}
}

// wantsPicture reports whether a picture is drawn after the epochs-th epoch of
// a run: after every every-th one, and the last.
func wantsPicture(every, epochs, all int) bool {
	if every == 0 {
		every = max(1, (all+picturesARun-1)/picturesARun)
	}
	return every > 0 && (epochs == all || epochs%every == 0)
}
