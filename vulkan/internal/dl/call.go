package dl

import (
	"runtime"
	"sync/atomic"
)

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
