// Package jpeg decodes JPEG files to the pixels that libjpeg, and so PIL,
// makes of them, bit for bit: models trained in Python have seen those, and a
// certificate that is replayed years later has to start from the same ones.
// Decoders differ in how they round the inverse cosine transform and in how
// they enlarge colour that is stored at half the resolution; the standard
// library's has changed both its own way between releases.
//
// Start at [Decode]. The files follow a picture through: header.go reads the
// segments, scan.go and progressive.go the coefficients of the blocks,
// huffman.go and arithmetic.go the bits; idct.go makes samples of coefficients, upsample.go
// brings all components to one size, colour.go makes red, green and blue.
//
// Read are sequential and progressive files of 8 bits with Huffman or arithmetic
// coding: grey, YCbCr, RGB, CMYK and YCCK, with every whole ratio of sampling and
// with restart intervals. Standard Huffman tables that a file leaves out are
// supplied (standard.go); of a progressive file that lacks scans the low
// frequencies are estimated as libjpeg does (smooth.go). Refused, by name, are
// lossless and hierarchical files, 12 bits, and two components. Where libjpeg
// warns of damaged data and guesses, this package returns an error.
//
// Sources: ITU-T T.81 (the format); T.871 (JFIF); Loeffler, Ligtenberg and
// Moschytz 1989 (the transform), in the 13-bit fixed point of libjpeg's
// "islow"; the tests compare with libjpeg-turbo's output.
package jpeg
