// Package hostile generates malicious modules: what a stranger could install as a
// plugin to crash, freeze or starve the daemon. Modules lists them; gen writes the
// small ones next to this file, so that they can be inspected and run elsewhere.
//
// They are only for tests of the sandbox.
package hostile

import (
	"bytes"
	"encoding/binary"

	wasm "vega/plugins/binary"
)

// builder is a module that is being built.
type builder struct {
	types, imports, funcs, tables, memories, globals, exports, elements, codes, data [][]byte

	start, dataCount []byte
}

// bomb is a count that no module reaches.
const bomb = 1<<32 - 1

func leb(n uint64) []byte { return binary.AppendUvarint(nil, n) }

// sleb encodes a signed LEB128 number.
func sleb(n int64) (b []byte) {
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func name(s string) []byte { return wasm.AppendName(nil, s) }

func section(module []byte, id byte, body ...[]byte) []byte {
	return wasm.AppendSection(module, id, join(body...))
}

// values encodes types by letter: i for i32, I for i64, F for f64.
func values(letters string) []byte {
	out := leb(uint64(len(letters)))
	for _, l := range letters {
		out = append(out, map[rune]byte{'i': 0x7f, 'I': 0x7e, 'F': 0x7c}[l])
	}
	return out
}

func (b *builder) typ(params, results string) []byte {
	t := join([]byte{0x60}, values(params), values(results))
	for i, have := range b.types {
		if bytes.Equal(have, t) {
			return leb(uint64(i))
		}
	}
	b.types = append(b.types, t)
	return leb(uint64(len(b.types) - 1))
}

// imported adds an imported function; all imports come before any function.
func (b *builder) imported(module, field, params, results string) uint32 {
	b.imports = append(b.imports, join(name(module), name(field), []byte{0}, b.typ(params, results)))
	return uint32(len(b.imports) - 1)
}

// function adds a function with these instructions and without locals.
func (b *builder) function(params, results string, instructions ...[]byte) uint32 {
	return b.withLocals(params, results, 0, instructions...)
}

func (b *builder) withLocals(params, results string, locals int, instructions ...[]byte) uint32 {
	declared := []byte{0}
	if locals > 0 {
		declared = join([]byte{1}, leb(uint64(locals)), []byte{0x7f})
	}
	return b.declaring(params, results, declared, instructions...)
}

// declaring adds a function whose locals are declared by these bytes.
func (b *builder) declaring(params, results string, declared []byte, instructions ...[]byte) uint32 {
	b.funcs = append(b.funcs, b.typ(params, results))
	body := join(declared, join(instructions...), []byte{end})
	b.codes = append(b.codes, join(leb(uint64(len(body))), body))
	return b.next() - 1
}

// next returns the index of the function that is added next.
func (b *builder) next() uint32 { return uint32(len(b.imports) + len(b.funcs)) }

func (b *builder) export(as string, kind byte, index uint32) {
	b.exports = append(b.exports, join(name(as), []byte{kind}, leb(uint64(index))))
}

// memory adds a memory of so many pages, under the name that plugins use.
func (b *builder) memory(least uint64) {
	b.memories = append(b.memories, join([]byte{0}, leb(least)))
	b.export("memory", 2, 0)
}

// text puts bytes into memory at an offset.
func (b *builder) text(at int64, s []byte) {
	b.data = append(b.data, join([]byte{0, 0x41}, sleb(at), []byte{end}, leb(uint64(len(s))), s))
}

// run exports a function as vega_run.
func (b *builder) run(index uint32) { b.export("vega_run", 0, index) }

func (b *builder) bytes() []byte {
	out := wasm.Header()
	for _, s := range []struct {
		id    byte
		items [][]byte
	}{
		{1, b.types}, {2, b.imports}, {3, b.funcs}, {4, b.tables}, {5, b.memories}, {6, b.globals}, {7, b.exports},
		{8, nil}, {9, b.elements}, {12, nil}, {10, b.codes}, {11, b.data},
	} {
		if s.id == 8 && b.start != nil {
			out = section(out, 8, b.start)
		}
		if s.id == 12 && b.dataCount != nil {
			out = section(out, 12, b.dataCount)
		}
		if len(s.items) > 0 {
			out = section(out, s.id, leb(uint64(len(s.items))), join(s.items...))
		}
	}
	return out
}

// Instructions.
const end = 0x0b

var (
	ret  = []byte{0x0f}
	drop = []byte{0x1a}
	trap = []byte{0x00}
)

func i32(n int64) []byte         { return join([]byte{0x41}, sleb(n)) }
func i64(n int64) []byte         { return join([]byte{0x42}, sleb(n)) }
func call(f uint32) []byte       { return join([]byte{0x10}, leb(uint64(f))) }
func get(local uint64) []byte    { return join([]byte{0x20}, leb(local)) }
func add() []byte                { return []byte{0x6a} }
func grow() []byte               { return []byte{0x40, 0} }
func store() []byte              { return []byte{0x36, 2, 0} }
func store64() []byte            { return []byte{0x37, 3, 0} }
func fill() []byte               { return []byte{0xfc, 11, 0} }
func copies() []byte             { return []byte{0xfc, 10, 0, 0} }
func refNull() []byte            { return []byte{0xd0, 0x70} }
func tableGrow() []byte          { return []byte{0xfc, 15, 0} }
func tableFill() []byte          { return []byte{0xfc, 17, 0} }
func forever(b ...[]byte) []byte { return join([]byte{0x03, 0x40}, join(b...), []byte{0x0c, 0, end}) }
