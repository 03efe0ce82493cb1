package ops

import (
	"fmt"
	"slices"
	"strings"
)

// OpenOptions are what a user says about a backend beside its name.
type OpenOptions struct {
	// Threads is the number of processors to use, 0 for all. It never changes a
	// result. Backends that compute elsewhere ignore it.
	Threads int
}

// BackendKind is a kind of backend that can be opened by name.
type BackendKind struct {
	Name string // as --backend takes it
	Help string // what it is, one line

	// Open returns a backend that its caller closes. The error is one sentence that
	// says what is missing and what to do.
	Open func(OpenOptions) (Backend, error)
}

var backends []BackendKind

// Register makes a kind of backend known. It is called from the initialisation of
// the package that implements it, and panics when the name is taken.
func Register(k BackendKind) {
	if slices.ContainsFunc(backends, func(other BackendKind) bool { return other.Name == k.Name }) {
		panic(fmt.Sprintf("ops: two backends are called %q", k.Name))
	}
	backends = append(backends, k)
	slices.SortFunc(backends, func(a, b BackendKind) int { return strings.Compare(a.Name, b.Name) })
}

// Backends returns the kinds that are known, by name. A program knows those whose
// packages it imports.
func Backends() []BackendKind { return slices.Clone(backends) }

// Open returns a backend of the named kind. The error of an unknown name lists the
// known ones.
func Open(name string, o OpenOptions) (Backend, error) {
	var known []string
	for _, k := range backends {
		if k.Name == name {
			return k.Open(o)
		}
		known = append(known, k.Name)
	}
	return nil, fmt.Errorf("there is no backend %q; choose one of %s", name, strings.Join(known, ", "))
}
