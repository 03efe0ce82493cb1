package ops

import "github.com/godmae/godmae/tensor"

// Contract is the name of the numerics contract for float32: what one backend
// computes under it is, bit for bit, what every other one computes. docs/numerics.md
// is its text, and package conformance holds the hashes that prove it.
const Contract = "f32/1"

// Identity says what a backend is.
type Identity struct {
	// Name is the kind of backend, as --backend takes it, such as "cpu" or "ref".
	Name string

	// Device and Driver are what it runs on, for people: a processor with its
	// instruction set, or a graphics card; the program or driver that computes.
	Device, Driver string

	// Contract names the numerics contract that results are computed under. Results
	// under the same contract are the same bits. Where a device's are not those of any
	// other, the name contains device and driver.
	Contract string

	// Precision is the profile of the contract, such as "f32" or "f64".
	Precision string
}

// DType returns the float type of tensors of a precision.
func (id Identity) DType() tensor.DType {
	if id.Precision == "f64" {
		return tensor.F64
	}
	return tensor.F32
}
