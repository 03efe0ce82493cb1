// Package exact holds arithmetic whose results are the same bits on every
// machine, whatever the compiler fuses and whichever instructions the
// processor has. It imports nothing of the project but package decimal.
//
// It has two halves.
//
// The float32 half is the definition of what the kernels of package simd
// compute. [FMA32] is the exactly rounded fused multiply-add in portable Go;
// [Exp32], [Log32], [Erf32], [SinCos2Pi32], [Gelu32] and [GeluGrad32] are one
// straight-line sequence each of fused multiply-adds, multiplications,
// additions, compare-and-select and integer shifts, with the maximum error in
// units in the last place stated and tested. An assembly kernel is right when
// it returns these bits. Start at fma32.go, then exp32.go.
//
// The float64 half serves numbers that the host computes and that reach a
// result: [Exp], [Log], [Sin], [Cos] and [Pow] for schedules and
// initialisation, and, for certificates, interval arithmetic with the statistics
// built on it (files interval, binom, evidence and normal).
// Go's math functions differ between architectures, so they are test oracles
// here and never part of the computation; [math.Sqrt] and [math.FMA] are
// exactly rounded everywhere and are used freely.
package exact
