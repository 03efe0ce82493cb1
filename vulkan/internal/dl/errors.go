package dl

import (
	"errors"
	"runtime"
)

// ErrStatic is the error of a program that cannot load libraries.
var ErrStatic = errors.New("this build of the program for " + runtime.GOOS + "/" + runtime.GOARCH +
	" cannot load libraries; take the one for linux, darwin or windows on amd64 or arm64 that was built without the tag static")
