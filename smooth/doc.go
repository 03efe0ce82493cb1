// Package smooth certifies classifiers by randomised smoothing (Cohen,
// Rosenfeld, Kolter: "Certified Adversarial Robustness via Randomized
// Smoothing", ICML 2019, arXiv:1902.02918). It classifies noisy copies of
// images, computes bounds from the class counts with package smooth/bound, and
// writes certificates with package smooth/certificate.
//
// The package depends on no network and no pixels. A [Classifier] gets
// jobs, each with an image, a stream and a sample number, and a description
// of the [Noise]. Its implementation makes the noise where it is cheapest,
// in a kernel or on a device, from the same counters. A [FuncClassifier]
// makes a Classifier from a function of pixels.
//
// Guarantees:
//
//   - A certificate depends only on the images, the classifier and the
//     parameters in its header. It does not depend on batch size, threads,
//     interruptions and the machine, if the classifier does not.
//   - No sample is classified twice: a killed run is continued and loses only
//     its last batch.
//   - Memory depends on the batch, and not on the number of images. It grows
//     with the number of samples only as a line of the certificate does.
//
// Start at [Task], which certifies a set of images and writes files.
// [Certify] certifies one image in memory, and [Predict] predicts without a
// radius. Package smooth/analyze makes tables and curves, smooth/audit
// checks a certificate with its model.
package smooth
