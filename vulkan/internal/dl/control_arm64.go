package dl

// control returns FPCR: rounding and flush to zero.
func control() uint64

func setControl(c uint64)
