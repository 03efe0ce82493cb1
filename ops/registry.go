package ops

import (
	"fmt"
	"slices"
	"strings"
)

// OpenOptions are a user's settings of a backend.
type OpenOptions struct {
	// Threads is the number of processors to use, 0 for all. It never changes a
	// result. Backends on other devices ignore it.
	Threads int

	// Device is a part of the name of the device to compute on, for backends that know
	// several; empty for the backend's own choice.
	Device string
}

// BackendKind is a kind of backend that can be opened by name.
type BackendKind struct {
	Name string // a value of --backend
	Help string // a description, one line

	// Devices says that there may be several devices, of which [OpenOptions].Device
	// names one.
	Devices bool

	// Open returns a backend that its caller closes. The error is one sentence
	// with the cause and the remedy.
	Open func(OpenOptions) (Backend, error)
}

var backends []BackendKind

// Register adds a kind of backend. The package that implements it calls it from
// its init. It panics if the name is already registered.
func Register(k BackendKind) {
	if slices.ContainsFunc(backends, func(other BackendKind) bool { return other.Name == k.Name }) {
		panic(fmt.Sprintf("ops: two backends are called %q", k.Name))
	}
	backends = append(backends, k)
	slices.SortFunc(backends, func(a, b BackendKind) int { return strings.Compare(a.Name, b.Name) })
}

// Backends returns the registered kinds, sorted by name: those whose packages
// the program imports.
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
