// Package optim trains the parameters of package nn: AdamW with groups, LARS,
// gradient clipping, and the learning-rate schedule of the paper.
//
// Start at [AdamW]; [Pretrain] and [Finetune] say which parameters decay and
// how fast each layer learns; [Schedule] gives the learning rate of a step.
//
// The updates themselves are operations of the backend. The host computes only
// scalars (learning rate, bias corrections), with arithmetic that gives the same
// bits on every machine; the norm of the gradients and what follows from it stay on
// the backend, and a step that is not finite is not taken there. A run that is stopped, saved
// with [AdamW.Export] and continued with [AdamW.Import] ends in the same bits
// as one that was not.
package optim
