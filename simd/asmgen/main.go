// Command asmgen writes the assembly kernels of package simd, except those of
// the matrix product, whose generator is in the folder gemm.
//
//	cd simd/asmgen && go run .
//
// A kernel is described once, as a sequence of vector operations with loops
// (kernels*.go, with the functions of math.go). The same register allocator
// generates code for AVX2, AVX-512 and NEON from it. So all instruction sets
// perform the same operations in the same order and give the same bits. Start
// reading at ir.go.
package main

import (
	"fmt"
	"go/format"
	"os"
	"path/filepath"
)

func main() {
	dir := ".."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	for name, text := range generate() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "asmgen:", err)
			os.Exit(1)
		}
	}
}

// generate returns the text of every generated file by its name.
func generate() map[string]string {
	files := map[string]string{}
	for _, arch := range []string{"amd64", "arm64"} {
		var stubs []*kernel
		for _, t := range targets {
			if t.arch != arch {
				continue
			}
			var kernels []*kernel
			for _, spec := range specs {
				kernels = append(kernels, build(t, spec))
			}
			files[fmt.Sprintf("kernels_%s_%s.s", t.name, arch)] = assembly(t, kernels)
			stubs = append(stubs, kernels...)
		}
		source, err := format.Source([]byte(declarations(stubs)))
		if err != nil {
			panic(err) // the generator wrote invalid Go
		}
		files[fmt.Sprintf("kernels_%s.go", arch)] = string(source)
	}
	return files
}

// build makes a kernel with two interleaved chains of operations, or with one
// if two need too many registers.
func build(t *target, s spec) *kernel {
	for chains := 2; chains > 0; chains-- {
		k := newKernel(t, s, chains)
		s.body(k)
		if k.finish() {
			return k
		}
	}
	panic("asmgen: " + s.name + " needs more vector registers on " + t.name)
}
