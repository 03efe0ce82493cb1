package data

// view is a data set whose images are those of another one.
type view interface {
	inner() Dataset
	at(i int) int // position in inner of image i
}

// stored returns the data set that holds the images of ds: ds itself, or the
// one of which it is a view.
func stored(ds Dataset) Dataset {
	for {
		v, ok := ds.(view)
		if !ok {
			return ds
		}
		ds = v.inner()
	}
}

// storedAt returns the position in stored(ds) of image i of ds.
func storedAt(ds Dataset, i int) int {
	for {
		v, ok := ds.(view)
		if !ok {
			return i
		}
		ds, i = v.inner(), v.at(i)
	}
}

// isSubset reports whether ds is a subset, or a view of one.
func isSubset(ds Dataset) bool {
	for {
		if _, ok := ds.(*Subset); ok {
			return true
		}
		v, ok := ds.(view)
		if !ok {
			return false
		}
		ds = v.inner()
	}
}

// FromFiles reports whether the images of a data set are decoded from image
// files, so that they depend on Decoding.
func FromFiles(ds Dataset) bool {
	_, ok := stored(ds).(*folder)
	return ok
}
