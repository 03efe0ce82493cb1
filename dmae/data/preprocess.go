package data

import "fmt"

// Preprocess is the way images are brought to the size of a model's data.
type Preprocess string

// The kinds of preprocessing. Auto, also "", uses images as they are stored if
// all images of a data set have exactly that size, and otherwise resizes and
// crops all of them. The decision depends only on the sizes in the files'
// headers. Resize resizes and crops even images of that size, as the official
// code does. Stored is an error for images of another size.
const (
	PreprocessAuto   Preprocess = "auto"
	PreprocessStored Preprocess = "stored"
	PreprocessResize Preprocess = "resize"
)

// PreprocessKey is the metadata key under which a checkpoint has the Preprocess of
// its training images, where one was chosen.
const PreprocessKey = "godmae.preprocess"

// ChosenPreprocess returns what the metadata of a checkpoint record under
// PreprocessKey, PreprocessAuto where that is nothing.
func ChosenPreprocess(metadata map[string]string) Preprocess {
	if p := metadata[PreprocessKey]; p != "" {
		return Preprocess(p)
	}
	return PreprocessAuto
}

// Preprocessed returns ds for a model of the given data size. With Resize it
// is a view whose Shape has unknown height and width, so that all images are
// resized.
func Preprocessed(ds Dataset, how Preprocess, size int) (Dataset, error) {
	_, h, w := ds.Shape()
	switch how {
	case "", PreprocessAuto:
		return ds, nil
	case PreprocessResize:
		if h == 0 || w == 0 {
			return ds, nil
		}
		return &resized{ds}, nil
	case PreprocessStored:
		if h == size && w == size {
			return ds, nil
		}
		what := "are not all of one size"
		if h > 0 && w > 0 {
			what = fmt.Sprintf("have %dx%d pixels", w, h)
		}
		return nil, fmt.Errorf("the images of %s %s and the model takes %dx%d, so they cannot be used as they are stored: leave out --preprocess stored to have them resized and cropped", ds.Name(), what, size, size)
	}
	return nil, fmt.Errorf("there is no preprocessing %q: auto, stored or resize", how)
}

// resized is a data set whose images are all resized.
type resized struct{ Dataset }

func (r *resized) Shape() (c, h, w int) {
	c, _, _ = r.Dataset.Shape()
	return c, 0, 0
}

func (r *resized) inner() Dataset { return r.Dataset }
func (r *resized) at(i int) int   { return i }
