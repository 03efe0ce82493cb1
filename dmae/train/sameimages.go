package train

import (
	"fmt"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
	"github.com/godmae/godmae/nn/checkpoint"
)

// RecordedPreprocess returns the preprocessing of the training images ds that
// the metadata of a checkpoint of a model of configuration c describe. Earlier
// versions resized the images of large folders even if all had the right size.
func RecordedPreprocess(metadata map[string]string, ds data.Dataset, c *dmae.Config) data.Preprocess {
	if p := data.ChosenPreprocess(metadata); p != data.PreprocessAuto {
		return p
	}
	return inputOf(c).Recognise(metadata[preprocessingKey], ds, false)
}

// recogniseImages checks whether the images of the run are those of a saved
// state whose digests were computed as in earlier versions, and uses those
// digests if so.
func (r *run) recogniseImages(saved *State) error {
	for _, d := range []struct {
		ds    data.Dataset
		saved string
		now   *string
	}{{r.opt.Train, saved.Data, &r.state.Data}, {r.opt.Test, saved.Eval, &r.state.Eval}} {
		if d.ds == nil || d.saved == *d.now {
			continue
		}
		same, err := data.SameImages(d.ds, d.saved)
		if err != nil {
			return err
		}
		if same {
			*d.now = d.saved
		}
	}
	return nil
}

// samePreprocessing returns an error for a checkpoint of a run with another
// preprocessing of the images.
func (r *run) samePreprocessing(f *checkpoint.File) error {
	there, here := RecordedPreprocess(f.Metadata(), r.images, &r.opt.Model), r.opt.Preprocess
	if here == "" {
		here = data.PreprocessAuto
	}
	if there != here {
		return fmt.Errorf("train: %s cannot be resumed with --preprocess %s: its images were preprocessed with --preprocess %s; give that, or start anew in another folder", f.Name(), here, there)
	}
	return nil
}
