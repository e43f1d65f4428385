package binary

// block reads a block type: empty, one result type, or the index of a function
// type, encoded as a non-negative number.
func (w *Walker) block() {
	w.Type = -1
	b := w.peek()
	switch t := ValueType(b); {
	case b == Void, t.known():
		w.pos++
	case b >= 0x40 && b < 0x80:
		w.refuse("it has a block of type %#x, which vega does not support", b)
	default:
		v, n := sleb(w.code[w.pos:], 33)
		switch {
		case n <= 0:
			w.fail(lebError(n))
		case v < 0:
			w.refuse("it has a block of type %d, which is not a block type", v)
		case v >= int64(w.has.types):
			w.fail(errIndex("type", uint32(v), w.has.types))
		default:
			w.Type = v
			w.pos += n
		}
	}
	if len(w.open) > MaxDepth && !w.frame {
		w.refuse("it has blocks nested deeper than %d", MaxDepth)
	}
	w.open = append(w.open, w.Op)
}

// elseBranch switches from the first branch of an if to the second.
func (w *Walker) elseBranch() {
	last := len(w.open) - 1
	if w.open[last] != OpIf {
		w.refuse("it has an else outside of an if")
	}
	w.open[last] = OpElse
}

func (w *Walker) label() uint32 { return w.index("enclosing block", uint32(len(w.open))) }

func (w *Walker) labels() {
	w.Targets = w.u32()
	switch {
	case w.err != nil:
	case uint64(w.Targets) >= uint64(len(w.code)-w.pos):
		w.refuse("%w: %d targets of a branch table in %d bytes", errCount, w.Targets, len(w.code)-w.pos)
	case w.Targets > MaxBranchTargets:
		w.refuse("it has a branch table of %d targets; at most %d are allowed", w.Targets, MaxBranchTargets)
	default:
		for range w.Targets + 1 {
			w.label()
		}
	}
}

// selects reads the types of a select. The count must be encoded in one byte,
// because a runtime may read only one.
func (w *Walker) selects() {
	if n := w.byte(); n != 1 {
		w.refuse("it has a select of %d types; exactly one is allowed", n)
	}
	if t := ValueType(w.byte()); !t.known() {
		w.refuse("it has a select of type %#x, which vega does not support", byte(t))
	}
}

// access reads the alignment and offset of an access to memory.
func (w *Walker) access(f *form) {
	w.mem()
	if align := w.u32(); align > uint32(f.align) {
		w.refuse("it has a memory access aligned to 2^%d bytes, which exceeds the size of the access", align)
	}
	w.u32()
}

// mem refuses an instruction that needs a memory in a module without one.
func (w *Walker) mem() {
	if w.has.memories == 0 {
		w.refuse("it uses memory but declares none")
	}
}

// zero reads the byte that stands for the only memory. A runtime may skip it
// without checking it.
func (w *Walker) zero() {
	w.mem()
	if b := w.byte(); b != 0 {
		w.refuse("it has %#x where a zero byte is expected", b)
	}
}

func (w *Walker) bulk(s shape) {
	switch s {
	case tableInit:
		w.Index = w.index("element segment", w.has.elements)
		w.index("table", w.has.tables)
	case element:
		w.Index = w.index("element segment", w.has.elements)
	case tables:
		w.Index = w.index("table", w.has.tables)
		w.index("table", w.has.tables)
	case memories:
		w.zero()
		w.zero()
	case memoryInit:
		w.segment()
		w.zero()
	default:
		w.segment()
	}
}

func (w *Walker) segment() {
	if !w.has.counted {
		w.refuse("it refers to a data segment but has no data count section")
	}
	w.Index = w.index("data segment", w.has.data)
}

// misc reads an instruction with the prefix 0xfc.
func (w *Walker) misc() {
	n := w.u32()
	if n >= uint32(len(miscForms)) {
		w.refuse("it has an instruction 0xfc %d that vega does not support", n)
		return
	}
	w.Op = prefixMisc<<8 | Op(n)
	if f := &miscForms[n]; f.shape != bare {
		w.immediates(f)
	}
}

// vector reads an instruction with the prefix 0xfd. Its number must use the
// shortest encoding, because runtimes read only the first byte.
func (w *Walker) vector() {
	before := w.pos
	n := w.u32()
	if size := w.pos - before; n < 0x80 && size > 1 || size > 2 {
		w.refuse("it has an instruction 0xfd %d whose number takes %d bytes instead of one", n, size)
		return
	}
	if n >= uint32(len(vectorForms)) {
		w.refuse("it has an instruction 0xfd %d that vega does not support", n)
		return
	}
	w.Op = prefixVector<<8 | Op(n)
	if f := &vectorForms[n]; f.shape != bare {
		w.immediates(f)
	}
}

// wide reads the immediates of 128-bit instructions.
func (w *Walker) wide(f *form) {
	switch f.shape {
	case constV128:
		w.skip(16)
	case accessLane:
		w.access(f)
		w.lane(f)
	case lane:
		w.lane(f)
	default:
		for range 16 {
			w.lane(f)
		}
	}
}

func (w *Walker) lane(f *form) {
	if l := w.byte(); l >= f.lanes {
		w.refuse("it uses lane %d, but the vector has only lanes 0 to %d", l, f.lanes-1)
	}
}
