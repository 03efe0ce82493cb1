package tfevents

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/godmae/godmae/internal/atomicfile"
	"github.com/godmae/godmae/internal/outfile"
)

// Log is an event file that a run appends to.
type Log struct {
	path string
	file *os.File
	data []byte // of the record being written, kept to avoid allocations
	rec  []byte
	last uint64 // position of the last event
}

// OtherRunError is the error of an event file that belongs to another run.
type OtherRunError struct{ Path string }

func (e *OtherRunError) Error() string {
	return fmt.Sprintf("%s holds the events of another run; choose another folder for the events, or remove the file", e.Path)
}

// Open opens the event file at path, or creates it, for a run at the given
// position. writer identifies the run. In a file of the same run, events after
// that position, and everything from the first damaged record on, are cut off. A
// file of another run is an [OtherRunError] unless replace is set. now is the
// time of the first record of a new file. cut is the number of damaged bytes
// that were cut off.
func Open(path, writer string, position uint64, replace bool, now float64) (l *Log, cut int64, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, 0, fmt.Errorf("cannot make the folder for the events: %w", err)
	}
	f, err := outfile.OpenLocked(path)
	if errors.Is(err, outfile.ErrLocked) {
		return nil, 0, fmt.Errorf("%w: give each its own folder for the events, or wait for it", err)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("cannot write events: %w", err)
	}
	l = &Log{path: path, file: f}
	defer func() {
		if err != nil {
			f.Close()
			l = nil
		}
	}()
	keep, cut, err := l.scan(writer, position)
	if other := (*OtherRunError)(nil); errors.As(err, &other) && replace {
		keep, cut, err = 0, 0, nil
	}
	if err != nil {
		return l, 0, err
	}
	if err := f.Truncate(keep); err != nil {
		return l, 0, fmt.Errorf("cannot cut off the events after position %d in %s: %w", position, path, err)
	}
	if _, err := f.Seek(keep, io.SeekStart); err != nil {
		return l, 0, fmt.Errorf("cannot append events to %s: %w", path, err)
	}
	if keep == 0 {
		l.last = 0
		err = l.Append(&Event{WallTime: now, FileVersion: Version, Writer: writer})
	}
	return l, cut, err
}

// scan returns the number of bytes of the file to keep, and the number of
// damaged ones.
func (l *Log) scan(writer string, position uint64) (keep, damaged int64, err error) {
	r := NewReader(l.file)
	for {
		e, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return keep, 0, nil
		case errors.Is(err, ErrDamaged) || errors.Is(err, errMessage):
			info, err := l.file.Stat()
			if err != nil {
				return 0, 0, fmt.Errorf("cannot read the events in %s: %w", l.path, err)
			}
			return keep, info.Size() - keep, nil
		case err != nil:
			return 0, 0, fmt.Errorf("cannot read the events in %s: %w", l.path, err)
		case keep == 0 && e.Writer != writer:
			return 0, 0, &OtherRunError{l.path}
		case e.Position > position:
			return keep, 0, nil
		}
		keep = r.Offset()
		l.last = e.Position
	}
}

// Append writes an event. It panics if the event's position is less than that
// of the previous event.
func (l *Log) Append(e *Event) error {
	if e.Position < l.last {
		panic(fmt.Sprintf("tfevents: an event at position %d after one at %d", e.Position, l.last))
	}
	l.data = e.Append(l.data[:0])
	l.rec = appendRecord(l.rec[:0], l.data)
	if _, err := l.file.Write(l.rec); err != nil {
		return fmt.Errorf("cannot write events to %s: %w", l.path, err)
	}
	l.last = e.Position
	return nil
}

// Sync returns when all events are on the disk.
func (l *Log) Sync() error {
	if err := atomicfile.Sync(l.file); err != nil {
		return fmt.Errorf("cannot write events to %s: %w", l.path, err)
	}
	return nil
}

// Close closes the file.
func (l *Log) Close() error { return l.file.Close() }
