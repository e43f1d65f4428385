package binary

// Encode writes the module in canonical form: without empty sections, and with
// numbers in their shortest encoding. Constants and function bodies are copied
// unchanged.
func (m *Module) Encode() []byte {
	out := append(make([]byte, 0, m.size()), magic...)
	for _, id := range order {
		out = m.appendSection(out, id)
	}
	for _, c := range m.Customs {
		body := append(AppendName(nil, string(c.Name)), c.Bytes...)
		out = AppendSection(out, Custom, body)
	}
	return out
}

// size estimates the encoded size of the module.
func (m *Module) size() int {
	n := 4<<10 + 8*(len(m.Functions)+len(m.Types)) + 32*(len(m.Exports)+len(m.Globals)+len(m.Imports))
	for i := range m.Codes {
		n += len(m.Codes[i].Body) + len(m.Codes[i].locals) + 10
	}
	for i := range m.Data {
		n += len(m.Data[i].Bytes) + 20
	}
	for i := range m.Elements {
		n += 4*len(m.Elements[i].Entries) + 20
	}
	return n
}

// appendSection appends a section and fills in its size afterwards.
func (m *Module) appendSection(out []byte, id byte) []byte {
	n, item := m.items(id)
	if n < 0 {
		return out
	}
	const room = 5 // reserved for the size
	at := len(out) + 1
	out = append(out, id, 0, 0, 0, 0, 0)
	if id != Start && id != DataCount {
		out = AppendU32(out, uint32(n))
	}
	for i := range n {
		out = item(out, i)
	}
	body := out[at+room:]
	size := AppendU32(out[:at], uint32(len(body)))
	return append(size, body...) // closes the gap left by a shorter size
}

// items returns the number of items of a section, or -1 if there is no section,
// and a function that appends one item.
func (m *Module) items(id byte) (int, func(out []byte, i int) []byte) {
	n, item := 0, (func([]byte, int) []byte)(nil)
	switch id {
	case Types:
		n, item = len(m.Types), m.appendType
	case Imports:
		n, item = len(m.Imports), m.appendImport
	case Functions:
		n, item = len(m.Functions), func(out []byte, i int) []byte { return AppendU32(out, m.Functions[i]) }
	case Tables:
		n, item = len(m.Tables), func(out []byte, i int) []byte {
			return m.Tables[i].append(append(out, byte(m.Tables[i].Type)))
		}
	case Memories:
		n, item = len(m.Memories), func(out []byte, i int) []byte { return m.Memories[i].append(out) }
	case Globals:
		n, item = len(m.Globals), m.appendGlobal
	case Exports:
		n, item = len(m.Exports), m.appendExport
	case Start:
		return one(m.Start)
	case Elements:
		n, item = len(m.Elements), m.appendElement
	case DataCount:
		return one(m.DataCount)
	case Codes:
		n, item = len(m.Codes), m.appendCode
	case Data:
		n, item = len(m.Data), m.appendData
	}
	if n == 0 {
		n = -1
	}
	return n, item
}

// one describes a section that consists of a single number.
func one(v *uint32) (int, func([]byte, int) []byte) {
	if v == nil {
		return -1, nil
	}
	return 1, func(out []byte, _ int) []byte { return AppendU32(out, *v) }
}
