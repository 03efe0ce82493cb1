package pickle

import "fmt"

// step executes one opcode. Reads beyond the end of the input set m.err.
func (m *machine) step(op byte) error {
	switch op {
	case opProto:
		if v := m.uint(1); v > 5 {
			return fmt.Errorf("it has protocol %d; at most 5 is supported", v)
		}
		return nil
	case opFrame:
		m.uint(8) // the frame's length, which only readers of streams need
		return nil

	// Constants and numbers.
	case opNone:
		return m.push(nil)
	case opNewTrue:
		return m.push(true)
	case opNewFalse:
		return m.push(false)
	case opInt:
		return m.push(m.integer())
	case opBinInt:
		return m.push(int64(int32(m.uint(4))))
	case opBinInt1:
		return m.push(int64(m.uint(1)))
	case opBinInt2:
		return m.push(int64(m.uint(2)))
	case opLong:
		return m.push(m.decimal())
	case opLong1:
		return m.push(m.long(m.uint(1)))
	case opLong4:
		return m.push(m.long(m.uint(4)))
	case opFloat:
		return m.push(m.decimalFloat())
	case opBinFloat:
		return m.push(m.float())

	// Strings.
	case opString:
		return m.push(m.quoted())
	case opBinString:
		return m.push(m.latin(m.uint(4)))
	case opShortBinString:
		return m.push(m.latin(m.uint(1)))
	case opUnicode:
		return m.push(m.rawUnicode())
	case opShortBinUnicode:
		return m.push(m.text(m.uint(1)))
	case opBinUnicode:
		return m.push(m.text(m.uint(4)))
	case opBinUnicode8:
		return m.push(m.text(m.uint(8)))
	case opShortBinBytes:
		return m.push([]byte(m.text(m.uint(1))))
	case opBinBytes:
		return m.push([]byte(m.text(m.uint(4))))
	case opBinBytes8, opByteArray8:
		return m.push([]byte(m.text(m.uint(8))))

	// The stack.
	case opMark:
		m.marks = append(m.marks, len(m.stack))
		return nil
	case opPop:
		if len(m.marks) > 0 && len(m.stack) == m.floor() {
			m.marks = m.marks[:len(m.marks)-1] // Python counts a mark as a value
			return nil
		}
		_, err := m.pop()
		return err
	case opPopMark:
		_, err := m.sinceMark()
		return err
	case opDup:
		v, err := m.top()
		if err != nil {
			return err
		}
		return m.push(v)

	// The memo.
	case opPut:
		return m.put(m.index())
	case opBinPut:
		return m.put(m.uint(1))
	case opLongBinPut:
		return m.put(m.uint(4))
	case opMemoize:
		return m.put(uint64(len(m.memo)))
	case opGet:
		return m.get(m.index())
	case opBinGet:
		return m.get(m.uint(1))
	case opLongBinGet:
		return m.get(m.uint(4))

	case opGlobal:
		module, name := m.line(), m.line()
		return m.global(module, name)
	case opPersID:
		return m.persistent(m.line())
	}
	return m.compose(op)
}

// compose executes the opcodes that make values from other values.
func (m *machine) compose(op byte) error {
	switch op {
	case opEmptyTuple:
		return m.push(Tuple{})
	case opTuple1, opTuple2, opTuple3:
		return m.tuple(int(op - opTuple1 + 1))
	case opEmptyList:
		return m.push(&List{})
	case opEmptyDict:
		return m.push(&Dict{})
	case opEmptySet:
		return m.push(&Set{})
	case opTuple, opList, opFrozenSet, opDict, opAppends, opAddItems, opSetItems, opObj, opInst:
		items, err := m.sinceMark()
		if err != nil {
			return err
		}
		return m.collect(op, items)
	case opAppend:
		v, err := m.pop()
		if err != nil {
			return err
		}
		return m.extend([]any{v})
	case opSetItem:
		value, err := m.pop()
		if err != nil {
			return err
		}
		key, err := m.pop()
		if err != nil {
			return err
		}
		return m.setItems([]any{key, value})

	case opReduce, opNewObj:
		return m.callTop()
	case opNewObjEx:
		kwargs, err := m.pop()
		if err != nil {
			return err
		}
		if d, ok := kwargs.(*Dict); !ok || d.Len() > 0 {
			return fmt.Errorf("an object is made with named arguments")
		}
		return m.callTop()
	case opBuild:
		return m.build()
	case opStackGlobal:
		name, err := m.pop()
		if err != nil {
			return err
		}
		module, err := m.pop()
		if err != nil {
			return err
		}
		mod, ok1 := module.(string)
		nam, ok2 := name.(string)
		if !ok1 || !ok2 {
			return fmt.Errorf("a global is named by a %s and a %s", TypeName(module), TypeName(name))
		}
		return m.global(mod, nam)
	case opBinPersID:
		id, err := m.pop()
		if err != nil {
			return err
		}
		return m.persistent(id)
	case opExt1, opExt2, opExt4:
		return fmt.Errorf("it uses an extension code, which only the Python program that wrote it can resolve")
	case opNextBuffer, opReadonlyBuffer:
		return fmt.Errorf("it refers to a buffer outside of it")
	}
	return fmt.Errorf("there is no operation %#02x", op)
}

// collect executes the opcodes that take all values above the last mark.
func (m *machine) collect(op byte, items []any) error {
	switch op {
	case opTuple:
		return m.push(Tuple(items))
	case opList:
		return m.push(&List{Items: items})
	case opFrozenSet:
		return m.push(&Set{Frozen: true, Items: items})
	case opDict:
		d := &Dict{}
		if err := setAll(d, items); err != nil {
			return err
		}
		return m.push(d)
	case opAppends, opAddItems:
		return m.extend(items)
	case opSetItems:
		return m.setItems(items)
	case opObj:
		if len(items) == 0 {
			return errStack
		}
		return m.call(items[0], Tuple(items[1:]))
	}
	// INST names its global and takes the arguments above the mark.
	module, name := m.line(), m.line()
	if err := m.global(module, name); err != nil {
		return err
	}
	callee, err := m.pop()
	if err != nil {
		return err
	}
	return m.call(callee, Tuple(items))
}
