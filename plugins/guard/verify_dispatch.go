package guard

import (
	"errors"
	"fmt"

	"vega/plugins/binary"
)

// dispatched is what replaces the table of a module.
type dispatched struct {
	table   []uint32          // the functions, as instantiation would write them
	callers map[uint32]uint32 // by the type of an indirect call, the function to call instead
	types   int               // how many dispatchers there are, each of which has a type of its own
}

// dispatch returns what replaces the table, or nil if the table stayed. It checks that
// only active segments write the table, and what each added function calls. That no
// instruction refers to the table is checked with the code.
func (v *verifier) dispatch() (*dispatched, error) {
	added := len(v.to.Functions) - len(v.from.Functions)
	if len(v.to.Tables) == len(v.from.Tables) && added == 0 {
		return nil, nil
	}
	if len(v.to.Tables) > 0 || len(v.to.Elements) > 0 || len(v.from.Tables) != 1 || added <= 0 || len(v.to.Codes) != len(v.to.Functions) {
		return nil, errors.New("its table was replaced in an unexpected way")
	}
	for _, e := range v.from.Exports {
		if e.Kind == binary.KindTable {
			return nil, errors.New("its table is exported, but was removed")
		}
	}
	d := &dispatched{table: make([]uint32, v.from.Tables[0].Min), callers: map[uint32]uint32{}}
	for n := range d.table {
		d.table[n] = binary.NoFunction
	}
	for _, e := range v.from.Elements {
		at, ok := e.Offset.I32()
		if !e.Active() || !ok || uint64(at)+uint64(len(e.Entries)) > uint64(len(d.table)) {
			return nil, errors.New("its table does not only depend on its active segments, but was removed")
		}
		copy(d.table[at:], e.Entries)
	}
	return d, v.added(d)
}

// added reads the added functions, and compares what the dispatchers among them call
// with the table.
func (v *verifier) added(d *dispatched) error {
	first := len(v.from.Functions)
	all := map[uint32]*reading{}
	for n := first; n < len(v.to.Functions); n++ {
		r := &reading{code: &v.to.Codes[n]}
		r.w.Reset(v.to, n)
		if err := r.read(v.to.Types[v.to.Functions[n]]); err != nil {
			return fmt.Errorf("added function %d: %w", n-first, err)
		}
		all[uint32(len(v.to.Imports)+n)] = r
	}
	for f, r := range all {
		if r.shift == 0 {
			continue
		}
		if err := r.compare(v.from, d.table, all); err != nil {
			return err
		}
		d.types++
		for t := range v.from.Types {
			if sameType(v.from.Types[t], r.like) {
				d.callers[uint32(t)] = f
			}
		}
	}
	return nil
}

// reading reads the code of one added function, which calls one of several.
type reading struct {
	code  *binary.Code
	w     binary.Walker
	like  binary.FuncType // its type without the number
	base  uint32          // is subtracted from the number
	shift uint32          // the result is shifted right; 0 in those that no call in the code refers to
	// labels are the blocks that the br_table leaves, and calls what is called behind
	// each, or NoFunction for a trap.
	labels, calls []uint32
}

// errDispatcher says that an added function does something else.
var errDispatcher = errors.New("it does not call what the table has")

// read checks that a function calls one of several, depending on its last parameter,
// or traps.
func (r *reading) read(t binary.FuncType) error {
	n := len(t.Params) - 1
	if n < 0 || t.Params[n] != byte(binary.I32) || r.code.NumLocals > 0 {
		return errDispatcher
	}
	r.like = binary.FuncType{Params: t.Params[:n], Results: t.Results}
	blocks := 0
	for r.w.Next() && r.w.Op == binary.OpBlock && r.w.Bytes()[1] == binary.Void {
		blocks++
	}
	if r.w.Op != binary.OpLocalGet || r.w.Index != uint32(n) || !r.constant(&r.base) || !r.next(binary.OpI32Sub) ||
		!r.constant(&r.shift) || !r.next(binary.OpI32ShrU) || !r.next(binary.OpBrTable) {
		return errDispatcher
	}
	if r.labels = binary.Labels(r.w.Bytes()); r.shift != 0 {
		n++ // it passes the number on
	}
	for _, label := range r.labels {
		if uint64(label) >= uint64(blocks) {
			return errDispatcher
		}
	}
	if err := r.cases(blocks, n); err != nil {
		return err
	}
	if r.shift != 0 && r.shift != perChunk || r.calls[r.labels[len(r.labels)-1]] != binary.NoFunction {
		return errDispatcher
	}
	return nil
}

func (r *reading) constant(to *uint32) bool {
	ok := r.next(binary.OpI32Const)
	*to, _ = binary.Constant(r.w.Bytes()).I32()
	return ok
}

func (r *reading) next(op binary.Op) bool { return r.w.Next() && r.w.Op == op }

// cases reads what is called behind the end of each block. Nothing may follow the last.
func (r *reading) cases(blocks, params int) error {
	for len(r.calls) < blocks {
		if !r.next(binary.OpEnd) || !r.w.Next() {
			return errDispatcher
		}
		if r.w.Op == binary.OpUnreachable {
			r.calls = append(r.calls, binary.NoFunction)
			continue
		}
		for p := range params {
			if r.w.Op != binary.OpLocalGet || r.w.Index != uint32(p) || !r.w.Next() {
				return errDispatcher
			}
		}
		if r.w.Op != binary.OpCall {
			return errDispatcher
		}
		r.calls = append(r.calls, r.w.Index)
		if !r.next(binary.OpReturn) {
			return errDispatcher
		}
	}
	if blocks == 0 || !r.next(binary.OpEnd) || r.w.Next() || r.w.Err() != nil {
		return errDispatcher
	}
	return nil
}

// call returns the function that is called for a number.
func (r *reading) call(number uint32) uint32 {
	last := uint32(len(r.labels) - 1)
	return r.calls[r.labels[min((number-r.base)>>r.shift, last)]]
}

// most returns the number from which on, and below base, the last label counts, which
// leads to a trap.
func (r *reading) most() uint64 {
	return uint64(r.base) + uint64(len(r.labels)-1)<<r.shift
}

// compare checks what is called for each number, by way of another added function,
// against the table.
func (r *reading) compare(from *binary.Module, table []uint32, all map[uint32]*reading) error {
	end := max(uint64(len(table)), r.most())
	if end > 1<<24 {
		return errDispatcher
	}
	for n := range uint32(end) {
		want := uint32(binary.NoFunction)
		if n < uint32(len(table)) && table[n] != binary.NoFunction && sameType(from.TypeOf(table[n]), r.like) {
			want = table[n] + 1
		}
		got := r.call(n)
		if got != binary.NoFunction {
			next := all[got]
			if next == nil || next.shift != 0 || !sameType(next.like, r.like) {
				return errDispatcher
			}
			got = next.call(n)
		}
		if got != want {
			return fmt.Errorf("%w: entry %d", errDispatcher, n)
		}
	}
	return nil
}
