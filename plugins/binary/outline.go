package binary

// Outline reads only custom sections, imports and exports. It skips the rest,
// so it does not check that exported items exist; Decode does.
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
