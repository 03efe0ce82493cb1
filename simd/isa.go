package simd

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// lanes is the number of lanes of every reduction, and the size of the groups
// of elements in every assembly kernel, for any vector width.
const lanes = 16

// kernels is one implementation of all kernels. Assembly kernels take only
// whole groups of sixteen elements, unless their type says otherwise; the
// definitions in plain Go take any length.
type kernels struct {
	name string

	add, sub, mul func(dst, a, b []float32)
	scale         func(dst, a []float32, s float32)
	addScaled     func(dst, a []float32, s float32, b []float32)
	normalize     func(dst, x []float32, mean, std float32)
	exp, gelu     func(dst, x []float32)
	geluGrad      func(dst, dy, x []float32)

	bias, biasGelu func(dst, bias []float32, rows, ld int)
	biasPreGelu    func(dst, bias, pre []float32, rows, ld, ldp int)
	biasResidual   func(dst, bias []float32, s float32, res []float32, rows, ld, ldr int)

	sum, sumSquares, max func(acc *[lanes]float32, x []float32)
	dot, squaredDiff     func(acc *[lanes]float32, a, b []float32)

	columnSum    func(acc, x []float32, rows, ld int)
	softmax      func(x []float32, rows int, mask *rowMask, s float32)
	softmaxPairs func(x []float32, pairs int, mask *rowMask, s float32)
	softmaxGrad  func(dst, p, dp []float32, rows int, mask *rowMask, s float32)

	layerNorm           func(y, mean, rstd, x, gamma, beta []float32, eps float32)
	layerNormGradX      func(dx, dy, x, mean, rstd, gamma []float32)
	layerNormGradXAdd   func(dx, dy, x, mean, rstd, gamma []float32)
	layerNormGradParams func(dgamma, dbeta, dy, x, mean, rstd []float32)

	adamW       func(p, m, v, g []float32, h *AdamW)
	words       func(dst []uint32, c *counter)
	uniform     func(dst []float32, c *counter)
	gaussian    func(dst []float32, c *counter)
	addGaussian func(dst, x []float32, sigma float32, c *counter)

	gemm *gemmKernel
}

// goKernels are the definitions. They run everywhere.
var goKernels = kernels{
	name: "go",

	add: addGo, sub: subGo, mul: mulGo, scale: scaleGo, addScaled: addScaledGo, normalize: normalizeGo,
	exp: expGo, gelu: geluGo, geluGrad: geluGradGo,

	bias: biasGo, biasGelu: biasGeluGo, biasPreGelu: biasPreGeluGo, biasResidual: biasResidualGo,

	sum: sumGo, sumSquares: sumSquaresGo, max: maxGo, dot: dotGo, squaredDiff: squaredDiffGo,

	columnSum: columnSumGo, softmax: softmaxGo, softmaxPairs: softmaxPairsGo, softmaxGrad: softmaxGradGo,

	layerNorm: layerNormGo, layerNormGradX: layerNormGradXGo, layerNormGradXAdd: layerNormGradXAddGo,
	layerNormGradParams: layerNormGradParamsGo,

	adamW: adamWGo, words: wordsGo, uniform: uniformGo, gaussian: gaussianGo, addGaussian: addGaussianGo,

	gemm: &gemmKernelGo,
}

// usable lists the implementations for this processor, slowest first; "go" is
// always the first.
var usable = append([]*kernels{&goKernels}, machineKernels()...)

// known has the names for all processors.
var known = []string{"go", "avx2", "avx512", "neon"}

// active is the implementation in use: the widest instruction set, or that of the
// environment. If the latter is not available, active is nil and refusal has the
// reason. A fallback would let a test of an instruction set pass without running
// it.
var active, refusal = fromEnvironment()

// fromEnvironment returns the kernels of the environment variable DMAE_SIMD,
// the widest if it is not set.
func fromEnvironment() (*kernels, error) {
	name := os.Getenv("DMAE_SIMD")
	if name == "" {
		return usable[len(usable)-1], nil
	}
	k, err := find(name)
	if err != nil {
		return nil, fmt.Errorf("environment variable DMAE_SIMD: %w", err)
	}
	return k, nil
}

// Err returns an error if the instruction set of the environment variable
// DMAE_SIMD is not available. The error names it and the available ones. Programs
// should check it first. While it is not nil, every function of this package that
// runs a kernel panics with it, until [Select] has selected an instruction set.
func Err() error { return refusal }

// use returns the active kernels.
func use() *kernels {
	if active == nil {
		panic(refusal)
	}
	return active
}

// ISA returns the name of the instruction set in use: "go", "avx2", "avx512"
// or "neon".
func ISA() string { return use().name }

// Available returns the names of the instruction sets that this processor can
// run, slowest first. The first is always "go".
func Available() []string {
	var names []string
	for _, k := range usable {
		names = append(names, k.name)
	}
	return names
}

// Select makes every later call use the named instruction set. It is meant for
// tests and for start-up; it must not run while a kernel runs. After an error
// nothing has changed.
func Select(name string) error {
	k, err := find(name)
	if err != nil {
		return err
	}
	active, refusal = k, nil
	return nil
}

// find returns the kernels of an instruction set.
func find(name string) (*kernels, error) {
	for _, k := range usable {
		if k.name == name {
			return k, nil
		}
	}
	here := strings.Join(Available(), ", ")
	if slices.Contains(known, name) {
		return nil, fmt.Errorf("instruction set %q does not run on this processor; choose one of %s", name, here)
	}
	return nil, fmt.Errorf("%q is not an instruction set; choose one of %s", name, here)
}
