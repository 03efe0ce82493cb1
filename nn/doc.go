// Package nn builds networks: a registry of named parameters ([Params]), their
// initialisation, and the parts of a Vision Transformer (Dosovitskiy et al.,
// arXiv 2010.11929) as functions on an autograd tape.
//
// Start at [Builder], which layers declare their parameters to, then read
// [Params] and [Block]. The package that defines a model (dmae) says which layers
// it has, in which order.
//
// Promises: parameters have the names and shapes of PyTorch and timm and a
// fixed order; all values lie in one persistent tensor and all gradients in
// another, each parameter starting at a multiple of [Align] elements with
// zeros between, so that clearing gradients, their norm and an optimiser step
// are a few operations on long vectors. Initial values are a function of the
// seed and the parameter's place in the order, the same on every machine.
package nn
