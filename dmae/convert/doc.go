// Package convert converts checkpoints of PyTorch to godmae's and back, and
// keeps everything that the other side can use.
//
// Start at [File]. In both directions a checkpoint is first read into the form
// of godmae's safetensors files: tensors by name, those of training with the
// prefix "train.", and strings (read.go). Then it is written in this form, or
// as the dictionary of the official training code (write.go). optimizer.go has
// that code's numbering of the optimiser's parameters.
//
// What is promised: tensors are copied bit for bit, in their element type,
// without being held in memory. Converting there and back gives the same
// tensors under the same names. A file for PyTorch holds only dictionaries,
// lists, tuples, strings, numbers and tensors, so that torch.load reads it
// with weights_only=True.
package convert
