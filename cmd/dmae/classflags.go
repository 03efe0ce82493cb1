package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/godmae/godmae/dmae"
	"github.com/godmae/godmae/dmae/data"
)

// classFlags name and match the classes of a model.
type classFlags struct {
	ClassNames classNames   `help:"Names of the classes, in the order of the model's outputs, for a checkpoint without names: a file with one name per line, or a JSON list." placeholder:"FILE"`
	Position   positionFlag `embed:""`
}

// positionFlag matches classes by position instead of by name.
type positionFlag struct {
	ClassesByPosition bool `help:"Match the first class of the data to the first one of the model, and so on, whatever their names. Without it classes are matched by name, and names that the model does not have are an error."`
}

// withoutData returns an error if --classes-by-position is given to a command
// that reads no data set.
func (f *classFlags) withoutData() error {
	if f.Position.ClassesByPosition {
		return misused("--classes-by-position is about the classes of a data set, and none is read here; leave it out")
	}
	return nil
}

// given reports whether any of the flags is set.
func (f *classFlags) given() bool { return f.ClassNames.path != "" || f.Position.ClassesByPosition }

// match gives images the labels of a model, and notes how.
func (f *positionFlag) match(e *env, images data.Dataset, model *dmae.Config) (data.Dataset, error) {
	matched, note, err := data.MatchClasses(images, data.Known{Count: model.Classes, Names: model.ClassNames}, f.ClassesByPosition)
	if note != "" {
		e.note(note)
	}
	return matched, err
}

// classNames are the class names in the file of a flag.
type classNames struct {
	path  string
	names []string
}

// maxClassNames bounds the file: a name of 256 bytes for each of the largest
// number of classes of a model.
const maxClassNames = 1 << 24

// UnmarshalText reads the names from the file at a path.
func (c *classNames) UnmarshalText(path []byte) error {
	c.path = string(path)
	f, err := openFile("the class names", c.path)
	if err != nil {
		return err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxClassNames+1))
	if err != nil {
		return unreadable("the class names", c.path, err)
	}
	if len(text) > maxClassNames {
		return fmt.Errorf("%s has more than %d bytes: give a file with one class name per line", c.path, maxClassNames)
	}
	if c.names, err = data.ParseClassNames(string(text), strings.EqualFold(filepath.Ext(c.path), ".json")); err != nil {
		return fmt.Errorf("%s is not a list of class names: %w", c.path, err)
	}
	return nil
}
