package guard

import (
	"bytes"
	"fmt"
	"slices"

	"vega/plugins/binary"
)

// verify decodes the original and the rewritten module from their bytes and
// compares them. It does not rely on how the module was rewritten.
func verify(wasm []byte, p *Prepared) error {
	from, err := binary.Frame(wasm)
	if err != nil {
		return err
	}
	to, err := binary.Frame(p.Code)
	if err != nil {
		return fmt.Errorf("it can't be decoded: %w", err)
	}
	v := verifier{from: from, to: to, p: p}
	if v.table, err = v.dispatch(); err != nil {
		return err
	}
	for what, same := range v.sections() {
		if !same {
			return fmt.Errorf("its %s differ from the original in an unexpected way", what)
		}
	}
	return v.codes()
}

// verifier compares the original and the rewritten module.
type verifier struct {
	from, to *binary.Module
	p        *Prepared
	table    *dispatched // nil: the table stayed
}

// sections compares everything except the code.
func (v *verifier) sections() map[string]bool {
	from, to := v.from, v.to
	return map[string]bool{
		"types":           v.types(),
		"imports":         v.imports(),
		"functions":       slices.Equal(to.Functions[:min(len(to.Functions), len(from.Functions))], from.Functions),
		"tables":          v.table != nil || slices.EqualFunc(to.Tables, from.Tables, bounded),
		"memories":        slices.Equal(to.Memories, from.Memories),
		"globals":         v.globals(),
		"exports":         slices.EqualFunc(to.Exports, v.exported(), sameExport),
		"start functions": to.Start == nil,
		"elements":        v.table != nil || slices.EqualFunc(to.Elements, from.Elements, sameElement),
		"data segments":   v.data(),
		"custom sections": len(to.Customs) == 0,
	}
}

// types compares the types and checks that only that of the check, and one for each
// dispatcher, follow them.
func (v *verifier) types() bool {
	added, n := 0, len(v.from.Types)
	if v.table != nil {
		added = v.table.types
	}
	if len(v.to.Types) != n+1+added {
		return false
	}
	check := v.to.Types[n]
	return len(check.Params)+len(check.Results) == 0 && slices.EqualFunc(v.to.Types[:n], v.from.Types, sameType)
}

func sameType(a, b binary.FuncType) bool {
	return bytes.Equal(a.Params, b.Params) && bytes.Equal(a.Results, b.Results)
}

func (v *verifier) imports() bool {
	if len(v.to.Imports) == 0 {
		return false
	}
	check := v.to.Imports[0]
	return string(check.Module) == ImportModule && string(check.Name) == ImportName && check.Type == uint32(len(v.from.Types)) &&
		slices.EqualFunc(v.to.Imports[1:], v.from.Imports, func(a, b binary.Import) bool {
			return bytes.Equal(a.Module, b.Module) && bytes.Equal(a.Name, b.Name) && a.Type == b.Type
		})
}

// bounded reports whether a table equals another, with a maximum within the
// cap.
func bounded(to, from binary.Table) bool {
	most := uint32(binary.MaxTable)
	if from.Bounded {
		most = min(most, from.Max)
	}
	return to.Type == from.Type && to.Min == from.Min && to.Bounded && to.Max == most
}

// globals compares the original globals and checks that only the fuel follows
// them.
func (v *verifier) globals() bool {
	n := len(v.from.Globals)
	if len(v.to.Globals) != n+1 {
		return false
	}
	fuel := v.to.Globals[n]
	empty, ok := fuel.Init.I32()
	return fuel.Type == binary.I32 && fuel.Mutable && ok && empty == 0 &&
		slices.EqualFunc(v.to.Globals[:n], v.from.Globals, func(a, b binary.Global) bool {
			return a.Type == b.Type && a.Mutable == b.Mutable && sameConstant(a.Init, b.Init)
		})
}

// sameConstant reports whether a constant equals another with function indices
// one higher.
func sameConstant(to, from binary.Constant) bool {
	a, isFunc := to.Func()
	b, wasFunc := from.Func()
	if isFunc && wasFunc {
		return a == b+1
	}
	return bytes.Equal(to, from)
}

// exported returns the exports that must exist.
func (v *verifier) exported() []binary.Export {
	all := slices.Clone(v.from.Exports)
	for i := range all {
		if all[i].Kind == binary.KindFunction {
			all[i].Index++
		}
	}
	if v.p.Known {
		for i, g := range v.from.Globals {
			if g.Mutable {
				all = append(all, binary.Export{Name: fmt.Appendf(nil, "vega.global.%d", i), Kind: binary.KindGlobal, Index: uint32(i)})
			}
		}
	}
	if s := v.from.Start; s != nil {
		all = append(all, binary.Export{Name: []byte("vega.start"), Kind: binary.KindFunction, Index: *s + 1})
	}
	return all
}

func sameExport(a, b binary.Export) bool {
	return bytes.Equal(a.Name, b.Name) && a.Kind == b.Kind && a.Index == b.Index
}

func sameElement(to, from binary.Element) bool {
	return to.Form == from.Form && to.Table == from.Table && to.Type == from.Type && bytes.Equal(to.Offset, from.Offset) &&
		slices.EqualFunc(to.Entries, from.Entries, func(a, b uint32) bool {
			return a == b+1 && b != binary.NoFunction || a == b && b == binary.NoFunction
		})
}

// data compares the segments, or compares the image with what they produce.
func (v *verifier) data() bool {
	if v.p.Image == nil {
		sameCount := v.from.DataCount == nil && v.to.DataCount == nil ||
			v.from.DataCount != nil && v.to.DataCount != nil && *v.from.DataCount == *v.to.DataCount
		return sameCount && slices.EqualFunc(v.to.Data, v.from.Data, func(a, b binary.Segment) bool {
			return a.Passive == b.Passive && bytes.Equal(a.Offset, b.Offset) && bytes.Equal(a.Bytes, b.Bytes)
		})
	}
	if len(v.to.Data) > 0 || v.to.DataCount != nil || len(v.from.Memories) != 1 || uint64(len(v.p.Image)) != uint64(v.from.Memories[0].Min)*pageSize {
		return false
	}
	made := make([]byte, len(v.p.Image))
	for _, s := range v.from.Data {
		at, ok := s.Offset.I32()
		if s.Passive || !ok || uint64(at)+uint64(len(s.Bytes)) > uint64(len(made)) {
			return false
		}
		copy(made[at:], s.Bytes)
	}
	return bytes.Equal(made, v.p.Image)
}
