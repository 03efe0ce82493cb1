// Package train runs the stages of training: [Pretrain] teaches a masked
// autoencoder to restore noisy, mostly hidden images, [Finetune] teaches a
// classifier to see through Gaussian noise, [Linprobe] teaches only its last
// layer. All end in a folder with checkpoint.safetensors, which later commands
// read, and log.txt, which holds one JSON object an epoch.
//
// Start at loop.go, the one training loop; pretrain.go, finetune.go and
// linprobe.go say what a step of each stage is, batch.go how a batch with its
// noisy copies goes through a model, [Recipe] holds every choice that decides
// the result, and [NewPlan] says what it amounts to.
//
// The package promises that a result depends on nothing but the recipe, the
// data and the initial weights. The number of threads, the size of the
// micro-batches a batch is accumulated from, and being stopped, killed and
// resumed at any point change no bit of what a run leaves. For that the checkpoint
// carries everything the next step needs, down to the sums of the epoch under way
// and the text of log.txt; every file but the event file replaces its predecessor
// atomically; and none but the event file holds a wall-clock time, which is no
// part of the promise.
package train
