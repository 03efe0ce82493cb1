// Package hostile is a backend for tests that obeys the contract of
// [ops.Backend] to the letter and grants nothing beyond it. It wraps another
// backend and
//
//   - works late, on a goroutine of its own: when Run returns, nothing has
//     happened yet;
//   - keeps its memory to itself: [tensor.Data] panics, and a tensor of another
//     backend is refused;
//   - fills fresh memory with NaN (or the smallest int32), and overwrites the
//     memory of a scope when it is released;
//   - has a limit of memory, beyond which it fails;
//   - is lost at the n-th call, as a GPU is whose driver resets.
//
// What passes on it needs no luck on a device. Start at [New].
package hostile
