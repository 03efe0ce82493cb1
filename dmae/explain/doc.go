// Package explain shows on one page what a certificate of one image means: the
// image, the noisy copies that the network sees, their classes, the bound, the
// radius, the same for other noise levels, and attacks inside and outside of
// the radius.
//
// Start at [Make], which computes an [Explanation]; [Explanation.WriteHTML]
// writes the page, which holds everything it shows and loads nothing.
//
// The numbers are those that [smooth.Certify] finds by the method asked for; a
// page is for reading, a certificate of package smooth is for checking. What is
// only drawn, the curves, is computed in float64.
package explain
