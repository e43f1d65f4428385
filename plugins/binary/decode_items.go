package binary

func (d *decoder) exports(r *Reader) string {
	n := d.count(r, Exports)
	d.m.Exports = make([]Export, n)
	seen := make(map[string]struct{}, n)
	kinds := []struct {
		what string
		n    uint32
	}{
		KindFunction: {"function", d.has.functions},
		KindTable:    {"table", d.has.tables},
		KindMemory:   {"memory", d.has.memories},
		KindGlobal:   {"global", d.has.globals},
	}
	return each(r, n, "export", func(i int) {
		e := Export{Name: d.name(r), Kind: r.Byte()}
		if r.err == nil && int(e.Kind) >= len(kinds) {
			r.refuse("it exports something of a kind %d, which vega does not support", e.Kind)
			return
		}
		e.Index = d.index(r, kinds[e.Kind].what, kinds[e.Kind].n)
		if _, twice := seen[string(e.Name)]; twice {
			r.refuse("it exports %.80q twice", e.Name)
		}
		seen[string(e.Name)] = struct{}{}
		if e.Kind == KindFunction {
			d.declare(e.Index)
		}
		d.m.Exports[i] = e
	})
}

func (d *decoder) start(r *Reader) string {
	f := d.index(r, "function", d.has.functions)
	if r.err != nil {
		return ""
	}
	if t := d.m.TypeOf(f); len(t.Params)+len(t.Results) > 0 {
		r.refuse("its start function has parameters or results")
	}
	d.m.Start = &f
	return ""
}

func (d *decoder) elements(r *Reader) string {
	n := d.count(r, Elements)
	d.m.Elements = make([]Element, n)
	return each(r, n, "segment", func(i int) { d.m.Elements[i] = d.element(r) })
}

// element reads a segment in any of its eight forms. Bit 0 marks a segment that
// is not active, bit 1 one that names a table or type, and bit 2 one whose
// entries are expressions.
func (d *decoder) element(r *Reader) Element {
	e := Element{Form: r.U32(), Type: FuncRef}
	if e.Form > 7 {
		r.refuse("it has an element segment of a form %d, which vega does not support", e.Form)
	}
	if e.Active() {
		if e.Form&2 != 0 {
			e.Table = r.U32()
		}
		if e.Table >= d.has.tables {
			r.fail(errIndex("table", e.Table, d.has.tables))
		}
		e.Offset = d.constant(r, I32)
	}
	switch {
	case e.Form&3 == 0:
	case e.Form&4 == 0:
		if kind := r.Byte(); kind != 0 {
			r.refuse("it has an element segment of a kind %d, which vega does not support", kind)
		}
	default:
		e.Type = d.refType(r)
	}
	e.Entries = d.entries(r, &e)
	return e
}

func (d *decoder) entries(r *Reader, e *Element) []uint32 {
	n := r.count("entries of an element segment", 1, 1<<32-1)
	d.add(r, &d.sums.entries, uint64(n), MaxEntries, "entries of element segments")
	if r.err != nil {
		return nil
	}
	all := make([]uint32, n)
	for i := range all {
		if e.Form&4 == 0 {
			all[i] = d.index(r, "function", d.has.functions)
			d.declare(all[i])
			continue
		}
		all[i] = NoFunction
		if f, ok := d.constant(r, e.Type).Func(); ok {
			all[i] = f
		}
	}
	return all
}

func (d *decoder) dataCount(r *Reader) string {
	n := r.U32()
	d.m.DataCount = &n
	return ""
}

func (d *decoder) data(r *Reader) string {
	n := d.count(r, Data)
	d.m.Data = make([]Segment, n)
	return each(r, n, "segment", func(i int) { d.m.Data[i] = d.segment(r) })
}

func (d *decoder) segment(r *Reader) Segment {
	form := r.U32()
	s := Segment{Passive: form == 1}
	switch {
	case form > 2:
		r.refuse("it has a data segment of a form %d, which vega does not support", form)
	case s.Passive:
	case d.has.memories == 0:
		r.refuse("it has an active data segment but no memory")
	default:
		if form == 2 {
			d.index(r, "memory", 1)
		}
		s.Offset = d.constant(r, I32)
	}
	s.Bytes = r.Take(r.U32())
	return s
}
