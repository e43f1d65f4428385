package plugins

import (
	"vega/plugins/binary"
)

// liftData takes the data segments out of a module and returns the memory they
// would have made. Applying them takes the larger part of instantiating a Go
// guest, which has thousands; memory that starts as a copy-on-write mapping of
// the image costs a page fault where a page is touched.
//
// The meaning stays the same, so only what provably fits is lifted: active
// segments of memory 0 at constant offsets within its minimum. Nor is an image
// made that would be nearly empty and large: it would take the memory that the
// module only claims. Of any other module the answer is the module itself and
// no image.
func liftData(wasm []byte) (out, image []byte) {
	var l lifter
	out = binary.Header()
	err := binary.Sections(wasm, func(id byte, body *binary.Reader) error {
		switch id {
		case binary.Memories:
			all := body.Rest()
			l.memory(body)
			out = binary.AppendSection(out, id, all)
		case binary.DataCount:
			l.kept = true // instructions may name segments by index
		case binary.Data:
			l.segments(body)
		default:
			out = binary.AppendSection(out, id, body.Rest())
		}
		return nil
	})
	if err != nil || l.kept || l.image == nil {
		return wasm, nil
	}
	return out, l.image
}

type lifter struct {
	kept  bool // the data can't be lifted
	least uint64
	image []byte
}

// memory reads the minimum size, without which no image can be made.
func (l *lifter) memory(r *binary.Reader) {
	if r.U32() != 1 || r.Byte() > 1 {
		l.kept = true
		return
	}
	l.least = uint64(r.U32()) * pageSize
	if r.Err() != nil || l.least > uint64(MaxMemory) {
		l.kept = true
	}
}

const (
	opEnd      = 0x0b
	opI32Const = 0x41
	opI64Const = 0x42
	opF32Const = 0x43
	opF64Const = 0x44
)

// An image of more than small bytes holds at least one byte of data in sparse.
const (
	small  = 8 << 20
	sparse = 64
)

func (l *lifter) segments(r *binary.Reader) {
	empty := l.least > small && uint64(r.Len()) < l.least/sparse
	if l.kept || l.least == 0 || empty {
		l.kept = true
		return
	}
	image := make([]byte, l.least)
	for n := r.U32(); n > 0; n-- {
		active := r.U32() == 0 && r.Byte() == opI32Const
		offset := uint64(uint32(r.S32()))
		active = active && r.Byte() == opEnd
		data := r.Take(r.U32())
		if r.Err() != nil || !active || offset+uint64(len(data)) > l.least {
			l.kept = true
			return
		}
		copy(image[offset:], data)
	}
	l.image = image
}
