// Package smooth certifies classifiers by randomized smoothing (Cohen,
// Rosenfeld, Kolter: "Certified Adversarial Robustness via Randomized
// Smoothing", ICML 2019, arXiv:1902.02918): it counts how a classifier answers
// under Gaussian noise, bounds the probability of the top class, and turns the
// bound into an L2 radius within which the smoothed classifier cannot change
// its mind.
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
//   - Numbers are rounded to the safe side, by the proven intervals of package
//     internal/exact: the probability bound and the radius down.
//   - Labels play no part in certifying. With AccuracyOnly an image whose
//     selected class is wrong is not estimated, and its line says so.
//   - Noise may be derived from the model and the pixels ([Derivation]), so that
//     there is no seed to choose; an image that cannot be decoded has a line.
//   - A run that is killed goes on where it was, and ends in the same bytes.
//
// Start at [Task], which certifies a set of images into files; [Cohen] is the
// statistics, [Header] and [Record] are the file format, [Reader] reads and
// checks it, [Predict] is the prediction without a radius. Tables and curves
// are in the package analyze below this one.
package smooth
