// Package optim trains the parameters of package nn: AdamW with groups, LARS,
// gradient clipping, and the learning-rate schedule of the paper.
//
// Start at [AdamW]. [Pretrain] and [Finetune] give the weight decay and the
// learning-rate factor of each parameter; [Schedule] gives the learning rate of
// a step.
//
// The updates are operations of the backend. The host computes only scalars (learning rate,
// bias corrections), with arithmetic that gives the same bits on every machine. The norm of
// the gradients and the factor of the step stay on the backend, which skips a step that is
// not finite. A run that is stopped, saved with [AdamW.Export] and continued with
// [AdamW.Import] has the same final bits as an uninterrupted one.
package optim
