// Package audit checks certificates that somebody else issued.
//
// It works in three depths. Arithmetic needs nothing but the file: its form,
// the header, the order and number of the lines, the trailer, and for each
// image the way from counts to bound to radius, computed again. Sample draws
// some blocks of 1,024 predictions at random, makes their noise again and
// classifies it again, and compares every image with the data. Full does that
// for all blocks.
//
// The statistics are computed here once more by other means than those of the
// certifier: floating-point numbers of several hundred bits instead of
// intervals, a continued fraction instead of a sum for binomial tails, an
// alternating series for the normal distribution, and checks of what was
// printed instead of searches for it. The form of the file is checked by
// certificate.Reader, which verifies the statistics in its own way too; a
// certificate is intact when both agree with it.
//
// Start at Run. The promise: for each kind of change to a certificate, the
// table of mutations in the tests names the weakest depth that must notice it,
// and that depth does.
package audit
