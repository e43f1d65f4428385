package binary

// Outline reads what a module says of itself: its custom sections, imports and
// exports. The rest is stepped over, so that it is not known whether what those
// name is there; Decode holds them to it.
func Outline(wasm []byte) (*Module, error) {
	d := decoder{m: &Module{}, loose: true}
	err := Sections(wasm, func(id byte, r *Reader) error {
		switch id {
		case Custom, Imports, Exports:
			return d.section(id, r)
		default:
			return d.place(id)
		}
	})
	if err != nil {
		return nil, err
	}
	return d.m, nil
}
