package binary

// block reads the type of a block: none, that of its one result, or a
// function's type, by an index that is not negative.
func (w *Walker) block() {
	w.Type = -1
	b := w.peek()
	switch t := ValueType(b); {
	case b == Void, t.known():
		w.pos++
	case b >= 0x40 && b < 0x80:
		w.refuse("it has a block of type %#x, which this vega does not know", b)
	default:
		v, n := sleb(w.code[w.pos:], 33)
		switch {
		case n <= 0:
			w.fail(lebError(n))
		case v < 0:
			w.refuse("it has a block of type %d, which is none", v)
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

// elses turns an if into its other branch.
func (w *Walker) elses() {
	last := len(w.open) - 1
	if w.open[last] != OpIf {
		w.refuse("it has an else outside of an if")
	}
	w.open[last] = OpElse
}

func (w *Walker) label() uint32 { return w.index("block around it", uint32(len(w.open))) }

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

// selects reads the vector of types of a select: a runtime may take its length
// for one byte, so it is no longer here.
func (w *Walker) selects() {
	if n := w.byte(); n != 1 {
		w.refuse("it has a select of %d types; it has one", n)
	}
	if t := ValueType(w.byte()); !t.known() {
		w.refuse("it has a select of type %#x, which this vega does not know", byte(t))
	}
}

// access reads the alignment and offset of an access to memory.
func (w *Walker) access(f *form) {
	w.mem()
	if align := w.u32(); align > uint32(f.align) {
		w.refuse("it has an access to memory aligned to 2^%d bytes, which is more than its size", align)
	}
	w.u32()
}

// mem refuses what needs a memory in a module without one.
func (w *Walker) mem() {
	if w.has.memories == 0 {
		w.refuse("it uses memory and has none")
	}
}

// zero reads the byte that stands for the one memory: a runtime may step over
// it unseen.
func (w *Walker) zero() {
	w.mem()
	if b := w.byte(); b != 0 {
		w.refuse("it has %#x where a zero byte belongs", b)
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
		w.refuse("it names a data segment and has no data count section")
	}
	w.Index = w.index("data segment", w.has.data)
}

// misc reads an instruction of the prefix 0xfc.
func (w *Walker) misc() {
	n := w.u32()
	if n >= uint32(len(miscForms)) {
		w.refuse("it has an instruction 0xfc %d that this vega does not know", n)
		return
	}
	w.Op = prefixMisc<<8 | Op(n)
	if f := &miscForms[n]; f.shape != bare {
		w.immediates(f)
	}
}

// vector reads an instruction of the prefix 0xfd. Its number is in as few bytes
// as it takes: runtimes read but the first of them.
func (w *Walker) vector() {
	before := w.pos
	n := w.u32()
	if size := w.pos - before; n < 0x80 && size > 1 || size > 2 {
		w.refuse("it has an instruction 0xfd %d with its number in %d bytes", n, size)
		return
	}
	if n >= uint32(len(vectorForms)) {
		w.refuse("it has an instruction 0xfd %d that this vega does not know", n)
		return
	}
	w.Op = prefixVector<<8 | Op(n)
	if f := &vectorForms[n]; f.shape != bare {
		w.immediates(f)
	}
}

// wide reads what follows instructions on 128 bits.
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
		w.refuse("it names lane %d of %d", l, f.lanes)
	}
}
