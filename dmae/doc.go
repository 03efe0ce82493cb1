// Package dmae is the method of "Denoising Masked Autoencoders Help Robust
// Classification" (Wu et al., ICLR 2023, arXiv 2210.06983): a Vision
// Transformer learns to reconstruct images of which it sees a quarter of the
// patches under Gaussian noise, and its encoder then becomes a classifier that
// withstands noise, which is what randomized smoothing (package smooth) turns
// into a certificate.
//
// Start at [Config] and [Preset], which say what a model looks like, then read
// [Autoencoder] (pre-training) and [Classifier] (fine-tuning and use). Models
// are saved with their configuration by [Autoencoder.Save] and
// [Classifier.Save]. Package dmae/certify certifies a classifier.
//
// [Register] adds architectures of classifiers beside the Vision Transformer.
// Own corruptions and masks for training are a [Corruption] and a [Masking].
//
// Promises: both models take images in [0,1] at the resolution of the data and
// resize and normalise them inside, so that a radius is always in units of
// those pixels; parameter names and shapes are those of the official PyTorch
// code; everything random is addressed by (seed, stream, sample, epoch) and
// depends on neither batch nor threads.
//
// Data sets live in dmae/data, the training loops in dmae/train.
package dmae
