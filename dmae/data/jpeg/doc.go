// Package jpeg decodes JPEG files to the pixels of libjpeg, and so of PIL,
// bit for bit. Models in Python are trained on these pixels, and a replayed
// certificate needs the same ones. Decoders differ in the rounding of the
// inverse cosine transform and in the upsampling of chroma that is stored at
// half the resolution. The decoder of the standard library has changed both
// between releases.
//
// Start at [Decode]. The files are the stages of decoding: header.go and segments.go read
// the segments, scan.go and progressive.go the coefficients of the blocks, huffman.go and
// arithmetic.go the bits. idct.go makes samples from coefficients, upsample.go brings all
// components to one size, and colour.go makes red, green and blue.
//
// Supported are sequential and progressive files of 8 bits with Huffman or
// arithmetic coding: grey, YCbCr, RGB, CMYK and YCCK, with every integer sampling
// ratio and with restart intervals. Standard Huffman tables that a file omits are
// supplied (standard.go). If scans of a progressive file are missing, the low
// frequencies are estimated as in libjpeg (smooth.go). Lossless and hierarchical
// files, 12 bits, and two components are errors that name the feature. If data
// are damaged, libjpeg warns and guesses; this package returns an error.
//
// Sources: ITU-T T.81 (the format); T.871 (JFIF); Loeffler, Ligtenberg and
// Moschytz 1989 (the transform), in the 13-bit fixed point of libjpeg's
// "islow"; the tests compare with libjpeg-turbo's output.
package jpeg
