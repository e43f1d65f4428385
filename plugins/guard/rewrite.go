package guard

import (
	"encoding/binary"
	"fmt"

	wasm "vega/plugins/binary"
)

// What a rewritten module imports beside what it imported itself: a function
// without parameters or results, which returns if the guest may go on.
const (
	ImportModule = "vega_guard"
	ImportName   = "check"
)

// The sections of a module, in their order.
const (
	sectionTypes     = 1
	sectionFunctions = 3
	sectionTables    = 4
	sectionStart     = 8
	sectionElements  = 9
	sectionCode      = 10
)

var sections = []byte{
	sectionTypes, wasm.Imports, sectionFunctions, sectionTables, wasm.Memories, wasm.Globals,
	wasm.Exports, sectionStart, sectionElements, wasm.DataCount, sectionCode, wasm.Data,
}

// Rewrite returns the module metered, and without its custom sections, which
// nothing needs in order to run. The module has passed Check.
//
// The check is imported as function 0, so that every function's index grows by
// one; the fuel is the last global.
func Rewrite(module []byte) ([]byte, error) {
	bodies := map[byte][]byte{}
	err := wasm.Sections(module, func(id byte, body *wasm.Reader) error {
		bodies[id] = body.Rest()
		return nil
	})
	if err != nil {
		return nil, err
	}
	var w rewriter
	if _, ok := bodies[sectionCode]; ok {
		if err := w.look(bodies); err != nil {
			return nil, err
		}
	}
	out := wasm.Header()
	for _, id := range sections {
		body, ok := bodies[id]
		if !ok && !w.adds(id) {
			continue
		}
		r := wasm.NewReader(body)
		if !ok {
			r = wasm.NewReader([]byte{0}) // an empty list, to be added to
		}
		body, err := w.section(id, r)
		if err != nil {
			return nil, err
		}
		out = wasm.AppendSection(out, id, body)
	}
	return out, nil
}

// rewriter knows of a module what the places of others depend on. The zero
// value is for one without code: its tables are all that needs bounds.
type rewriter struct {
	code    bool
	params  []int // of each type
	types   []uint32
	globals uint32
	next    int // function
}

// look reads the types of functions and counts the globals.
func (w *rewriter) look(bodies map[byte][]byte) error {
	w.code = true
	r := wasm.NewReader(bodies[sectionTypes])
	for n := r.U32(); n > 0 && r.Err() == nil; n-- {
		r.Byte()
		params := r.U32()
		r.Take(params)
		r.Take(r.U32())
		w.params = append(w.params, int(params))
	}
	if len(bodies[sectionTypes]) > 0 && r.Err() != nil {
		return r.Err()
	}
	r = wasm.NewReader(bodies[sectionFunctions])
	for n := r.U32(); n > 0 && r.Err() == nil; n-- {
		w.types = append(w.types, r.U32())
	}
	w.globals = wasm.NewReader(bodies[wasm.Globals]).U32()
	return nil
}

// adds reports whether the section gets an item more, for which it is made
// where the module has none.
func (w *rewriter) adds(id byte) bool {
	return w.code && (id == sectionTypes || id == wasm.Imports || id == wasm.Globals)
}

func (w *rewriter) section(id byte, r *wasm.Reader) ([]byte, error) {
	if id == sectionTables {
		return tables(r)
	}
	if !w.code {
		return r.Rest(), nil
	}
	switch id {
	case sectionTypes:
		out := binary.AppendUvarint(nil, uint64(r.U32())+1)
		const functype = 0x60
		return append(append(out, r.Rest()...), functype, 0, 0), r.Err()
	case wasm.Imports:
		out := binary.AppendUvarint(nil, uint64(r.U32())+1)
		out = wasm.AppendName(wasm.AppendName(out, ImportModule), ImportName)
		out = binary.AppendUvarint(append(out, 0), uint64(len(w.params)))
		return append(out, r.Rest()...), r.Err()
	case wasm.Globals:
		return w.shiftGlobals(r)
	case wasm.Exports:
		return w.shiftExports(r)
	case sectionStart:
		return binary.AppendUvarint(nil, uint64(r.U32())+1), r.Err()
	case sectionElements:
		return list(r, shiftElement)
	case sectionCode:
		return list(r, w.function)
	default:
		return r.Rest(), nil
	}
}

// list rewrites a section's items one by one.
func list(r *wasm.Reader, item func(out []byte, r *wasm.Reader) ([]byte, error)) ([]byte, error) {
	n := r.U32()
	out := binary.AppendUvarint(make([]byte, 0, 5+2*r.Len()), uint64(n))
	for range n {
		var err error
		if out, err = item(out, r); err != nil {
			return nil, err
		}
		if err := r.Err(); err != nil {
			return nil, err
		}
	}
	return out, r.Err()
}

// tables gives each table a maximum: memory has a cap of its own, tables have
// none.
func tables(r *wasm.Reader) ([]byte, error) {
	n := r.U32()
	if n > MaxTables {
		return nil, fmt.Errorf("it has %d tables; at most %d are allowed", n, MaxTables)
	}
	out := binary.AppendUvarint(nil, uint64(n))
	for range n {
		out = append(out, r.Byte(), 1)
		flags, least := r.Byte(), r.U32()
		most := uint32(MaxTable)
		if flags&1 != 0 {
			most = min(most, r.U32())
		}
		out = binary.AppendUvarint(out, uint64(least))
		out = binary.AppendUvarint(out, uint64(max(least, most)))
	}
	return out, r.Err()
}
