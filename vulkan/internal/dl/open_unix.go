//go:build !static && (linux || darwin) && (amd64 || arm64)

package dl

import "github.com/ebitengine/purego"

// Open loads a library and returns its handle. A library stays loaded as long as the
// program runs.
func Open(name string) (library uintptr, err error) {
	return purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

// Symbol returns the address of a function of a library.
func Symbol(library uintptr, name string) (uintptr, error) { return purego.Dlsym(library, name) }

func call(function uintptr, args []uintptr) uintptr {
	r, _, _ := purego.SyscallN(function, args...)
	return r
}
