// Package dmae implements "Denoising Masked Autoencoders Help Robust
// Classification" (Wu et al., ICLR 2023, arXiv 2210.06983). A Vision
// Transformer learns to reconstruct images from a quarter of their patches
// under Gaussian noise. Its encoder is then fine-tuned to a classifier that is
// accurate under noise, which randomized smoothing (package smooth) certifies.
//
// Start at [Config] and [Preset], which describe a model, then read
// [Autoencoder] (pre-training) and [Classifier] (fine-tuning and use). Models
// are saved with their configuration by [Autoencoder.Save] and
// [Classifier.Save]. Package dmae/certify certifies a classifier.
//
// [Register] adds architectures of classifiers beside the Vision Transformer. A
// [Corruption] or a [Masking] replaces the noise or the masks of training.
//
// Both models take images in [0,1] at the resolution of the data and resize
// and normalise them inside, so that a radius is always in units of those
// pixels. Parameter names and shapes are those of the official PyTorch code.
// Random numbers are addressed by (seed, stream, sample, epoch) and depend
// neither on the batch nor on the number of threads.
//
// Package dmae/data has the data sets, dmae/train the training loops.
package dmae
