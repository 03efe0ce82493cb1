// Package smooth certifies classifiers by randomised smoothing (Cohen,
// Rosenfeld, Kolter: "Certified Adversarial Robustness via Randomized
// Smoothing", ICML 2019, arXiv:1902.02918): it asks a classifier about noisy
// copies of images, hands the counts of its answers to package smooth/bound, and
// writes what they prove with package smooth/certificate.
//
// The package knows no network and no pixels. It hands a [Classifier] jobs,
// each an image, a stream and a sample number, and a description of the
// [Noise]; whoever implements the interface makes the noise where it is
// cheapest, inside a kernel or on a device, from the same counters. A
// [FuncClassifier] makes a Classifier from a plain function of pixels.
//
// What it promises:
//
//   - A certificate is a function of the images, the classifier and the
//     parameters in its header. Batch size, threads, interruptions and the
//     machine leave no trace in it, given a classifier that keeps the same
//     promise.
//   - No answer is asked for twice: a run that is killed goes on where it was,
//     and loses the batch that was being classified.
//   - Memory depends on the batch and on neither the number of images nor, beyond
//     a line of the certificate, on that of their samples.
//
// Start at [Task], which certifies a set of images into files; [Certify]
// certifies one image in memory, and [Predict] is the prediction without a
// radius. Tables and curves are in package smooth/analyze, the check of a
// certificate with its model in smooth/audit.
package smooth
