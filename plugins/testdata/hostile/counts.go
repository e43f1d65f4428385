package hostile

import wasm "vega/plugins/binary"

// counts returns modules that announce more than they contain: a decoder that
// allocates by a count ends the process.
func counts() []Module {
	one := func(id byte, body ...[]byte) func() []byte {
		return func() []byte { return section(wasm.Header(), id, body...) }
	}
	funcref := []byte{0x70}
	// The earlier sections contain what is needed to reach the count.
	after := func(module []byte, id byte, body ...[]byte) func() []byte {
		return func() []byte { return section(module, id, body...) }
	}
	function := section(section(wasm.Header(), 1, []byte{1, 0x60, 0, 0}), 3, []byte{1, 0})
	table := section(wasm.Header(), 4, []byte{1, 0x70, 0, 0})
	memory := section(wasm.Header(), 5, []byte{1, 0, 1})
	return []Module{
		{"count-sections", "a section of 4 GiB in 15 bytes", func() []byte { return append(append(wasm.Header(), 1), leb(bomb)...) }},
		{"count-types", "4 billion types", one(1, leb(bomb))},
		{"count-params", "a function of 4 billion parameters", one(1, leb(1), []byte{0x60}, leb(bomb))},
		{"count-results", "a function of 4 billion results", one(1, leb(1), []byte{0x60, 0}, leb(bomb))},
		{"count-imports", "4 billion imports", one(2, leb(bomb))},
		{"count-import-name", "an import with a name of 4 GiB", one(2, leb(1), leb(bomb))},
		{"count-functions", "4 billion functions", one(3, leb(bomb))},
		{"count-tables", "4 billion tables", one(4, leb(bomb))},
		{"count-table-min", "a table of 4 billion entries", one(4, leb(1), funcref, []byte{0}, leb(bomb))},
		{"count-memories", "4 billion memories", one(5, leb(bomb))},
		{"count-globals", "4 billion globals", one(6, leb(bomb))},
		{"count-exports", "4 billion exports", one(7, leb(bomb))},
		{"count-export-name", "an export with a name of 4 GiB", one(7, leb(1), leb(bomb))},
		{"count-elements", "4 billion element segments", one(9, leb(bomb))},
		{"count-element-funcs", "an element segment of 4 billion functions", after(table, 9, leb(1), []byte{0}, i32(0), []byte{end}, leb(bomb))},
		{"count-codes", "4 billion function bodies", one(10, leb(bomb))},
		{"count-body", "a function body of 4 GiB", after(function, 10, leb(1), leb(bomb))},
		{"count-local-groups", "4 billion groups of locals", after(function, 10, leb(1), leb(6), leb(bomb), []byte{end})},
		{"count-locals", "4 billion locals in one group", after(function, 10, leb(1), leb(8), leb(1), leb(bomb), []byte{0x7f, end})},
		{"count-data", "4 billion data segments", one(11, leb(bomb))},
		{"count-data-bytes", "a data segment of 4 GiB", after(memory, 11, leb(1), []byte{0}, i32(0), []byte{end}, leb(bomb))},
		{"count-branches", "a branch table of 4 billion targets", func() []byte {
			var b builder
			b.memory(1)
			b.run(b.function("i", "i", i32(0), []byte{0x0e}, leb(bomb), []byte{0}))
			return b.bytes()
		}},
		{"count-names", "a name section with 4 billion names", named(1, leb(bomb))},
		{"count-local-names", "a name section with 4 billion names of locals", named(2, leb(1), leb(0), leb(bomb))},
	}
}

// named returns an honest module with a hostile name section.
func named(subsection byte, body ...[]byte) func() []byte {
	return func() []byte {
		inner := join(body...)
		return section(honest().bytes(), wasm.Custom, name("name"), []byte{subsection}, leb(uint64(len(inner))), inner)
	}
}

// honest does nothing and returns healthy.
func honest() *builder {
	b := &builder{}
	b.memory(1)
	b.run(b.function("i", "i", i32(0)))
	return b
}
