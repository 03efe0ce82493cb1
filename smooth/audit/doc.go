// Package audit verifies certificates of other issuers.
//
// There are three depths. Arithmetic needs only the file: it checks the
// format, the header, the order and number of the lines and the trailer, and
// recomputes the bound and radius of each image from the counts. Sample draws
// some blocks of 1,024 predictions at random, repeats their noise and
// classification, and compares every image with the data. Full does so for
// all blocks.
//
// The statistics use other methods than the certifier: floating-point numbers
// of several hundred bits instead of intervals, a continued fraction instead
// of a sum for binomial tails, an alternating series for the normal
// distribution, and checks of the printed numbers instead of searches. The
// format is checked by certificate.Reader, which verifies the statistics with
// the certifier's methods. A certificate is intact if both accept it.
//
// Start at Run. For each kind of change to a certificate, the table of
// mutations in the tests names the weakest depth that detects it.
package audit
