package hostile

import wasm "vega/plugins/binary"

// foreign returns modules with something that is not in the grammar, or is encoded
// in a way that is not allowed.
func foreign() []Module {
	with := func(name, tries string, change func(b *builder)) Module {
		return Module{name, tries, func() []byte {
			b := &builder{}
			b.memory(1)
			change(b)
			b.run(b.function("i", "i", i32(0)))
			return b.bytes()
		}}
	}
	code := func(name, tries string, instructions ...[]byte) Module {
		return with(name, tries, func(b *builder) {
			b.tables = append(b.tables, []byte{0x70, 0, 1})
			b.function("", "", instructions...)
		})
	}
	return []Module{
		with("type-ref", "a function of a typed reference", func(b *builder) { b.types = append(b.types, []byte{0x60, 1, refNullable, 0x70, 0}) }),
		with("type-rec", "a group of types", func(b *builder) { b.types = append(b.types, []byte{0x4e, 1, 0x60, 0, 0}) }),
		with("type-rec-empty", "a group of no types", func(b *builder) { b.types = append(b.types, []byte{0x4e, 0}) }),
		with("table-value", "a table with a value for its entries", func(b *builder) {
			b.tables = append(b.tables, []byte{0x40, 0, 0x70, 0, 5, 0xd0, 0x70, end})
		}),
		with("table-shared", "a table of a shared kind", func(b *builder) { b.tables = append(b.tables, []byte{0x70, 2, 5}) }),
		with("table-shared-max", "the same with a maximum", func(b *builder) { b.tables = append(b.tables, []byte{0x70, 3, 5, 9}) }),
		with("table-inverted", "a table whose minimum is over its maximum", func(b *builder) { b.tables = append(b.tables, []byte{0x70, 1, 9, 5}) }),
		with("table-number", "a table of numbers", func(b *builder) { b.tables = append(b.tables, []byte{0x7f, 0, 5}) }),
		with("memory-shared", "a shared memory", func(b *builder) { b.memories = [][]byte{{3, 1, 1}} }),
		with("memory-inverted", "a memory whose minimum is over its maximum", func(b *builder) { b.memories = [][]byte{{1, 2, 1}} }),
		with("memory-wide", "a memory of 64 bits", func(b *builder) { b.memories = [][]byte{{4, 1}} }),
		with("memories", "two memories", func(b *builder) { b.memories = [][]byte{{0, 1}, {0, 1}} }),
		with("global-ref", "a global of a typed reference", func(b *builder) { b.globals = append(b.globals, []byte{refNullable, 0x70, 1, 0xd0, 0x70, end}) }),
		with("global-sum", "a global that is a sum", func(b *builder) {
			b.globals = append(b.globals, join([]byte{0x7f, 1}, i32(1), i32(2), add(), []byte{end}))
		}),
		with("global-of-global", "a global that is another", func(b *builder) {
			b.globals = append(b.globals, []byte{0x7f, 0, 0x41, 1, end}, []byte{0x7f, 0, 0x23, 0, end})
		}),
		with("global-null", "a null reference of a type", func(b *builder) { b.globals = append(b.globals, []byte{0x70, 1, 0xd0, 0, end}) }),
		with("element-null", "an entry that is a null reference of a type, in two bytes that end an expression", func(b *builder) {
			b.elements = append(b.elements, []byte{5, 0x70, 1, 0xd0, 0x80, end, end})
		}),
		with("element-kind", "elements of an unknown kind", func(b *builder) { b.elements = append(b.elements, []byte{1, 1, 0}) }),
		with("export-twice", "the same name exported twice", func(b *builder) { b.export("memory", 2, 0) }),
		with("export-tag", "an exported tag", func(b *builder) { b.export("tag", 4, 0) }),
		with("export-own", "a name that vega exports", func(b *builder) { b.export("vega.start", 0, 0) }),
		with("data-count", "a count of data that there is not", func(b *builder) { b.dataCount = leb(5) }),
		with("data-count-none", "code that drops data which is not counted", func(b *builder) {
			b.data = append(b.data, []byte{1, 0})
			b.function("", "", []byte{0xfc, 9, 0})
		}),
		code("long-i32", "a number of 12 bytes", []byte{0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, drop),
		code("long-offset", "an offset of six bytes", i32(0), []byte{0x28, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0}, drop),
		code("unused-bits", "a number with bits set beyond its type", []byte{0x41, 0xff, 0xff, 0xff, 0xff, 0x4f}, drop),
		code("endless-type", "a block's type that does not end", []byte{0x02, 0x80, 0x80, 0x80, 0x80, 0x80, end}),
		code("reserved-grow", "memory.grow of another memory", i32(0), []byte{0x40, 1}, drop),
		code("reserved-copy", "memory.copy with a memory's index in two bytes", i32(0), i32(0), i32(0), []byte{0xfc, 10, 0x80, 0, 0}),
		code("select-two", "a select of two types", i32(0), i32(0), i32(0), []byte{0x1c, 2, 0x7f, 0x7f}, drop, drop),
		code("tail-call", "a tail call", []byte{0x12, 0}),
		code("throw", "an exception", []byte{0x08, 0}),
		code("atomics", "an atomic store", i32(0), i32(0), []byte{0xfe, 0x17, 2, 0}),
		code("relaxed", "a relaxed vector instruction", join([]byte{0xfd, 12}, make([]byte, 16)), join([]byte{0xfd, 12}, make([]byte, 16)), []byte{0xfd, 0x80, 0x02}, drop),
		code("misaligned", "an access with an alignment of 2^31", i32(0), []byte{0x28, 31, 0}, drop),
		code("lane", "a lane that does not exist", join([]byte{0xfd, 12}, make([]byte, 16)), []byte{0xfd, 27, 4}, drop),
		{"more-code", "code for a function that does not exist", func() []byte {
			b := honest()
			b.codes = append(b.codes, []byte{2, 0, end})
			return b.bytes()
		}},
		{"sections-swapped", "exports before memory", func() []byte {
			return section(section(wasm.Header(), 7, []byte{0}), 5, []byte{1, 0, 1})
		}},
	}
}
