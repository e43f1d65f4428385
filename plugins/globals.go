package plugins

import (
	"encoding/binary"
	"fmt"

	wasm "vega/plugins/binary"
)

// exportGlobals gives every mutable global a name to reach it by: with the
// memory, they are what a snapshot of an instance must hold. Without
// globals of plain numbers, set by a constant, ok is false.
func exportGlobals(module []byte) (out []byte, names []string, ok bool) {
	var mutable []uint32
	err := wasm.Sections(module, func(id byte, body *wasm.Reader) (err error) {
		if id == wasm.Globals {
			mutable, err = mutableGlobals(body)
		}
		return err
	})
	if err != nil || len(mutable) == 0 {
		return module, nil, false
	}
	out = wasm.Header()
	_ = wasm.Sections(module, func(id byte, body *wasm.Reader) error { // it was walked before
		if id != wasm.Exports {
			out = wasm.AppendSection(out, id, body.Rest())
			return nil
		}
		exports := binary.AppendUvarint(nil, uint64(body.U32())+uint64(len(mutable)))
		exports = append(exports, body.Rest()...)
		for _, i := range mutable {
			name := fmt.Sprintf("vega.global.%d", i)
			names = append(names, name)
			exports = append(wasm.AppendName(exports, name), kindGlobal)
			exports = binary.AppendUvarint(exports, uint64(i))
		}
		out = wasm.AppendSection(out, id, exports)
		return nil
	})
	return out, names, len(names) > 0
}

const kindGlobal = 3

var errUncommonGlobal = fmt.Errorf("a global that is not a number set by a constant")

// mutableGlobals are the indices of those that change; a plugin imports none,
// so that they count from 0.
func mutableGlobals(r *wasm.Reader) (mutable []uint32, err error) {
	for i, n := uint32(0), r.U32(); i < n && r.Err() == nil; i++ {
		r.Byte() // the type, which the constant's opcode implies
		if r.Byte() == 1 {
			mutable = append(mutable, i)
		}
		switch r.Byte() {
		case opI32Const, opI64Const:
			skipLEB(r)
		case opF32Const:
			r.Take(4)
		case opF64Const:
			r.Take(8)
		default:
			return nil, errUncommonGlobal
		}
		if r.Byte() != opEnd {
			return nil, errUncommonGlobal
		}
	}
	return mutable, r.Err()
}

func skipLEB(r *wasm.Reader) {
	for r.Byte()&0x80 != 0 {
	}
}
