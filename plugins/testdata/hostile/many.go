package hostile

import (
	"bytes"
	"fmt"

	wasm "vega/plugins/binary"
)

// numerous returns modules of very many small things, each of which a runtime keeps in
// a structure many times its size.
func numerous() []Module {
	const million = 1_000_000
	one := func(name, tries string, id byte, n int, item []byte) Module {
		return Module{name, tries, func() []byte {
			body := append(leb(uint64(n)), bytes.Repeat(item, n)...)
			return wasm.AppendSection(wasm.Header(), id, body)
		}}
	}
	return []Module{
		{"many-exports", "6 million exports", func() []byte { return exports(6 * million) }},
		one("many-globals", "6 million globals", 6, 6*million, []byte{0x7f, 0, 0x41, 0, end}),
		one("many-types", "10 million types", 1, 10*million, []byte{0x60, 0, 0}),
		one("many-imports", "6 million imports", 2, 6*million, []byte{1, 'a', 1, 'b', 0, 0}),
		one("many-functions", "20 million functions", 3, 20*million, []byte{0}),
		one("many-elements", "15 million element segments", 9, 15*million, []byte{1, 0, 0}),
		one("many-data", "20 million data segments", 11, 20*million, []byte{1, 0}),
		{"many-entries", "30 million entries of an element segment", func() []byte {
			return section(wasm.Header(), 9, []byte{1, 1, 0}, leb(30*million), make([]byte, 30*million))
		}},
		{"many-customs", "10 million custom sections", func() []byte { return append(wasm.Header(), bytes.Repeat([]byte{0, 1, 0}, 10*million)...) }},
		{"many-locals", "10,000 locals in each of 90,000 functions", func() []byte { return alike(90_000, []byte{1, 0x90, 0x4e, 0x7f}) }},
		{"many-targets", "a branch table of 16,000 targets in each of 1,000 functions", func() []byte {
			return alike(1_000, []byte{0}, []byte{0x02, 0x40, 0x41, 0, 0x0e}, leb(16_000), make([]byte, 16_001), []byte{end})
		}},
		{"many-operands", "20 million calls with 128 parameters and results, where nothing is reached", func() []byte {
			return wide(10_000, bytes.Repeat([]byte{0x10, 0}, 2_000))
		}},
		{"many-declared", "5,000 types and 5,000 globals for 90,000 functions", func() []byte { return most(90_000, 4_000, 5_000).bytes() }},
		{"most-functions", "as many functions as are allowed, and as much else", func() []byte {
			return most(wasm.MaxFunctions-1_000, 400, 200).bytes()
		}},
		{"most-types", "as many types and globals as are allowed, and as much else", func() []byte {
			return most(5_000, wasm.MaxTypes-3, wasm.MaxGlobals).bytes()
		}},
	}
}

// exports returns a module that exports its memory under so many names.
func exports(n int) []byte {
	body := leb(uint64(n))
	for i := range n {
		body = append(wasm.AppendName(body, fmt.Sprintf("%05x", i)), 2, 0)
	}
	return section(section(wasm.Header(), 5, []byte{1, 0, 1}), 7, body)
}

// alike returns a module of n equal functions.
func alike(n int, locals []byte, instructions ...[]byte) []byte {
	body := join(locals, join(instructions...), []byte{end})
	item := append(leb(uint64(len(body))), body...)
	b := honest()
	b.typ("", "")
	for range n {
		b.funcs, b.codes = append(b.funcs, leb(1)), append(b.codes, item)
	}
	return b.bytes()
}

// wide returns a module of so many functions that call one with 128 parameters and as
// many results.
func wide(n int, calls []byte) []byte {
	const letters = "iiiiiiiiiiiiiiii" + "iiiiiiiiiiiiiiii" + "iiiiiiiiiiiiiiii" + "iiiiiiiiiiiiiiii" +
		"iiiiiiiiiiiiiiii" + "iiiiiiiiiiiiiiii" + "iiiiiiiiiiiiiiii" + "iiiiiiiiiiiiiiii"
	b := &builder{}
	b.memory(1)
	b.function(letters, letters, trap)
	body := join([]byte{0}, trap, calls, []byte{end})
	item := append(leb(uint64(len(body))), body...)
	typ := b.typ("", "")
	for range n {
		b.funcs, b.codes = append(b.funcs, typ), append(b.codes, item)
	}
	b.run(b.function("i", "i", i32(0)))
	return b.bytes()
}

// most returns a module that reaches every limit of the reader that it can, for so
// many functions, types and globals.
func most(functions, types, globals int) *builder {
	b := honest()
	eight := b.typ("iiiiiiii", "i")
	for n := range types {
		b.types = append(b.types, join([]byte{0x60, 8}, bytes.Repeat([]byte{0x7f}, 8), []byte{1, 0x7f - byte(n%4)}))
	}
	nothing := b.typ("", "")
	add := func(n int, typ, locals []byte, instructions ...[]byte) {
		body := join(locals, join(instructions...), []byte{end})
		item := append(leb(uint64(len(body))), body...)
		for range n {
			b.funcs, b.codes = append(b.funcs, typ), append(b.codes, item)
		}
	}
	add(1, eight, []byte{0}, trap)
	add(100, nothing, []byte{0}, []byte{0x02, 0x40, 0x41, 0, 0x0e}, leb(1_900), make([]byte, 1_901), []byte{end})
	add(20, nothing, []byte{0}, trap, bytes.Repeat(join(call(1), drop), 20_000))
	add(functions, nothing, []byte{1, 10, 0x7e}, []byte{0x01})
	for range globals {
		b.globals = append(b.globals, []byte{0x7f, 1, 0x41, 0, end})
	}
	for n := range min(wasm.MaxExportsFunctions/(functions+1_000), wasm.MaxExports) - 5 {
		b.export(fmt.Sprintf("f%d", n), 0, uint32(n))
	}
	b.tables = append(b.tables, join([]byte{0x70, 0}, leb(wasm.MaxTable)))
	entries := append(leb(wasm.MaxEntries-1000), bytes.Repeat([]byte{1}, wasm.MaxEntries-1000)...)
	b.elements = append(b.elements, join([]byte{0}, i32(0), []byte{end}, entries))
	for range wasm.MaxElements - 1 {
		b.elements = append(b.elements, []byte{1, 0, 1, 1})
	}
	for range wasm.MaxSegments {
		b.data = append(b.data, []byte{1, 1, 'x'})
	}
	return b
}
