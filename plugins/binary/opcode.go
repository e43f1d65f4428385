package binary

// Op is an instruction: its byte, or 0xfc00 or 0xfd00 plus its number after
// that prefix.
type Op uint16

// The instructions that are handled individually. All others are handled by
// shape.
const (
	OpUnreachable  Op = 0x00
	OpNop          Op = 0x01
	OpBlock        Op = 0x02
	OpLoop         Op = 0x03
	OpIf           Op = 0x04
	OpElse         Op = 0x05
	OpEnd          Op = 0x0b
	OpBr           Op = 0x0c
	OpBrIf         Op = 0x0d
	OpBrTable      Op = 0x0e
	OpReturn       Op = 0x0f
	OpCall         Op = 0x10
	OpCallIndirect Op = 0x11
	OpLocalGet     Op = 0x20
	OpLocalTee     Op = 0x22
	OpGlobalGet    Op = 0x23
	OpGlobalSet    Op = 0x24
	OpTableGet     Op = 0x25
	OpTableSet     Op = 0x26
	OpMemoryGrow   Op = 0x40
	OpI32Const     Op = 0x41
	OpI64Const     Op = 0x42
	OpF32Const     Op = 0x43
	OpF64Const     Op = 0x44
	OpI32LtS       Op = 0x48
	OpI32Sub       Op = 0x6b
	OpI32ShrU      Op = 0x76
	OpRefNull      Op = 0xd0
	OpRefFunc      Op = 0xd2

	OpMemoryInit Op = 0xfc08
	OpDataDrop   Op = 0xfc09
	OpMemoryCopy Op = 0xfc0a
	OpMemoryFill Op = 0xfc0b
	OpTableInit  Op = 0xfc0c
	OpElemDrop   Op = 0xfc0d
	OpTableCopy  Op = 0xfc0e
	OpTableGrow  Op = 0xfc0f
	OpTableSize  Op = 0xfc10
	OpTableFill  Op = 0xfc11

	OpV128Const Op = 0xfd0c

	prefixMisc   Op = 0xfc
	prefixVector Op = 0xfd
)

// Void is the type of a block without parameters and results.
const Void = 0x40

// shape is the kind of immediates that follow an opcode.
type shape byte

const (
	unknown    shape = iota // not in WebAssembly 2.0
	bare                    // nothing
	block                   // a block type
	elseBranch              // nothing; begins the second branch of an if
	ends                    // nothing; ends a block
	label                   // number of blocks to leave
	labels                  // a vector of labels and a default
	function                // an index
	indirect                // the indices of a type and a table
	selects                 // a vector with one value type
	local                   // an index, like the following
	global
	table
	tableInit // the indices of an element segment and a table
	element
	tables     // two table indices
	memory     // zero, reserved for a memory index
	memoryInit // the index of a data segment, and zero
	data       // the index of a data segment
	memories   // two zeros
	access     // the alignment and offset of a memory access
	accessLane // the alignment and offset of a memory access, and a lane
	lane       // a lane
	shuffle    // 16 lanes of two vectors
	constI32   // a number, like the following
	constI64
	constF32
	constF64
	constV128
	refType
	misc   // an instruction with the prefix 0xfc
	vector // an instruction with the prefix 0xfd
)

// form is an instruction's shape and the bound on its immediates: the logarithm
// of the maximum alignment, or the number of lanes.
type form struct {
	shape        shape
	align, lanes byte
}

var (
	plainForms  = plain()
	miscForms   = miscs()
	vectorForms = vectors()
)

// plain lists the one-byte instructions.
func plain() (f [256]form) {
	set := func(s shape, ops ...int) {
		for _, op := range ops {
			f[op].shape = s
		}
	}
	for op := 0x45; op <= 0xc4; op++ {
		f[op].shape = bare
	}
	set(bare, 0x00, 0x01, 0x0f, 0x1a, 0x1b, 0xd1)
	set(block, 0x02, 0x03, 0x04)
	set(elseBranch, 0x05)
	set(ends, 0x0b)
	set(label, 0x0c, 0x0d)
	set(labels, 0x0e)
	set(function, 0x10, 0xd2)
	set(indirect, 0x11)
	set(selects, 0x1c)
	set(local, 0x20, 0x21, 0x22)
	set(global, 0x23, 0x24)
	set(table, 0x25, 0x26)
	set(memory, 0x3f, 0x40)
	set(constI32, 0x41)
	set(constI64, 0x42)
	set(constF32, 0x43)
	set(constF64, 0x44)
	set(refType, 0xd0)
	set(misc, 0xfc)
	set(vector, 0xfd)
	// From i32.load to i64.store32, each with its own size.
	for i, align := range []byte{2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 3, 0, 1, 0, 1, 2} {
		f[0x28+i] = form{access, align, 0}
	}
	return f
}

// miscs lists the instructions with the prefix 0xfc, by number.
func miscs() (f [18]form) {
	for op, s := range []shape{
		bare, bare, bare, bare, bare, bare, bare, bare, // conversions
		memoryInit, data, memories, memory, tableInit, element, tables, table, table, table,
	} {
		f[op].shape = s
	}
	return f
}

// vectors lists the 128-bit instructions, by number.
func vectors() (f [256]form) {
	for op := range f {
		f[op].shape = bare
	}
	for _, op := range []int{154, 162, 165, 166, 175, 176, 178, 179, 180, 187, 194, 197, 198, 207, 208, 210, 211, 212, 226, 238} {
		f[op].shape = unknown
	}
	// v128.load and its variants, v128.store, then the loads that zero-extend.
	for op, align := range []byte{4, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3, 4} {
		f[op] = form{access, align, 0}
	}
	f[92], f[93] = form{access, 2, 0}, form{access, 3, 0}
	f[12].shape = constV128
	f[13] = form{shuffle, 0, 32}
	// Extracting and replacing lanes.
	for i, lanes := range []byte{16, 16, 16, 8, 8, 8, 4, 4, 2, 2, 4, 4, 2, 2} {
		f[21+i] = form{lane, 0, lanes}
	}
	// Loading and storing one lane.
	for i := range 4 {
		f[84+i] = form{accessLane, byte(i), 16 >> i}
		f[88+i] = f[84+i]
	}
	return f
}
