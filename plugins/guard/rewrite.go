package guard

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"vega/plugins/binary"
)

// rewriter builds a new module from another, which is not modified.
type rewriter struct {
	from  *binary.Module
	to    *binary.Module
	facts Facts
	image []byte
	table *dispatch // nil: the table stays
}

// rewrite imports the check as function 0, so that every function index grows
// by one, and adds the fuel as the last global.
func (r *rewriter) rewrite() error {
	m := r.from
	r.to = &binary.Module{
		Types:     append(slices.Clone(m.Types), binary.FuncType{}),
		Imports:   r.imports(),
		Functions: m.Functions,
		Tables:    tables(m.Tables),
		Memories:  m.Memories,
		Globals:   r.globals(),
		Elements:  elements(m.Elements),
		DataCount: m.DataCount,
		Data:      m.Data,
	}
	r.table = dispatchOf(m)
	r.facts = Facts{Resettable: true, Go: isGo(m)}
	if len(m.Memories) == 1 {
		r.facts.Memory = &m.Memories[0]
	}
	if err := r.codes(); err != nil {
		return err
	}
	r.dispatch()
	r.lift()
	return r.exports()
}

func (r *rewriter) imports() []binary.Import {
	check := binary.Import{Module: []byte(ImportModule), Name: []byte(ImportName), Type: uint32(len(r.from.Types))}
	return append([]binary.Import{check}, r.from.Imports...)
}

// tables gives each table a maximum, because tables, unlike memory, have no cap
// of their own.
func tables(from []binary.Table) []binary.Table {
	to := slices.Clone(from)
	for i := range to {
		t := &to[i]
		if !t.Bounded || t.Max > binary.MaxTable {
			t.Bounded, t.Max = true, binary.MaxTable
		}
	}
	return to
}

// globals adds the fuel, which starts empty.
func (r *rewriter) globals() []binary.Global {
	to := slices.Clone(r.from.Globals)
	for i := range to {
		if f, ok := to[i].Init.Func(); ok {
			to[i].Init = binary.ConstFunc(f + 1)
		}
	}
	return append(to, binary.Global{Type: binary.I32, Mutable: true, Init: binary.ConstI32(0)})
}

func elements(from []binary.Element) []binary.Element {
	to := slices.Clone(from)
	for i := range to {
		entries := slices.Clone(to[i].Entries)
		for n, f := range entries {
			if f != binary.NoFunction {
				entries[n] = f + 1
			}
		}
		to[i].Entries = entries
	}
	return to
}

// The names of vega's own exports, which a module can't use.
const (
	reserved = "vega."
	// StartExport is the export name of the start function. The runtime would
	// call it on instantiation, before the limits of a run are set, so it
	// becomes an export that is called first.
	StartExport  = reserved + "start"
	globalExport = reserved + "global."
)

// exports exports the start function so that it can be called, and the mutable
// globals so that they can be reset.
func (r *rewriter) exports() error {
	for _, e := range r.from.Exports {
		if strings.HasPrefix(string(e.Name), reserved) {
			return fmt.Errorf("it exports %.80q, but names that begin with %q are reserved for vega", e.Name, reserved)
		}
		if e.Kind == binary.KindFunction {
			e.Index++
		}
		r.to.Exports = append(r.to.Exports, e)
	}
	r.exportGlobals()
	if s := r.from.Start; s != nil {
		r.to.Exports = append(r.to.Exports, binary.Export{Name: []byte(StartExport), Kind: binary.KindFunction, Index: *s + 1})
	}
	return nil
}

// exportGlobals exports no globals if one of them can't be reset because it is
// not a plain number, or if the module has data segments of its own that would
// overwrite a snapshot.
func (r *rewriter) exportGlobals() {
	if len(r.to.Data) > 0 || r.to.DataCount != nil || len(r.from.Exports) == 0 {
		return
	}
	var all []binary.Export
	for i, g := range r.from.Globals {
		switch {
		case !g.Mutable:
			continue
		case g.Type < binary.F64: // a vector or reference
			return
		}
		all = append(all, binary.Export{Name: fmt.Appendf(nil, "%s%d", globalExport, i), Kind: binary.KindGlobal, Index: uint32(i)})
	}
	r.facts.Known = true
	for _, e := range all {
		r.facts.Globals = append(r.facts.Globals, string(e.Name))
	}
	r.to.Exports = append(r.to.Exports, all...)
}

// isGo reports whether the module claims to be compiled by Go. A false claim
// harms only the module.
func isGo(m *binary.Module) bool {
	return slices.ContainsFunc(m.Customs, func(c binary.CustomSection) bool {
		return string(c.Name) == "producers" && bytes.Contains(c.Bytes, []byte("cmd/compile"))
	})
}
