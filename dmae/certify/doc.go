// Package certify certifies the images of a data set with a model. It connects
// package smooth, which handles jobs and counts but neither networks nor pixels,
// with any classifier that computes on a backend, and with the data sets of
// dmae/data.
//
// A [Certification] is a [Model], images and parameters. [Certification.Run]
// writes the certificate with its timing and its table, and continues a stopped
// run. [Certification.Commit] returns a commitment before the run. [Audit]
// computes a certificate again, from its counts or from the model. [Predict]
// classifies single images without a radius. [Classifier] is the adapter without
// a scheduler of the noisy copies.
//
// This package writes the description of the subject in a certificate: the digest
// of the model, and the name, number, selection and preprocessing of the images.
// It also writes the digest of the 8-bit pixels of each image, to which the noise
// is added, or a line for an image that cannot be decoded.
//
// The package depends on no model family. *dmae.Classifier is one Model;
// another family only needs the methods of that interface.
package certify
