// Package certify certifies the images of a data set with a model: it joins
// package smooth, which knows jobs and counts but neither networks nor pixels, to
// any classifier that computes on a backend, and to the data sets of dmae/data.
//
// A [Certification] is a [Model], images and parameters. [Certification.Run]
// writes the certificate with its timing and its table, and goes on where a run
// that was stopped left off; [Certification.Commit] promises beforehand what will
// be certified; [Audit] computes a certificate again, from its counts or from the
// model; [Predict] answers for single images without a radius. [Classifier] is
// the adapter alone, for whoever schedules the noisy copies in another way.
//
// What stands in a certificate about its subject is decided here: the digest of
// the model, the name and the number of the images and the rule that picked them,
// their preprocessing in words, the digest of the 8-bit pixels that the noise is
// added to, and a line for each image that cannot be decoded.
//
// The package knows no model family. *dmae.Classifier is one Model; another
// family needs the methods of that interface and nothing else.
package certify
