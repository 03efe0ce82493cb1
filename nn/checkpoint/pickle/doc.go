// Package pickle reads and writes the subset of Python's pickle format that
// PyTorch checkpoints use.
//
// A pickle is a program for a small stack machine. In Python it can import and
// call anything. Here it can name only the globals on the list of its
// [Loader], each of which is a Go function. The values are numbers, strings,
// lists, tuples, dictionaries and the results of those functions. Any other
// name is a [ForbiddenError]. No Python code is executed.
//
// Start at [Loader.Load] to read and at [Encode] to write.
//
// What is promised:
//
//   - All opcodes of protocols 0 to 5 are known. Extension codes and
//     out-of-band buffers, which need a registry of the running Python, are
//     errors.
//   - Time and memory are bounded by a constant times the length of the
//     pickle, and by [MaxValues]. A length is compared with the rest of the
//     input before memory is allocated for it.
//   - Reading does not recurse. The values may be recursive: a list can hold
//     itself, or the same list twice at each of many levels. [Walk] limits the
//     number of values it visits.
//   - An error is one sentence that names the fault and its position.
package pickle
