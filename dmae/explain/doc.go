// Package explain makes an HTML page about the certificate of one image. It
// shows the image, its noisy copies and their classes, the bound, the radius,
// the same for other noise levels, and attacks inside and outside the radius.
//
// Start at [Make], which computes an [Explanation]; [Explanation.WriteHTML]
// writes the page, which loads nothing from elsewhere.
//
// The numbers are those of [smooth.Certify] for the given method. The page is
// an explanation and cannot be audited, unlike a certificate of package smooth.
// Curves are computed in float64.
package explain
