package dmae

import "fmt"

// ImageSizeError says that an image does not have the size a model works with.
type ImageSizeError struct {
	Image int    // index in its data set
	Got   int    // number of values
	Want  [3]int // channels, height, width
}

func (e *ImageSizeError) Error() string {
	return fmt.Sprintf("image %d has %d values, but the model works on %d x %d x %d (channels, height, width); prepare the data at that size", e.Image, e.Got, e.Want[0], e.Want[1], e.Want[2])
}
