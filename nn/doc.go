// Package nn builds networks: named parameters ([Params]), their
// initialisation, and the layers of a Vision Transformer (Dosovitskiy et al.,
// arXiv 2010.11929) as functions on an autograd tape.
//
// Start at [Builder], which collects the parameters of layers, then read [Params]
// and [Block]. The package of a model (dmae) defines its layers and their order.
//
// Parameters have the names and shapes of PyTorch and timm and a fixed order.
// All values are in one persistent tensor and all gradients in another. Each
// parameter starts at a multiple of [Align] elements, with zeros between. So
// clearing gradients, their norm and an optimiser step are a few operations
// on long vectors. Initial values depend only on the seed and the parameter's
// index, and are the same on every machine.
package nn
