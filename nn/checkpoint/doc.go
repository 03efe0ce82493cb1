// Package checkpoint reads and writes tensors by name. Its own format is
// safetensors: an 8-byte little-endian header length, a JSON header, and one
// flat byte buffer (https://huggingface.co/docs/safetensors). It also reads
// what PyTorch's torch.save writes, in the zip container of version 1.6 and
// later and in the legacy stream of pickles.
//
// Start at [Open] to read and at [Write] to save. Open reads the header;
// tensors are read on demand, directly into the caller's memory. The file is
// mapped, and pages are released once they are copied, so that loading a model
// takes no more memory than the model. A [Tensor] to be written holds the
// caller's slice without a copy.
//
// What is promised:
//
//   - The bytes written depend on the tensors and the metadata only: tensors
//     are ordered by element size (largest first) and then by name, metadata
//     by key. So every tensor starts at a multiple of its element size
//     without gaps.
//   - A write replaces the file completely or leaves the old one, never a part.
//   - A header is checked in full before a tensor is read: names are unique,
//     offsets fit the shape and the type, tensors neither overlap nor leave
//     gaps and end where the file ends. A file that breaks a rule gives an
//     error of one sentence. Memory is bounded by the size of the file,
//     whatever sizes the header claims.
//   - The same holds for PyTorch's files, and nothing in them is executed. A
//     pickle that names a global outside a short list (package pickle) is
//     refused with an error that has the name.
//
// The package does not depend on models: package nn defines the names of
// tensors, and the packages that train define the metadata.
package checkpoint
