// Package exact is arithmetic with the same bits on every machine, whatever
// the compiler fuses and whichever instructions the processor has. Of the
// project it imports only package decimal.
//
// It has two parts.
//
// The float32 part defines what the kernels of package simd compute. [FMA32]
// is the exactly rounded fused multiply-add in portable Go; [Exp32], [Log32],
// [Erf32], [SinCos2Pi32], [Gelu32] and [GeluGrad32] are one straight-line
// sequence each of fused multiply-adds, multiplications, additions,
// compare-and-select and integer shifts, with the maximum error in units in
// the last place stated and tested. An assembly kernel is correct if it
// returns the same bits. Start at fma32.go, then exp32.go.
//
// The float64 part is for numbers that the host computes and that enter results.
// [Exp], [Log], [Sin], [Cos] and [Pow] serve schedules and initialisation.
// Interval arithmetic and the statistics built on it serve certificates
// (interval.go, binom.go, evidence.go and normal.go). Go's math functions differ
// between architectures, so only tests use them. [math.Sqrt] and [math.FMA] are
// exactly rounded on all of them and are used here.
package exact
