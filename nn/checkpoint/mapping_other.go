//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package checkpoint

import "os"

// openSource reads the file: it is mapped on Unix systems only.
func openSource(f *os.File, _ int64) source { return reader{f} }
