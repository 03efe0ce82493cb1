// Package certificate is the file format of certificates: what a certification
// writes and what everybody who checks one reads. It needs neither a classifier
// nor a data set.
//
// A certificate is a file of lines in canonical JSON: a [Header] with all
// [Params] and the [Subject], a [Record] for each image or a [LeftOut] in its
// place, and a trailer with the SHA-256 of the lines before it. Beside it stand a
// file of timings and a table; see [Files].
//
// What it promises:
//
//   - There is one way to write a certificate: what a [Reader] accepts has the
//     bytes that a [Writer] makes of its contents.
//   - A [Reader] checks all that can be checked without the model: the form of
//     each line, counts against samples, bounds and radii against counts, the
//     order of the images, the trailer. Its memory follows from the length of a
//     line.
//   - Labels play no part in certifying. With AccuracyOnly an image whose
//     selected class is wrong is not estimated, and its line says so.
//   - Noise may be derived from the model and the pixels ([Derivation]), so that
//     there is no seed to choose; an image that cannot be decoded has a line.
//   - A run that is killed goes on where it was, and ends in the same bytes.
//
// Start at [NewReader], which reads and checks a certificate. [NewWriter] begins
// or continues one and [Merge] puts its shards together; [Commitment] is what is
// published before, [Beacon] the public random number that comes after it.
package certificate
