package data

// HasVal reports whether there are validation images that are neither training
// nor test images: some of the training images are held out, or the data set has
// both parts. Where a folder has val/ alone, as ImageNet's, that is what results
// are reported on, and Open(Test) opens it.
func (s *Source) HasVal() bool {
	return s.o.ValFraction > 0 || s.parts.val != nil && s.parts.test != nil
}
