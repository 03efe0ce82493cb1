// Package dl loads a shared library and calls its functions without cgo. It is the
// only package that imports purego, and the build tag "static" leaves that out: the
// program is then a static binary, which needs no C library, and [Open] returns
// [ErrStatic]. The same holds on systems and processors that purego is not used for.
//
// A graphics driver may change how its caller's thread rounds and whether it keeps
// subnormal numbers. [Call] stays on one thread, compares the processor's
// floating-point control register before and after the call, and puts it back.
package dl
