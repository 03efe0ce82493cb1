package philox

// Stream is the purpose of a random number. Two streams never share a counter,
// so a change of, for example, the augmentation leaves the noise unchanged.
type Stream uint8

// The streams of the project. The numbers are part of the numerics contract
// f32/1. Checkpoints and certificates depend on them, so a number is never
// reused.
const (
	DataOrder       Stream = 1  // order of the samples of an epoch
	Augment         Stream = 2  // crops, flips and other image transforms
	Mask            Stream = 3  // which patches a masked autoencoder sees
	TrainNoise      Stream = 4  // Gaussian corruption during training
	DropPath        Stream = 5  // stochastic depth
	Init            Stream = 6  // parameter initialisation
	Mixup           Stream = 7  // mixup and cutmix, by step, or by sample and step
	SelectionNoise  Stream = 8  // certifier: the n0 samples that choose a class
	EstimationNoise Stream = 9  // certifier: the n samples that are counted
	RandomisedBound Stream = 10 // certifier: the W of randomised bounds
	EvalNoise       Stream = 11 // accuracy under noise, pictures
	AttackNoise     Stream = 13 // attacks on a smoothed classifier
	FirstUserStream Stream = 128
)

// Addr is the address of a sequence of random numbers: each number is a
// function of (seed, stream, A, B, copy, retry) and its position in the
// sequence. By convention
//
//	training:      A = index of the sample in its data set, B = epoch (or step)
//	certification: A = index of the image,                  B = sample number
//	parameters:    A = index of the parameter,              B = 0
//
// Position counts blocks of four words. The counter words are
//
//	c0 = position, c1 = B, c2 = A, c3 = stream<<24 | retry<<16 | copy
//
// and the key is the 64-bit seed, low word first.
type Addr struct {
	Seed   uint64
	Stream Stream
	Retry  uint8
	Copy   uint16
	A, B   uint32
}

// Key returns the Philox key of the address: its seed.
func (a Addr) Key() [2]uint32 { return [2]uint32{uint32(a.Seed), uint32(a.Seed >> 32)} }

// Counter returns the Philox counter of the block at a position.
func (a Addr) Counter(position uint32) [4]uint32 {
	return [4]uint32{position, a.B, a.A, uint32(a.Stream)<<24 | uint32(a.Retry)<<16 | uint32(a.Copy)}
}

// Block returns the four words at a position.
func (a Addr) Block(position uint32) [4]uint32 { return Block(a.Key(), a.Counter(position)) }
