//go:build !static && linux && (amd64 || arm64)

package dl

import (
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func library(t *testing.T, name string) uintptr {
	lib, err := Open(name)
	if err != nil {
		t.Skipf("this machine has no %s: %v", name, err)
	}
	return lib
}

func TestCallReturnsWhatTheFunctionReturns(t *testing.T) {
	strlen, err := Symbol(library(t, "libc.so.6"), "strlen")
	require.NoError(t, err)
	text := []byte("four\x00")
	require.EqualValues(t, 4, Call(strlen, uintptr(unsafe.Pointer(&text[0]))))
}

func TestAMissingFunctionIsAnError(t *testing.T) {
	_, err := Symbol(library(t, "libc.so.6"), "no_such_function")
	require.Error(t, err)
	_, err = Open("libno-such-library.so")
	require.Error(t, err)
}

// A library that changes how the thread rounds does not change how Go rounds.
func TestTheControlRegisterIsRestored(t *testing.T) {
	fesetround, err := Symbol(library(t, "libm.so.6"), "fesetround")
	require.NoError(t, err)
	upward := map[string]uintptr{"amd64": 0x800, "arm64": 0x400000}[runtime.GOARCH]
	before, count := control(), Restored()
	require.Zero(t, Call(fesetround, upward))
	require.Equal(t, count+1, Restored())
	require.Equal(t, before, control())
	third := float32(1)
	for range 3 {
		third /= 3
	}
	require.Equal(t, float32(1.0/27), third)
	require.Zero(t, Call(fesetround, 0))
	require.Equal(t, count+1, Restored(), "a call that changes nothing is not counted")
}
