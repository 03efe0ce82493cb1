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

// Module returns the SPIR-V of the kernel of a name.
func Module(name string) ([]uint32, error) {
	b, err := modules.ReadFile(name + ".spv")
	if err != nil || len(b) == 0 || len(b)%4 != 0 {
		return nil, fmt.Errorf("the program holds no kernel %q", name)
	}
	code := make([]uint32, len(b)/4)
	for i := range code {
		code[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return code, nil
}
