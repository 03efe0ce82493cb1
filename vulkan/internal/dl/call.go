package dl

import (
	"errors"
	"runtime"
	"sync/atomic"
)

// ErrStatic is the error of a program that cannot load libraries.
var ErrStatic = errors.New("this build of the program for " + runtime.GOOS + "/" + runtime.GOARCH +
	" cannot load libraries; take the one for linux, darwin or windows on amd64 or arm64 that was built without the tag static")

var restored atomic.Uint64

// Restored returns how many calls came back with a floating-point control register
// that was not the caller's.
func Restored() uint64 { return restored.Load() }

// Call calls a function of a library with integers or pointers and returns its
// integer result. Pointers are given as uintptr(unsafe.Pointer(p)) in the argument
// list itself, which keeps what they point to alive and in place during the call.
//
//go:uintptrescapes
func Call(function uintptr, args ...uintptr) uintptr {
	// The register belongs to a thread, and a goroutine may move to another one at any
	// time unless it is locked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := control()
	r := call(function, args)
	if control() != before {
		setControl(before)
		restored.Add(1)
	}
	return r
}
