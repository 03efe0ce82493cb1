//go:build !amd64 && !arm64

package dl

// There are no calls on other processors.

func control() uint64 { return 0 }

func setControl(uint64) {}
