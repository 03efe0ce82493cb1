//go:build static || !(linux || darwin || windows) || !(amd64 || arm64)

package dl

// Open returns ErrStatic.
func Open(string) (library uintptr, err error) { return 0, ErrStatic }

// Symbol returns ErrStatic.
func Symbol(uintptr, string) (uintptr, error) { return 0, ErrStatic }

func call(uintptr, []uintptr) uintptr { panic("dl: a call without a library") }
