// Package train runs the stages of training. [Pretrain] trains a masked
// autoencoder to reconstruct noisy, mostly hidden images, [Finetune] a
// classifier under Gaussian noise, [Linprobe] only its last layer. Each writes
// a folder with checkpoint.safetensors, which later commands read, and
// log.txt, which has one JSON object per epoch.
//
// Start at loop.go, the only training loop. pretrain.go, finetune.go and
// linprobe.go define a step of each stage, batch.go the passes of a batch
// with its noisy copies through a model. [Recipe] holds every setting that
// affects the result, and [NewPlan] computes steps, parameter groups and
// learning rates from it.
//
// A result depends only on the recipe, the data and the initial weights. The
// number of threads and the size of the micro-batches change no bit of the files
// of a run; neither does stopping, killing and resuming it at any point. For that
// the checkpoint contains everything the next step needs, including the sums of
// the current epoch and the text of log.txt. Every file but the event file
// replaces its predecessor atomically. Only the event file holds wall-clock times,
// which may differ.
package train
