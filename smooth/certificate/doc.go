// Package certificate is the file format of certificates, for writing and
// checking them. It needs neither a classifier nor a data set.
//
// A certificate is a file of lines in canonical JSON. It has a [Header] with all
// [Params] and the [Subject], a [Record] or a [LeftOut] for each image, and a
// trailer with the SHA-256 of the lines before it. A file of timings and a table
// are separate; see [Files].
//
// Guarantees:
//
//   - The form is canonical: a certificate that a [Reader] accepts has the
//     bytes that a [Writer] writes for its contents.
//   - A [Reader] checks everything that needs no model: the form of each line,
//     counts against samples, bounds and radii against counts, the order of the
//     images, the trailer. Its memory is bounded by the length of a line.
//   - Labels do not affect certificates. With AccuracyOnly an image whose
//     selected class is wrong is not estimated, and its line records that.
//   - Noise may be derived from the model and the pixels ([Derivation]); then
//     there is no seed to choose. An image that cannot be decoded has a line.
//   - A killed run can be continued and ends with the same bytes.
//
// Start at [NewReader], which reads and checks a certificate. [NewWriter] starts
// or continues one and [Merge] merges its shards. A [Commitment] is published
// before a certification, and before the public random number [Beacon].
package certificate
