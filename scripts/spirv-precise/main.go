// Spirv-precise marks every fused multiply-add of SPIR-V modules NoContraction, in
// place. GLSL's "precise" does that for sums and products but not for fma(), which
// drivers that have no such instruction take apart and may then rearrange.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
)

// Instructions and decorations of SPIR-V (version 1.5, section 3).
const (
	opExtInst     = 12
	opDecorate    = 71
	noContraction = 42
	glslFma       = 50 // of GLSL.std.450, the only extended instructions of these modules
	header        = 5  // words
)

func main() {
	for _, file := range os.Args[1:] {
		if err := mark(file); err != nil {
			fmt.Fprintf(os.Stderr, "spirv-precise: %s: %v\n", file, err)
			os.Exit(1)
		}
	}
}

func mark(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	code := make([]uint32, len(b)/4)
	for i := range code {
		code[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	var first int // decoration
	var add []uint32
	for at := header; at < len(code); {
		op, words := code[at]&0xFFFF, int(code[at]>>16)
		if words == 0 {
			return fmt.Errorf("the instruction at word %d has no length", at)
		}
		switch {
		case op == opDecorate && first == 0:
			first = at
		case op == opExtInst && code[at+4] == glslFma:
			add = append(add, 3<<16|opDecorate, code[at+2], noContraction)
		}
		at += words
	}
	if first == 0 {
		return fmt.Errorf("it has no decoration to put others beside")
	}
	code = slices.Insert(code, first, add...)
	b = b[:0]
	for _, w := range code {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return os.WriteFile(file, b, 0o644)
}
