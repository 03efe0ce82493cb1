// Package checkpoint reads and writes tensors by name. Its own format is
// safetensors: an 8-byte little-endian header length, a JSON header, and one
// flat byte buffer (https://huggingface.co/docs/safetensors). It also reads
// what PyTorch's torch.save writes, in the zip container of version 1.6 and
// later and in the legacy stream of pickles.
//
// Start at [Open] to read and at [Write] to save. A [File] parses the
// description at once and the tensors on demand, straight into the caller's
// memory: the file is mapped, and mapped pages are given back once they are
// copied, so that loading a model takes the memory of the model and no more. A
// [Tensor] to be written holds the caller's slice without a copy.
//
// What is promised:
//
//   - The bytes written are a function of the tensors and the metadata alone:
//     tensors are ordered by element size (largest first) and then by name,
//     metadata by key, so that every tensor starts at a multiple of its
//     element size and no byte is left between two.
//   - A path holds a complete file or what was there before, never a part.
//   - A header is checked in full before a tensor is read: names are unique,
//     offsets fit the shape and the type, tensors neither overlap nor leave
//     gaps and end where the file ends. A file that breaks a rule gives an
//     error of one sentence, and memory is never taken on a header's word
//     alone: it is bounded by the size of the file.
//   - The same holds for PyTorch's files, and nothing in them is executed: a
//     pickle may name what is on a short list (package pickle) and is refused
//     otherwise, with the name it asked for.
//
// The package knows nothing of models: what the names mean is nn's business,
// what the metadata means is the trainer's.
package checkpoint
