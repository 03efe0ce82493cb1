// Package bound is the statistics of randomised smoothing. It computes bounds
// for the smoothed classifier from the class counts of a classifier under
// Gaussian noise (Cohen, Rosenfeld, Kolter: "Certified Adversarial Robustness
// via Randomized Smoothing", ICML 2019, arXiv:1902.02918). It uses only numbers:
// no images, no noise and no files.
//
// A [Plan] has the numbers of samples and the level. [New] makes the [Statistics]
// of its [Method], which process the samples of an image and return a [Verdict]:
// the class, a bound on its probability, and the L2 radius within which the
// smoothed classifier has this class.
//
// Guarantees:
//
//   - A verdict depends only on the plan, the number of classes, the counts at
//     each look and, for [MethodRandomised], a [Draw]. It is the same on every
//     machine.
//   - A verdict is false with probability at most Alpha, over the samples of its
//     image.
//   - Bounds and radii of certified classes are rounded down, with the proven
//     intervals of package internal/exact.
//
// Start at [Cohen], the method of the paper, and its parts
// [ClopperPearsonLower] and [Radius]. randomised.go, runnerup.go and anytime.go
// are the other methods; docs/certificates.md derives each.
package bound
