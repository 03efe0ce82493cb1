// Package explain shows on one page what a certificate of one image means: the
// image, the noisy copies that the network sees, their classes, the bound, the
// radius, the same for other noise levels, and attacks inside and outside of
// the radius.
//
// Start at [Make], which computes an [Explanation]; [Explanation.WriteHTML]
// writes the page, which holds everything it shows and loads nothing.
//
// The numbers are those of Cohen et al.'s method; a page is for reading, a
// certificate of package smooth is for checking.
package explain
