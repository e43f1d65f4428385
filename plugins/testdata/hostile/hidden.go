package hostile

import "bytes"

// Prefixes of a reference type with an explicit heap type. wazero reads them, and
// what follows, wherever a type is expected, whatever features are enabled.
const refNullable, refStrict = 0x63, 0x64

// brTable is the index of a type and also an instruction: a reader that takes the
// prefix for a whole type reads a branch table next, with the hidden code as its
// targets.
const brTable = 0x0e

// hidden encodes an endless loop as the targets of a branch table.
var hidden = []byte{0x03, 0x40, 0x0c, 0, end}

// typed returns a module with so many types that brTable is one of them.
func typed() *builder {
	b := &builder{}
	for n := range brTable + 1 {
		b.typ(string(bytes.Repeat([]byte("i"), n)), "")
	}
	b.memory(1)
	return b
}

// secret returns modules with code that one reader sees and another does not, so that
// it costs no fuel, or is not what was validated.
func secret() []Module {
	within := func(tries string, name string, instructions ...[]byte) Module {
		return Module{name, tries, func() []byte {
			b := typed()
			b.run(b.function("i", "i", join(instructions...), i32(0)))
			return b.bytes()
		}}
	}
	return []Module{
		{"hidden-locals", "a loop behind the type of a local", func() []byte {
			b := typed()
			b.run(b.declaring("i", "i", []byte{1, 1, refNullable, brTable}, hidden, i32(0)))
			return b.bytes()
		}},
		within("a loop behind the type of a block", "hidden-block", []byte{0x02, refNullable, brTable}, hidden, trap, []byte{end}, drop),
		within("the same, with a type that is not null", "hidden-block-nonnull", []byte{0x02, refStrict, brTable}, hidden, trap, []byte{end}, drop),
		within("the same, with the prefix in two bytes", "hidden-block-long", []byte{0x02, refNullable | 0x80, 0x7f, brTable}, hidden, trap, []byte{end}, drop),
		within("a loop behind the type of a loop", "hidden-loop", []byte{0x03, refNullable, brTable}, hidden, trap, []byte{end}, drop),
		within("a loop behind the type of an if", "hidden-if", i32(1), []byte{0x04, refNullable, brTable}, hidden, trap, []byte{0x05}, trap, []byte{end}, drop),
		{"hidden-initialize", "a loop behind the type of a block in an _initialize, which runs when the module is loaded", func() []byte {
			b := typed()
			b.run(b.function("i", "i", i32(0)))
			b.export("_initialize", 0, b.function("", "", []byte{0x02, refNullable, brTable}, hidden, trap, []byte{end}, drop))
			return b.bytes()
		}},
		{"hidden-vector", "a loop in the bytes of a v128.const whose number is in two bytes", vectorInTwo},
		{"hidden-select", "a number for a function, by a drop that is validated as the type of a select", confused},
		{"hidden-table", "a table without a maximum, by the type of its references", unboundedTable},
		{"hidden-table-set", "keeps state in a table, by a table.set behind the type of a block", secretState},
	}
}

// vectorInTwo has 16 bytes that are a constant to a reader that decodes the whole
// number of the instruction, and code to one that reads only its first byte: they are
// in a block that was left before, which the first of them ends.
func vectorInTwo() []byte {
	b := typed()
	constant := join([]byte{end}, hidden, []byte{0x02, 0x40}, bytes.Repeat([]byte{0x01}, 8))
	b.run(b.function("i", "i", []byte{0x02, 0x40, 0x0c, 0, 0xfd, 0x8c, 0}, constant, trap, []byte{end}, i32(0)))
	return b.bytes()
}

// confused takes 0x41 for the address of a function: of a select's type, the
// validator reads two bytes and the compiler one, so that the second is code,
// and drops a value that was validated as still there.
func confused() []byte {
	const dropped = 0x1a // also a type
	b := &builder{}
	for n := range dropped + 1 {
		b.typ(string(bytes.Repeat([]byte("i"), n)), "")
	}
	b.memory(1)
	b.tables = append(b.tables, []byte{0x70, 0, 1})
	take := join(i64(0x41), refNull(), refNull(), i32(0), []byte{0x1c, 1, refNullable, dropped}, []byte{0x21, 1})
	call := join(i32(0), []byte{0x20, 1, 0x26, 0}, i32(0), []byte{0x11}, b.typ("", ""), []byte{0})
	b.run(b.declaring("i", "i", []byte{1, 1, 0x70}, take, call, i32(0), ret, i32(0)))
	return b.bytes()
}

// unboundedTable has a table whose four bytes are a type, a minimum and a maximum to
// one reader, and a longer type and a minimum to another.
func unboundedTable() []byte {
	b := typed()
	b.tables = append(b.tables, []byte{refNullable, 1, 0, 5})
	b.run(b.function("i", "i", bytes.Repeat(join(i32(0), []byte{0x25, 0}, i32(1<<25), tableGrow(), drop), 4), i32(0)))
	return b.bytes()
}

// secretState traps in the second run if its instance is used again.
func secretState() []byte {
	const taken = 0x1c // a select: a reader takes as many bytes as the next one says
	b := &builder{}
	for n := range taken + 1 {
		b.typ(string(bytes.Repeat([]byte("i"), n)), "")
	}
	b.memory(1)
	b.tables = append(b.tables, []byte{0x70, 0, 1})
	nothing := b.function("", "")
	b.elements = append(b.elements, join([]byte{3, 0, 1}, leb(uint64(nothing))))
	shifted := nothing + 1 // hidden code is not rewritten: its index is that of the rewritten module
	set := join(call(shifted), i32(0), []byte{0xd2, byte(shifted), 0x26, 0}, bytes.Repeat([]byte{0x01}, 9))
	check := join(i32(0), []byte{0x25, 0, 0xd1, 0x45, 0x04, 0x40}, trap, []byte{end})
	b.run(b.function("i", "i", check, []byte{0x02, refNullable, taken}, set, trap, []byte{end}, drop, i32(0)))
	return b.bytes()
}
