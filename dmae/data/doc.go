// Package data reads image files and makes batches of float32 pixels.
//
// Start at [Open], which reads a [Dataset] by its path or its built-in name:
// IDX files (MNIST, Fashion-MNIST), CIFAR-10 and CIFAR-100, folders of images
// with a subfolder per class, .tar, .tar.gz or .zip archives of those, and the
// excerpt of Fashion-MNIST that is compiled into the program. A [Pipeline] of
// transforms crops, resizes and flips the 8-bit pixels and converts them to
// float32 in [0,1]. A [Loader] reads and transforms images in goroutines
// during training and returns batches in order.
//
// What is promised:
//
//   - The batches depend on the data set, the seed and the position in the
//     training only. The number of goroutines, their timing and the step at
//     which a loader starts do not change a bit. Every random decision comes
//     from philox, addressed by seed, sample and epoch. Resizing uses float64
//     sums without fusing, then integers.
//   - An invalid file gives an error of one sentence that names the file. A
//     corrupt image of a folder is named, counted and left out, up to a
//     limit. No content of a file makes the program crash, or use more memory
//     than the limits stated here.
//   - JPEG files give libjpeg's pixels, and resizing and RandAugment PIL's, bit
//     for bit.
//   - Pixels are stored planar: all of channel 0, row by row, then channel 1.
package data
