package binary

import "fmt"

// Walker iterates over the instructions of a function. It keeps only the
// current instruction and its operands, not those it has passed.
type Walker struct {
	// Op is the instruction and At its offset in the body.
	Op Op
	At int
	// Index is the operand of the instruction: a function, local, global,
	// table, segment, the type of an indirect call, or the number of blocks
	// that a branch leaves.
	Index uint32
	// Type is the index of a block's type, or -1 if it has none.
	Type int64
	// Targets is the number of targets of a br_table, without the default.
	Targets uint32

	code   []byte
	pos    int
	locals uint32
	has    numbers
	open   []Op // open blocks
	frame  bool // caps are not enforced
	err    error
}

// numbers holds, for each kind of item, how many an instruction may refer to.
type numbers struct {
	types, functions, tables, memories, globals, elements, data uint32
	counted                                                     bool // whether data is known
}

// Walk returns a walker over the body of the i-th function of the module
// itself, not counting imports.
func (m *Module) Walk(i int) *Walker {
	w := &Walker{}
	w.Reset(m, i)
	return w
}

// Reset restarts the walker on another function.
func (w *Walker) Reset(m *Module, i int) {
	c := &m.Codes[i]
	params := len(m.Types[m.Functions[i]].Params)
	*w = Walker{frame: m.frame, code: c.Body, locals: uint32(params + c.NumLocals), has: m.numbers(), open: append(w.open[:0], OpBlock)}
}

func (m *Module) numbers() numbers {
	n := numbers{
		types: uint32(len(m.Types)), functions: m.NumFunctions(), tables: uint32(len(m.Tables)), memories: uint32(len(m.Memories)),
		globals: uint32(len(m.Globals)), elements: uint32(len(m.Elements)), counted: m.DataCount != nil,
	}
	if n.counted {
		n.data = *m.DataCount
	}
	return n
}

// Err returns the error that ended the walk early.
func (w *Walker) Err() error { return w.err }

// End returns the offset of the end of the instruction in the body.
func (w *Walker) End() int { return w.pos }

// Bytes returns the encoded instruction.
func (w *Walker) Bytes() []byte { return w.code[w.At:w.pos] }

// Depth returns how many blocks are open after the instruction; it is 0 after
// the function's end.
func (w *Walker) Depth() int { return len(w.open) }

// Next advances to the next instruction. It returns false at the end and on
// error.
func (w *Walker) Next() bool {
	switch {
	case w.err != nil:
		return false
	case len(w.open) == 0:
		if w.pos < len(w.code) {
			w.refuse("it has a function with %d bytes after its end", len(w.code)-w.pos)
		}
		return false
	case w.pos >= len(w.code):
		w.fail(errShort)
		return false
	}
	w.At = w.pos
	w.pos++
	b := w.code[w.At]
	w.Op = Op(b)
	f := &plainForms[b]
	if f.shape == bare {
		return true
	}
	w.immediates(f)
	return w.err == nil
}

func (w *Walker) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *Walker) refuse(format string, args ...any) { w.fail(fmt.Errorf(format, args...)) }

// immediates reads the immediates of the opcode.
func (w *Walker) immediates(f *form) {
	switch f.shape {
	case local:
		w.Index = w.index("local", w.locals)
	case constI32:
		w.signed(32)
	case access:
		w.access(f)
	case block:
		w.block()
	case ends:
		w.open = w.open[:len(w.open)-1]
	case label:
		w.Index = w.label()
	case function:
		w.Index = w.index("function", w.has.functions)
	case global:
		w.Index = w.index("global", w.has.globals)
	case constI64:
		w.signed(64)
	case constF32:
		w.skip(4)
	case constF64:
		w.skip(8)
	default:
		w.rare(f)
	}
}

// rare reads the immediates of opcodes that seldom occur.
func (w *Walker) rare(f *form) {
	switch f.shape {
	case elseBranch:
		w.elseBranch()
	case labels:
		w.labels()
	case indirect:
		w.Index = w.index("type", w.has.types)
		w.index("table", w.has.tables)
	case selects:
		w.selects()
	case table:
		w.Index = w.index("table", w.has.tables)
	case memory:
		w.zero()
	case refType:
		if t := ValueType(w.byte()); !t.isRef() {
			w.refuse("it has a ref.null of type %#x; only funcref and externref are allowed", byte(t))
		}
	case misc:
		w.misc()
	case vector:
		w.vector()
	case tableInit, element, tables, memoryInit, data, memories:
		w.bulk(f.shape)
	case accessLane, lane, shuffle, constV128:
		w.wide(f)
	default:
		w.refuse("it has an instruction %s that vega does not support", w.Op)
	}
}

// String returns the encoding of the opcode, without immediates.
func (o Op) String() string {
	if o > 0xff {
		return fmt.Sprintf("%#x %d", byte(o>>8), byte(o))
	}
	return fmt.Sprintf("%#x", byte(o))
}
