// Package analyze turns certificates into the tables and curves of the field:
// certified accuracy at given radii, average certified radius, abstentions.
//
// Certified accuracy at radius r is the share of all images that are certified
// for their label with a radius of at least r; an abstention and an image
// whose label is unknown count as not certified. The numbers say nothing
// without the number and choice of images, so every table carries them, with
// standard errors over the images.
//
// It reads the certificates of package smooth/certificate, which it verifies, and the
// tab-separated tables that the scripts of Cohen et al. (2019) write, of which
// it believes the column "correct" and notes what looks odd.
//
// Start at [ReadFile]; [NewTable] computes, Table's methods print, [WriteCurve]
// draws.
package analyze
