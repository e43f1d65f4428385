package guard

import (
	"fmt"

	"vega/plugins/binary"
)

// kind is what guard needs to know of an instruction.
type kind byte

const (
	plain    kind = iota
	opens         // block, loop, if
	closes        // end
	calls         // call, call_indirect, return_call …
	bulk          // works for as long as its operand says: memory fill, copy, grow
	sets          // writes a table, or drops a segment
	bulkSets      // both: table init, copy, fill, grow
	unknown       // of a proposal that vega does not run
)

// instruction is what next tells of one.
type instruction struct {
	kind    kind
	targets uint32 // of a br_table
	typ     int64  // index of the type that a block or an indirect call names; negative: none
}

// Opcodes that need a name here; the rest go by their range.
const (
	opBlock        = 0x02
	opLoop         = 0x03
	opIf           = 0x04
	opElse         = 0x05
	opEnd          = 0x0b
	opBr           = 0x0c
	opBrIf         = 0x0d
	opBrTable      = 0x0e
	opReturn       = 0x0f
	opCall         = 0x10
	opCallIndirect = 0x11
	opSelectTyped  = 0x1c
	opLocalGet     = 0x20
	opTableSet     = 0x26
	opFirstLoad    = 0x28
	opLastStore    = 0x3e
	opMemorySize   = 0x3f
	opMemoryGrow   = 0x40
	opI32Const     = 0x41
	opI64Const     = 0x42
	opF32Const     = 0x43
	opF64Const     = 0x44
	opLastNumeric  = 0xc4
	opRefNull      = 0xd0
	opRefIsNull    = 0xd1
	opRefFunc      = 0xd2
	opMisc         = 0xfc
	opVector       = 0xfd
)

// next reads one instruction with its immediates.
func next(r *binary.Reader) instruction {
	i := instruction{typ: -1}
	switch op := r.Byte(); {
	case op == opBlock, op == opLoop, op == opIf:
		i.kind, i.typ = opens, blockType(r)
	case op == opEnd:
		i.kind = closes
	case op == opCall:
		r.U32()
		i.kind = calls
	case op == opCallIndirect:
		i.kind, i.typ = calls, int64(r.U32())
		r.U32() // of which table
	case op == opBrTable:
		i.targets = r.U32()
		for range min(i.targets, uint32(r.Len())) {
			r.U32()
		}
		r.U32()
	case op == opMemoryGrow:
		r.Byte()
		i.kind = bulk
	case op == opMisc:
		i.kind = misc(r)
	case op == opVector:
		i.kind = vector(r)
	default:
		i.kind = simple(op, r)
	}
	return i
}

// blockType reads a signed LEB128 number: the index of a type, or, negative,
// the one result of the block or that it has none.
func blockType(r *binary.Reader) (v int64) {
	for shift := 0; ; shift += 7 {
		b := r.Byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 {
			if b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

// simple are the instructions with at most one kind of immediate.
func simple(op byte, r *binary.Reader) kind {
	switch {
	case op <= 0x01, op == opElse, op == 0x0f, op == 0x1a, op == 0x1b, op == opRefIsNull: // nothing follows
	case op >= 0x45 && op <= opLastNumeric:
	case op == opBr, op == opBrIf, op >= opLocalGet && op < opTableSet, op == opRefFunc:
		r.U32()
	case op == opTableSet:
		r.U32()
		return sets
	case op == opSelectTyped:
		r.Take(r.U32())
	case op >= opFirstLoad && op <= opLastStore:
		r.U32()
		r.SkipLEB()
	case op == opMemorySize, op == opRefNull:
		r.Byte()
	case op == opI32Const, op == opI64Const:
		r.SkipLEB()
	case op == opF32Const:
		r.Take(4)
	case op == opF64Const:
		r.Take(8)
	default:
		return unknown
	}
	return plain
}

// misc are the conversions that saturate, and bulk memory and table
// operations.
func misc(r *binary.Reader) kind {
	switch op := r.U32(); {
	case op <= 7:
		return plain
	case op == 8, op == 10: // memory.init, memory.copy
		r.U32()
		r.U32()
		return bulk
	case op == 11: // memory.fill
		r.U32()
		return bulk
	case op == 12, op == 14: // table.init, table.copy
		r.U32()
		r.U32()
		return bulkSets
	case op == 15, op == 17: // table.grow, table.fill
		r.U32()
		return bulkSets
	case op == 9, op == 13: // data.drop, elem.drop
		r.U32()
		return sets
	case op == 16: // table.size
		r.U32()
		return plain
	default:
		return unknown
	}
}

// vector are the instructions on 128 bits.
func vector(r *binary.Reader) kind {
	switch op := r.U32(); {
	case op <= 11, op == 92, op == 93: // loads and stores
		r.U32()
		r.SkipLEB()
	case op >= 84 && op <= 91: // of one lane
		r.U32()
		r.SkipLEB()
		r.Byte()
	case op == 12, op == 13: // v128.const, i8x16.shuffle
		r.Take(16)
	case op >= 21 && op <= 34: // a lane
		r.Byte()
	case op > 255:
		return unknown
	}
	return plain
}

// errUnknown is for an instruction that the walk cannot step over.
func errUnknown(at int) error {
	return fmt.Errorf("it has an instruction at byte %d of a function that this vega does not know", at)
}
