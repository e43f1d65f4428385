package binary

func (d *decoder) custom(r *Reader) string {
	c := CustomSection{Name: r.name()}
	c.Bytes = r.Take(uint32(r.Len()))
	d.m.Customs = append(d.m.Customs, c)
	if len(d.m.Customs) > MaxCustoms {
		r.refuse("it has more than %d custom sections", MaxCustoms)
	}
	d.add(r, &d.sums.customs, uint64(len(c.Bytes)), MaxCustomBytes, "bytes of custom sections")
	return ""
}

const functype = 0x60

func (d *decoder) types(r *Reader) string {
	n := d.count(r, Types)
	d.m.Types = make([]FuncType, n)
	return each(r, n, "type", func(i int) {
		if form := r.Byte(); r.err == nil && form != functype {
			r.refuse("it has a type that begins with %#x; functions are the only types", form)
		}
		d.m.Types[i] = FuncType{Params: d.values(r, "parameters"), Results: d.values(r, "results")}
	})
}

// values reads the types of parameters or results.
func (d *decoder) values(r *Reader, what string) []byte {
	n := r.U32()
	switch {
	case r.err == nil && uint64(n) > uint64(r.Len()):
		r.refuse("%w: %d %s in %d bytes", errCount, n, what, r.Len())
	case d.over(uint64(n), MaxParams):
		r.refuse("it has a function of %d %s; at most %d are allowed", n, what, MaxParams)
	}
	d.add(r, &d.sums.values, uint64(n), MaxValues, "parameters and results")
	all := r.Take(n)
	for _, b := range all {
		if !ValueType(b).known() {
			r.refuse("it has a function that takes or returns a type %#x, which vega does not support", b)
		}
	}
	return all
}

func (d *decoder) imports(r *Reader) string {
	n := d.count(r, Imports)
	d.m.Imports = make([]Import, n)
	return each(r, n, "import", func(i int) {
		in := Import{Module: d.name(r), Name: d.name(r)}
		if kind := r.Byte(); r.err == nil && kind != KindFunction {
			r.refuse("it imports %.80s.%.80s, which is not a function; a plugin can import functions only", in.Module, in.Name)
		}
		in.Type = d.index(r, "type", d.has.types)
		d.m.Imports[i] = in
	})
}

// name reads the name of an import or export.
func (d *decoder) name(r *Reader) []byte {
	name := r.name()
	d.add(r, &d.sums.names, uint64(len(name)), MaxNames, "bytes of names")
	return name
}

func (d *decoder) functions(r *Reader) string {
	n := d.count(r, Functions)
	d.m.Functions = make([]uint32, n)
	return each(r, n, "function", func(i int) { d.m.Functions[i] = d.index(r, "type", d.has.types) })
}

func (d *decoder) tables(r *Reader) string {
	n := d.count(r, Tables)
	d.m.Tables = make([]Table, n)
	return each(r, n, "table", func(i int) {
		t := Table{Type: d.refType(r), Limits: d.limits(r)}
		if t.Min > MaxTable {
			r.refuse("it has a table of %d entries; at most %d are allowed", t.Min, MaxTable)
		}
		d.m.Tables[i] = t
	})
}

func (d *decoder) refType(r *Reader) ValueType {
	t := ValueType(r.Byte())
	if r.err == nil && !t.isRef() {
		r.refuse("it has a reference of type %#x; only funcref and externref are allowed", byte(t))
	}
	return t
}

func (d *decoder) memories(r *Reader) string {
	n := d.count(r, Memories)
	d.m.Memories = make([]Limits, n)
	return each(r, n, "memory", func(i int) {
		l := d.limits(r)
		if l.Min > MaxPages || l.Max > MaxPages {
			r.refuse("it has a memory of %d pages; at most %d are allowed", max(l.Min, l.Max), MaxPages)
		}
		d.m.Memories[i] = l
	})
}

// limits reads a minimum and an optional maximum.
func (d *decoder) limits(r *Reader) Limits {
	var l Limits
	switch flags := r.Byte(); {
	case r.err != nil:
	case flags > 1:
		r.refuse("it has limits of a kind %d, which vega does not support", flags)
	default:
		l.Bounded = flags == 1
	}
	l.Min = r.U32()
	if l.Bounded {
		l.Max = r.U32()
		if r.err == nil && l.Min > l.Max {
			r.refuse("it has limits with a minimum of %d and a maximum of %d", l.Min, l.Max)
		}
	}
	return l
}

func (d *decoder) globals(r *Reader) string {
	n := d.count(r, Globals)
	d.m.Globals = make([]Global, n)
	return each(r, n, "global", func(i int) {
		g := Global{Type: ValueType(r.Byte())}
		if r.err == nil && !g.Type.known() {
			r.refuse("it has a global of type %#x, which vega does not support", byte(g.Type))
		}
		switch mutable := r.Byte(); {
		case r.err == nil && mutable > 1:
			r.refuse("it has a global of mutability %d, which is neither 0 nor 1", mutable)
		default:
			g.Mutable = mutable == 1
		}
		g.Init = d.constant(r, g.Type)
		d.m.Globals[i] = g
	})
}
