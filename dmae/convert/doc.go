// Package convert turns checkpoints of PyTorch into godmae's and back, without
// losing what the other side can use.
//
// Start at [File]. Whatever the direction, a checkpoint is first brought into
// one form, that of godmae's safetensors files: tensors by name, those of
// training behind the prefix "train.", and strings (read.go). From there it is
// written as it is, or as the dictionary that the official trainer saves
// (write.go). optimizer.go knows how that trainer numbers the parameters of its
// optimiser.
//
// What is promised: tensors go through bit for bit, in their own element type
// and without being held in memory; converting there and back gives the same
// tensors under the same names; a file that is written for PyTorch holds
// nothing but dictionaries, lists, tuples, strings, numbers and tensors, so
// that torch.load reads it with weights_only=True.
package convert
