package guard

import (
	"slices"

	"vega/plugins/binary"
)

const (
	// minEntries and maxEntries bound the tables that are replaced, in entries that
	// are not null. Only Go's tables are as large: they list every function.
	minEntries = 512
	maxEntries = 1 << 14
	// maxDispatchers bounds the types of a module's indirect calls.
	maxDispatchers = 4
	// perChunk is how many entries one function picks from, as a shift. The compiler
	// takes 10 MiB for a function that picks from 2,000.
	perChunk = 7
)

// dispatch replaces the table of a module. wazero makes a reference of 24 bytes for
// each entry of a table in each instance: 110 KiB of the memory of a waiting Go
// guest. A function that calls the entry with a given number, the dispatcher, is shared
// by all. It leaves that to one of several others, because large functions take much
// memory to compile.
//
// The meaning does not change, except for the text of the trap when an entry is
// null or has another type. So only what provably stays the same is replaced: a
// table that nothing but indirect calls and active segments refers to.
type dispatch struct {
	base    uint32            // the first entry that is not null
	entries []uint32          // the functions from base on
	types   []binary.FuncType // of the indirect calls of each dispatcher
}

// dispatcher returns the number of the dispatcher for indirect calls of a type.
func (d *dispatch) dispatcher(t binary.FuncType) int {
	return slices.IndexFunc(d.types, func(o binary.FuncType) bool { return sameType(o, t) })
}

// dispatchOf returns how to replace the table, or nil if it has to stay.
func dispatchOf(m *binary.Module) *dispatch {
	if len(m.Tables) != 1 || slices.ContainsFunc(m.Exports, func(e binary.Export) bool { return e.Kind == binary.KindTable }) {
		return nil
	}
	d := &dispatch{}
	if !d.fill(m) || !d.scan(m) {
		return nil
	}
	return d
}

// fill applies the active segments to the table. It reports whether the table can be
// replaced.
func (d *dispatch) fill(m *binary.Module) bool {
	used := 0
	for i := range m.Elements {
		used += len(m.Elements[i].Entries)
	}
	if used < minEntries || used > maxEntries {
		return false
	}
	all := slices.Repeat([]uint32{binary.NoFunction}, int(m.Tables[0].Min))
	first, end := len(all), 0
	for i := range m.Elements {
		e := &m.Elements[i]
		at, ok := e.Offset.I32()
		if !e.Active() || !ok || uint64(at)+uint64(len(e.Entries)) > uint64(len(all)) {
			return false
		}
		copy(all[at:], e.Entries)
		first, end = min(first, int(at)), max(end, int(at)+len(e.Entries))
	}
	d.base, d.entries = uint32(first), all[first:end]
	return len(d.entries) <= maxEntries
}

// scan finds the types of the indirect calls. It reports whether nothing else in the
// code refers to the table.
func (d *dispatch) scan(m *binary.Module) bool {
	var w binary.Walker
	for i := range m.Codes {
		for w.Reset(m, i); w.Next(); {
			switch {
			case usesTable(w.Op):
				return false
			case w.Op == binary.OpCallIndirect && d.dispatcher(m.Types[w.Index]) < 0:
				d.types = append(d.types, m.Types[w.Index])
			}
		}
	}
	return w.Err() == nil && len(d.types) > 0 && len(d.types) <= maxDispatchers
}

// usesTable reports whether an instruction other than an indirect call refers to a
// table or to an element segment.
func usesTable(op binary.Op) bool {
	switch op {
	case binary.OpTableGet, binary.OpTableSet, binary.OpTableInit, binary.OpElemDrop, binary.OpTableCopy,
		binary.OpTableGrow, binary.OpTableSize, binary.OpTableFill:
		return true
	}
	return false
}

// dispatch adds the dispatchers and what they call as the last functions, and removes
// the table.
func (r *rewriter) dispatch() {
	d := r.table
	if d == nil {
		return
	}
	r.to.Tables, r.to.Elements = nil, nil
	r.to.Functions = slices.Clone(r.to.Functions)
	chunks := slices.Collect(slices.Chunk(d.entries, 1<<perChunk))
	first := r.from.NumFunctions() + 1 + uint32(len(d.types))
	for _, like := range d.types {
		r.to.Types = append(r.to.Types, binary.FuncType{Params: append(slices.Clone(like.Params), byte(binary.I32)), Results: like.Results})
		j := jump{params: len(like.Params) + 1, number: len(like.Params), base: d.base, shift: perChunk}
		for range chunks {
			j.targets, first = append(j.targets, first), first+1
		}
		r.add(j, like)
	}
	for _, like := range d.types {
		for n, entries := range chunks {
			j := jump{params: len(like.Params), number: len(like.Params), base: d.base + uint32(n)<<perChunk}
			for _, f := range entries {
				if f != binary.NoFunction && sameType(r.from.TypeOf(f), like) {
					j.targets = append(j.targets, f+1)
				} else {
					j.targets = append(j.targets, binary.NoFunction)
				}
			}
			r.add(j, like)
		}
	}
}

// add adds a function that jumps to functions of a type, or to others that do.
func (r *rewriter) add(j jump, like binary.FuncType) {
	n := len(r.from.Types) + 1 + r.table.dispatcher(like)
	r.to.Functions = append(r.to.Functions, uint32(n))
	r.to.Codes = append(r.to.Codes, (&binary.Code{}).WithBody(j.body()))
}

// jump is the code of a function that calls one of several with its parameters.
type jump struct {
	params  int      // how many it passes on
	number  int      // the parameter that picks the target
	base    uint32   // is subtracted from it
	shift   int32    // the result is shifted right
	targets []uint32 // functions, or NoFunction for a trap
}

// body returns the code. Each function is called at the end of a block that a br_table
// leaves; a number without one leads to a trap.
func (j *jump) body() []byte {
	var cases, labels []uint32
	for _, f := range j.targets {
		label := uint32(binary.NoFunction)
		if f != binary.NoFunction {
			label = uint32(len(cases))
			cases = append(cases, f)
		}
		labels = append(labels, label)
	}
	other := uint32(len(cases))
	out := make([]byte, 0, 20*len(labels))
	for range len(cases) + 1 {
		out = append(out, byte(binary.OpBlock), binary.Void)
	}
	out = binary.AppendU32(append(out, byte(binary.OpLocalGet)), uint32(j.number))
	out = binary.AppendS32(append(out, byte(binary.OpI32Const)), int32(j.base))
	out = append(out, byte(binary.OpI32Sub))
	out = binary.AppendS32(append(out, byte(binary.OpI32Const)), j.shift)
	out = append(out, byte(binary.OpI32ShrU), byte(binary.OpBrTable))
	out = binary.AppendU32(out, uint32(len(labels)))
	for _, label := range append(labels, other) {
		out = binary.AppendU32(out, min(label, other))
	}
	for _, f := range cases {
		out = append(out, byte(binary.OpEnd))
		for p := range j.params {
			out = binary.AppendU32(append(out, byte(binary.OpLocalGet)), uint32(p))
		}
		out = append(binary.AppendU32(append(out, byte(binary.OpCall)), f), byte(binary.OpReturn))
	}
	return append(out, byte(binary.OpEnd), byte(binary.OpUnreachable), byte(binary.OpEnd))
}
