// Package shaders holds the kernels: GLSL, and the SPIR-V that scripts/shaders.sh
// compiled it to.
package shaders

import (
	"embed"
	"encoding/binary"
	"fmt"
)

//go:embed *.spv
var modules embed.FS

// Module returns the SPIR-V of the kernel of a name, with exact fused multiply-adds
// where it has any and they are asked for.
func Module(name string, exact bool) ([]uint32, error) {
	if exact {
		if b, err := modules.ReadFile(name + ".exact.spv"); err == nil {
			return words(name, b)
		}
	}
	b, err := modules.ReadFile(name + ".spv")
	if err != nil {
		return nil, fmt.Errorf("the program holds no kernel %q", name)
	}
	return words(name, b)
}

func words(name string, b []byte) ([]uint32, error) {
	if len(b) == 0 || len(b)%4 != 0 {
		return nil, fmt.Errorf("the kernel %q has %d bytes, which is no SPIR-V", name, len(b))
	}
	code := make([]uint32, len(b)/4)
	for i := range code {
		code[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return code, nil
}
