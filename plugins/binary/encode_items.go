package binary

func appendVector(out, b []byte) []byte { return append(AppendU32(out, uint32(len(b))), b...) }

func (m *Module) appendType(out []byte, i int) []byte {
	return appendVector(appendVector(append(out, functype), m.Types[i].Params), m.Types[i].Results)
}

func (m *Module) appendImport(out []byte, i int) []byte {
	in := m.Imports[i]
	return AppendU32(append(appendVector(appendVector(out, in.Module), in.Name), KindFunction), in.Type)
}

func (l Limits) append(out []byte) []byte {
	if !l.Bounded {
		return AppendU32(append(out, 0), l.Min)
	}
	return AppendU32(AppendU32(append(out, 1), l.Min), l.Max)
}

func (m *Module) appendGlobal(out []byte, i int) []byte {
	g, mutable := m.Globals[i], byte(0)
	if g.Mutable {
		mutable = 1
	}
	return append(append(out, byte(g.Type), mutable), g.Init...)
}

func (m *Module) appendExport(out []byte, i int) []byte {
	e := m.Exports[i]
	return AppendU32(append(appendVector(out, e.Name), e.Kind), e.Index)
}

func (m *Module) appendElement(out []byte, i int) []byte {
	e := &m.Elements[i]
	out = AppendU32(out, e.Form)
	if e.Active() {
		if e.Form&2 != 0 {
			out = AppendU32(out, e.Table)
		}
		out = append(out, e.Offset...)
	}
	switch {
	case e.Form&3 == 0:
	case e.Form&4 == 0:
		out = append(out, 0)
	default:
		out = append(out, byte(e.Type))
	}
	out = AppendU32(out, uint32(len(e.Entries)))
	for _, f := range e.Entries {
		out = e.appendEntry(out, f)
	}
	return out
}

func (e *Element) appendEntry(out []byte, f uint32) []byte {
	switch {
	case e.Form&4 == 0:
		return AppendU32(out, f)
	case f == NoFunction:
		return append(out, byte(OpRefNull), byte(e.Type), byte(OpEnd))
	default:
		return append(AppendU32(append(out, byte(OpRefFunc)), f), byte(OpEnd))
	}
}

func (m *Module) appendCode(out []byte, i int) []byte {
	c := &m.Codes[i]
	groups := AppendU32(nil, c.groups)
	out = AppendU32(out, uint32(len(groups)+len(c.locals)+len(c.Body)))
	return append(append(append(out, groups...), c.locals...), c.Body...)
}

func (m *Module) appendData(out []byte, i int) []byte {
	s := &m.Data[i]
	if s.Passive {
		out = append(out, 1)
	} else {
		out = append(append(out, 0), s.Offset...)
	}
	return appendVector(out, s.Bytes)
}
