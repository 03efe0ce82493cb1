package shaders

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Instructions and decorations of SPIR-V.
const (
	opExtInst  = 12
	opDecorate = 71

	noContraction = 42
	fma           = 50 // of GLSL.std.450, the only set of extended instructions
)

// arithmetical are the instructions that round: sums, products, quotients, remainders
// and products of vectors and matrices.
var arithmetical = map[uint32]bool{
	129: true, 131: true, 133: true, 136: true, 140: true, 141: true,
	142: true, 143: true, 144: true, 145: true, 146: true, 147: true, 148: true,
}

// undecorated lists the results of arithmetic in a module that a driver may contract.
func undecorated(code []uint32) (found []string) {
	precise, arithmetic := map[uint32]bool{}, map[uint32]uint32{}
	for at := 5; at < len(code); {
		op, words := code[at]&0xFFFF, int(code[at]>>16)
		switch {
		case op == opDecorate && code[at+2] == noContraction:
			precise[code[at+1]] = true
		case arithmetical[op], op == opExtInst && code[at+4] == fma:
			arithmetic[code[at+2]] = op
		}
		at += words
	}
	for id, op := range arithmetic {
		if !precise[id] {
			found = append(found, fmt.Sprintf("%%%d, instruction %d", id, op))
		}
	}
	return found
}

// A driver must not fuse or reorder any sum or product of a kernel.
func TestEveryOperationIsPrecise(t *testing.T) {
	files, err := modules.ReadDir(".")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		code, err := Module(strings.TrimSuffix(f.Name(), ".spv"), false)
		require.NoError(t, err)
		require.Empty(t, undecorated(code), f.Name())
	}
}
