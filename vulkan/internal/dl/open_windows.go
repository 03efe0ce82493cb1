//go:build !static && windows && (amd64 || arm64)

package dl

import (
	"github.com/ebitengine/purego"
	"golang.org/x/sys/windows"
)

// Open loads a library and returns its handle. A library stays loaded as long as the
// program runs. Only the folder of the system is searched, not the current one.
func Open(name string) (library uintptr, err error) {
	h, err := windows.LoadLibraryEx(name, 0, windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	return uintptr(h), err
}

// Symbol returns the address of a function of a library.
func Symbol(library uintptr, name string) (uintptr, error) {
	return windows.GetProcAddress(windows.Handle(library), name)
}

func call(function uintptr, args []uintptr) uintptr {
	r, _, _ := purego.SyscallN(function, args...)
	return r
}
