package outfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// LockName is the name of the file that is in a folder while it is locked. A
// killed process leaves it behind, unlocked; the next one takes it over.
const LockName = ".dmae.lock"

// Folder is a locked folder.
type Folder struct {
	path string // of the lock file
	file *os.File
	made bool // the folder did not exist
}

// LockFolder makes the folder if there is none, and locks it. The error names the
// folder and wraps ErrLocked if another process, or this one, has locked it.
func LockFolder(dir string) (*Folder, error) {
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the folder for the results: %w", err)
	}
	path := filepath.Join(dir, LockName)
	file, err := OpenLocked(path)
	switch {
	case errors.Is(err, ErrLocked):
		return nil, fmt.Errorf("the folder %s %w: give each its own folder, or wait for it", dir, ErrLocked)
	case err != nil:
		return nil, fmt.Errorf("cannot write into the folder %s: %w", dir, err)
	}
	return &Folder{path: path, file: file, made: made}, nil
}

// Release unlocks the folder and removes the lock file, and with it a folder that
// LockFolder made and that nothing was written to. It may be called again.
func (l *Folder) Release() {
	if l == nil || l.file == nil {
		return
	}
	ours := Same(l.file, l.path)
	// Removed while it is locked: a process that opened it meanwhile notices,
	// see OpenLocked. Windows does not remove a file that any process has open.
	if ours && runtime.GOOS != "windows" {
		os.Remove(l.path)
	}
	l.file.Close()
	l.file = nil
	if ours && runtime.GOOS == "windows" {
		os.Remove(l.path)
	}
	if l.made {
		os.Remove(filepath.Dir(l.path)) // fails if the folder is not empty
	}
}
