// Package hostile is a backend for tests. It follows the rules of
// [ops.Backend] exactly and gives no guarantee beyond them. It wraps another
// backend and
//
//   - works asynchronously: when Run returns, its goroutine may not have
//     started the operation;
//   - hides its memory: [tensor.Data] panics, and a tensor of another backend
//     is refused;
//   - fills fresh memory with NaN (or the smallest int32), and overwrites the
//     memory of a scope when it is released;
//   - has a memory limit, above which it fails;
//   - is lost at the n-th call, like a GPU when its driver resets.
//
// Code that passes its tests on it does not depend on the timing of a device.
// Start at [New].
package hostile
