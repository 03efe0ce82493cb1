// Package analyze makes tables and curves from certificates: certified accuracy
// at given radii, average certified radius and abstentions.
//
// Certified accuracy at radius r is the share of all images that are certified
// for their label with a radius of at least r. An abstention and an image
// whose label is unknown count as not certified. The numbers depend on the
// number and choice of images, so every table states these, with standard
// errors over the images.
//
// It reads and verifies the certificates of package smooth/certificate. It also reads
// the tab-separated tables of the scripts of Cohen et al. (2019). It uses their
// column "correct", and adds notes about irregularities.
//
// Start at [ReadFile]; [NewTable] computes, Table's methods print, [WriteCurve]
// draws.
package analyze
