package plugins

import (
	"encoding/binary"
	"errors"
	"fmt"

	wasm "vega/plugins/binary"
)

// startExport is the name that exportState gives to a start function.
const startExport = "vega.start"

const (
	kindFunction = 0
	kindGlobal   = 3

	sectionStart = 8
)

// exportState gives every mutable global a name to reach it by: with the
// memory, they are what a snapshot of an instance must hold. The start
// function, which the runtime would call whenever it makes an instance, also
// in one that is to begin as a snapshot, becomes an export to be called first.
//
// ok is false, and the globals are left alone, where one of them could not be
// set back because it is no plain number, and where the module has data of its
// own that would be laid over a snapshot.
func exportState(module []byte) (out []byte, names []string, ok bool) {
	var s stateReader
	if err := wasm.Sections(module, s.section); err != nil || !s.exports || s.data {
		return module, nil, false
	}
	out = wasm.Header()
	_ = wasm.Sections(module, func(id byte, body *wasm.Reader) error { // it was walked before
		switch id {
		case sectionStart:
		case wasm.Exports:
			var more []byte
			more, names = s.more()
			section := binary.AppendUvarint(nil, uint64(body.U32())+s.count())
			section = append(section, body.Rest()...)
			out = wasm.AppendSection(out, id, append(section, more...))
		default:
			out = wasm.AppendSection(out, id, body.Rest())
		}
		return nil
	})
	return out, names, true
}

// stateReader finds what of a module makes the state of its instances.
type stateReader struct {
	mutable []uint32 // globals
	start   *uint32
	exports bool // there is an export section
	data    bool // there are data segments
}

func (s *stateReader) section(id byte, body *wasm.Reader) (err error) {
	switch id {
	case wasm.Globals:
		s.mutable, err = mutableGlobals(body)
	case wasm.Exports:
		s.exports = true
	case sectionStart:
		f := body.U32()
		s.start, err = &f, body.Err()
	case wasm.Data, wasm.DataCount:
		s.data = true
	}
	return err
}

func (s *stateReader) count() uint64 {
	n := uint64(len(s.mutable))
	if s.start != nil {
		n++
	}
	return n
}

// more are the exports to add, and the names of the globals among them.
func (s *stateReader) more() (exports []byte, names []string) {
	for _, i := range s.mutable {
		name := fmt.Sprintf("vega.global.%d", i)
		names = append(names, name)
		exports = append(wasm.AppendName(exports, name), kindGlobal)
		exports = binary.AppendUvarint(exports, uint64(i))
	}
	if s.start != nil {
		exports = append(wasm.AppendName(exports, startExport), kindFunction)
		exports = binary.AppendUvarint(exports, uint64(*s.start))
	}
	return exports, names
}

var errUncommonGlobal = errors.New("a mutable global that is no plain number")

// mutableGlobals are the indices of those that change; a plugin imports none,
// so that they count from 0.
func mutableGlobals(r *wasm.Reader) (mutable []uint32, err error) {
	const f64Type, i32Type = 0x7c, 0x7f
	for i, n := uint32(0), r.U32(); i < n && r.Err() == nil; i++ {
		kind := r.Byte()
		if r.Byte() == 1 {
			if kind < f64Type || kind > i32Type {
				return nil, errUncommonGlobal
			}
			mutable = append(mutable, i)
		}
		if err := skipConstant(r); err != nil {
			return nil, err
		}
	}
	return mutable, r.Err()
}

// skipConstant steps over the expression that a global is set by.
func skipConstant(r *wasm.Reader) error {
	for r.Err() == nil {
		switch op := r.Byte(); op {
		case opEnd:
			return r.Err()
		case opI32Const, opI64Const, opGlobalGet, opRefNull, opRefFunc:
			r.SkipLEB()
		case opF32Const:
			r.Take(4)
		case opF64Const:
			r.Take(8)
		case opVector:
			if r.U32() != v128Const {
				return errUncommonGlobal
			}
			r.Take(16)
		default:
			return errUncommonGlobal
		}
	}
	return r.Err()
}

const (
	opGlobalGet = 0x23
	opRefNull   = 0xd0
	opRefFunc   = 0xd2
	opVector    = 0xfd
	v128Const   = 12
)
