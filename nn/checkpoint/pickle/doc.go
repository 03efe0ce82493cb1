// Package pickle reads and writes the subset of Python's pickle format that
// PyTorch checkpoints are made of.
//
// A pickle is a program for a small stack machine, and Python's own machine
// lets it import and call anything. The one here cannot: a pickle may name the
// globals on its [Loader]'s list and nothing else, a global is a Go function
// of that list, and the values are numbers, strings, lists, tuples,
// dictionaries and what those functions return. Any other name ends the
// reading with a [ForbiddenError] that says which; nothing is ever executed.
//
// Start at [Loader.Load] to read and at [Encoder] to write.
//
// What is promised:
//
//   - All opcodes of protocols 0 to 5 are known. Extension codes and
//     out-of-band buffers, which need a registry of the running Python, are
//     errors.
//   - Time and memory are bounded by a constant times the length of the
//     pickle, and absolutely by [MaxValues]: a length is compared with what is
//     left of the input before memory is taken for it.
//   - The machine does not recurse. The values may: a list can hold itself, or
//     the same list twice at each of many levels. [Walk] visits them within a
//     budget.
//   - Errors are one sentence that names what was wrong and where.
package pickle
