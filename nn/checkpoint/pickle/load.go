package pickle

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// Builder is implemented by results of a Loader's functions that accept the
// state a pickle gives them. They must not keep a state that they may not
// change.
type Builder interface{ Build(state any) error }

// Stateful is implemented by results of a Loader's functions that may be given
// attributes, which are not kept.
type Stateful interface{ TakesState() }

// MaxValues is the number of opcodes a pickle may have. A checkpoint has about
// forty for each tensor.
const MaxValues = 1 << 20

// Loader reads pickles whose globals are on a list.
type Loader struct {
	// Globals maps the full name of each global that a pickle may name, such
	// as "collections.OrderedDict", to its function. The function is nil if
	// the global may be named but not called.
	Globals map[string]Func

	// Persistent returns the value of a persistent identifier. If it is nil,
	// identifiers are refused.
	Persistent func(id any) (any, error)
}

// ForbiddenError is the error of a pickle that names a global that is not on
// the list.
type ForbiddenError struct{ Global string }

func (e *ForbiddenError) Error() string {
	name := strconv.Quote(e.Global) // may hold anything
	name = name[1 : min(len(name), 200)-1]
	return fmt.Sprintf("its pickle asks for %s, which is not on the list of what a checkpoint may use; nothing was executed", name)
}

// Load reads one pickle from the start of data and returns its value and its
// length in bytes.
func (l *Loader) Load(data []byte) (v any, n int, err error) {
	m := machine{Loader: l, input: input{data: data}, memo: map[uint64]any{}}
	for range MaxValues {
		at := m.pos
		op := m.uint(1)
		if op == opStop && m.err == nil {
			if v, err = m.pop(); err == nil {
				return v, m.pos, nil
			}
			m.err = err
		}
		if m.err == nil {
			if err := m.step(byte(op)); err != nil && m.err == nil {
				m.err = err
			}
		}
		if m.err != nil {
			var forbidden *ForbiddenError
			if errors.As(m.err, &forbidden) {
				return nil, m.pos, m.err
			}
			return nil, m.pos, fmt.Errorf("its pickle is damaged at byte %d: %w", at, m.err)
		}
	}
	return nil, m.pos, fmt.Errorf("its pickle has more than %d operations, which no checkpoint needs", MaxValues)
}

// machine is the state of reading one pickle.
type machine struct {
	*Loader
	input
	stack []any
	marks []int // heights of the stack
	memo  map[uint64]any

	copied int // items of lists that calls were given, which may copy them
}

var (
	errStack = errors.New("an operation finds too few values on the stack")
	errMark  = errors.New("an operation finds no mark on the stack")
)

func (m *machine) push(v any) error {
	m.stack = append(m.stack, v)
	return nil
}

// floor is the height of the stack that operations may not go below.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

func (m *machine) pop() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

func (m *machine) top() (any, error) {
	if len(m.stack) <= m.floor() {
		return nil, errStack
	}
	return m.stack[len(m.stack)-1], nil
}

// sinceMark removes the last mark and the values above it, and returns a copy
// of them.
func (m *machine) sinceMark() ([]any, error) {
	if len(m.marks) == 0 {
		return nil, errMark
	}
	from := m.floor()
	items := slices.Clone(m.stack[from:])
	m.stack = m.stack[:from]
	m.marks = m.marks[:len(m.marks)-1]
	return items, nil
}

// tuple replaces the n topmost values by a tuple of them.
func (m *machine) tuple(n int) error {
	from := len(m.stack) - n
	if from < m.floor() {
		return errStack
	}
	t := Tuple(slices.Clone(m.stack[from:]))
	m.stack = m.stack[:from]
	return m.push(t)
}

func (m *machine) put(index uint64) error {
	v, err := m.top()
	if err == nil {
		m.memo[index] = v
	}
	return err
}

func (m *machine) get(index uint64) error {
	v, ok := m.memo[index]
	if !ok && m.err == nil {
		return fmt.Errorf("the memo has no place %d", index)
	}
	return m.push(v)
}

// global pushes a global of the list.
func (m *machine) global(module, name string) error {
	if m.err != nil {
		return m.err
	}
	full := modern(module, name)
	call, ok := m.Globals[full]
	if !ok {
		return &ForbiddenError{Global: module + "." + name}
	}
	return m.push(&Global{Name: full, call: call})
}

// modern returns the full name in Python 3 of a global that protocols 0 to 2
// write under its name in Python 2.
func modern(module, name string) string {
	switch module {
	case "copy_reg":
		module = "copyreg"
	case "__builtin__":
		module = "builtins"
		switch name {
		case "long":
			name = "int"
		case "unicode":
			name = "str"
		case "xrange":
			name = "range"
		}
	}
	return module + "." + name
}

// call pushes the result of calling a global; it and its arguments are no
// longer on the stack.
func (m *machine) call(callee, args any) error {
	g, ok := callee.(*Global)
	t, isTuple := args.(Tuple)
	if !ok || !isTuple {
		return fmt.Errorf("a %s is called with a %s", TypeName(callee), TypeName(args))
	}
	for _, v := range t {
		if l, ok := v.(*List); ok {
			m.copied += len(l.Items)
		}
	}
	if m.copied > MaxValues {
		return fmt.Errorf("its calls copy more than %d values of lists, which no checkpoint needs", MaxValues)
	}
	v, err := g.Call(t)
	if err != nil {
		return err
	}
	return m.push(v)
}

// callTop calls the value below the argument tuple on top.
func (m *machine) callTop() error {
	args, err := m.pop()
	if err != nil {
		return err
	}
	callee, err := m.pop()
	if err != nil {
		return err
	}
	return m.call(callee, args)
}

func (m *machine) persistent(id any) error {
	if m.Persistent == nil {
		return errors.New("it refers to something outside of it")
	}
	v, err := m.Persistent(id)
	if err != nil {
		return err
	}
	return m.push(v)
}

// extend adds items to the list or set on top.
func (m *machine) extend(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case *List:
		v.Items = append(v.Items, items...)
	case *Set:
		v.Items = append(v.Items, items...)
	default:
		return fmt.Errorf("items are added to a %s", TypeName(v))
	}
	return nil
}

// setItems sets entries of the dictionary on top; keys and values alternate.
func (m *machine) setItems(items []any) error {
	v, err := m.top()
	if err != nil {
		return err
	}
	d, ok := v.(*Dict)
	if !ok {
		return fmt.Errorf("keys are set of a %s", TypeName(v))
	}
	return setAll(d, items)
}

func setAll(d *Dict, items []any) error {
	if len(items)%2 != 0 {
		return errors.New("a key has no value")
	}
	for i := 0; i < len(items); i += 2 {
		if err := d.Set(items[i], items[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// build sets the state on top of the stack to the object below it.
func (m *machine) build() error {
	state, err := m.pop()
	if err != nil {
		return err
	}
	v, err := m.top()
	if err != nil {
		return err
	}
	if b, ok := v.(Builder); ok {
		return b.Build(state)
	}
	d, ok := state.(*Dict)
	switch v := v.(type) {
	case *Object:
		if !ok {
			return fmt.Errorf("a %s gets its attributes from a %s", v.Class, TypeName(state))
		}
		for i := range d.Len() {
			key, value := d.At(i)
			if err := v.Attrs.Set(key, value); err != nil {
				return err
			}
		}
	case *Dict, *Set, *Opaque, *Global:
		// The attributes of a state dict are the versions of modules
		// (_metadata). They and those of other values are not used.
	case Stateful:
		// The function that made it has chosen which values to leave out.
	default:
		return fmt.Errorf("a %s is given attributes", TypeName(v))
	}
	return nil
}
