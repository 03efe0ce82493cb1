// Package bound is the statistics of randomised smoothing: what the counts of a
// classifier's answers under Gaussian noise prove about the smoothed classifier
// (Cohen, Rosenfeld, Kolter: "Certified Adversarial Robustness via Randomized
// Smoothing", ICML 2019, arXiv:1902.02918). It knows numbers alone: no image, no
// noise and no file.
//
// A [Plan] says how many samples are drawn and at which level; [New] makes the
// [Statistics] of its [Method], which follow the samples of an image and end in a
// [Verdict]: the class, a bound on its probability, and the L2 radius within which
// the smoothed classifier cannot give another answer.
//
// What it promises:
//
//   - A verdict is a function of the plan, the number of classes and the counts
//     at each look, and for [MethodRandomised] of a [Draw]. It is the same on
//     every machine.
//   - A verdict is false with probability at most Alpha, over the samples of its
//     image.
//   - Numbers are rounded to the safe side, by the proven intervals of package
//     internal/exact: bounds and radii of certified classes down.
//
// Start at [Cohen], the method of the paper, and at [ClopperPearsonLower] and
// [Radius], of which it consists. randomised.go, runnerup.go and anytime.go are
// the other methods; docs/certificates.md derives each.
package bound
