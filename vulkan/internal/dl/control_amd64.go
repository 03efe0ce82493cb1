package dl

// mxcsrFlags are the bits of MXCSR that record what happened, not what is wanted.
const mxcsrFlags = 0x3F

// control returns MXCSR: rounding, flush to zero, denormals are zero, masks.
func control() uint64 { return uint64(mxcsr() &^ mxcsrFlags) }

func setControl(c uint64) { setMXCSR(uint32(c)) }

func mxcsr() uint32

func setMXCSR(c uint32)
