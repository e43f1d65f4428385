// Package oracle compares vega's reader of WebAssembly modules with that of the
// runtime. Run it with .ci/oracle/run, which builds the wazero that it needs.
package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/tetratelabs/wazero/vegabridge"

	"vega/plugins/binary"
	"vega/plugins/guard"
)

// verdict is the outcome of reading a module.
type verdict int

const (
	refusedByUs verdict = iota
	refusedByRuntime
	agreed
)

// judge has both read a module: the original without custom sections, which vega
// never passes on, and the version that vega rewrites. What vega accepts, wazero
// must refuse or read in the same way.
func judge(wasm []byte) (verdict, error) {
	m, err := binary.Decode(wasm)
	if err != nil {
		return refusedByUs, nil
	}
	plain, err := withoutCustoms(wasm)
	if err != nil {
		return 0, err
	}
	if _, err := compare(m, plain, false); err != nil {
		return 0, fmt.Errorf("original: %w", err)
	}
	p, err := guard.Prepare(wasm)
	if err != nil {
		return refusedByUs, nil //nolint:nilerr // a name reserved by vega, or too many loops
	}
	to, err := binary.Frame(p.Code)
	if err != nil {
		return 0, err
	}
	v, err := compare(to, p.Code, true)
	if err != nil {
		return 0, fmt.Errorf("rewritten: %w", err)
	}
	return v, nil
}

func withoutCustoms(wasm []byte) ([]byte, error) {
	out := binary.Header()
	err := binary.Sections(wasm, func(id byte, body *binary.Reader) error {
		if id != binary.Custom {
			out = binary.AppendSection(out, id, body.Rest())
		}
		return nil
	})
	return out, err
}

// compare compares how vega and wazero read a module.
func compare(m *binary.Module, wasm []byte, rewritten bool) (verdict, error) {
	v, err := vegabridge.Decode(wasm)
	if err != nil {
		return refusedByRuntime, nil
	}
	if err := sameSections(m, v); err != nil {
		return 0, err
	}
	for i := range m.Codes {
		ours, err := instructions(m, i)
		if err != nil {
			return 0, fmt.Errorf("walk function %d: %w", i, err)
		}
		if err := samePlaces("the validator", ours, v.Validated[i], v.Refused == nil); err != nil {
			return 0, fmt.Errorf("function %d: %w", i, err)
		}
	}
	if v.Refused != nil {
		return refusedByRuntime, nil
	}
	if rewritten && (v.Start || m.Start != nil) {
		return 0, errors.New("it has a start function")
	}
	v.Compile(wasm)
	if v.Failed != nil {
		return refusedByRuntime, nil
	}
	for i := range m.Codes {
		ours, _ := instructions(m, i) // walked before
		err := errors.Join(samePlaces("the compiler", ours, v.Compiled[i], true), samePlaces("the interpreter", ours, v.Interpreted[i], true))
		if err != nil {
			return 0, fmt.Errorf("function %d: %w", i, err)
		}
	}
	return agreed, nil
}

// instructions returns the positions of a function's instructions. wazero reads one
// byte of the number of a vector instruction, and a second one as a nop.
func instructions(m *binary.Module, i int) (places []int, err error) {
	w := m.Walk(i)
	for w.Next() {
		places = append(places, w.At)
		if w.Op >= 0xfd80 {
			places = append(places, w.At+2)
		}
	}
	return places, w.Err()
}

// samePlaces compares the positions at which another reader found instructions. In
// a module that it refuses, it reads only the first few.
func samePlaces(who string, ours, theirs []int, whole bool) error {
	for i, at := range theirs {
		if i >= len(ours) || ours[i] != at {
			return fmt.Errorf("%s reads instruction %d at byte %#x, vega at %x", who, i, at, ours[min(i, len(ours)):min(i+3, len(ours))])
		}
	}
	if whole && len(theirs) != len(ours) {
		return fmt.Errorf("%s reads %d instructions, vega %d", who, len(theirs), len(ours))
	}
	return nil
}

// sameSections compares everything except the instructions.
func sameSections(m *binary.Module, v *vegabridge.View) error {
	for what, same := range map[string]bool{
		"types": slices.EqualFunc(m.Types, v.Types, func(a binary.FuncType, b vegabridge.FuncType) bool {
			return sameValues(a.Params, b.Params) && sameValues(a.Results, b.Results)
		}),
		"imports": slices.EqualFunc(m.Imports, v.Imports, func(a binary.Import, b vegabridge.Import) bool {
			return string(a.Module) == b.Module && string(a.Name) == b.Name && b.Kind == 0 && a.Type == b.Type
		}),
		"functions": slices.Equal(m.Functions, v.Functions),
		"tables": slices.EqualFunc(m.Tables, v.Tables, func(a binary.Table, b vegabridge.Table) bool {
			return uint64(a.Type) == b.Type && sameLimits(a.Limits, b.Limits) && !b.Init
		}),
		"memory": len(m.Memories) == 0 && v.Memory == nil || len(m.Memories) == 1 && v.Memory != nil && sameLimits(m.Memories[0], *v.Memory),
		"globals": slices.EqualFunc(m.Globals, v.Globals, func(a binary.Global, b vegabridge.Global) bool {
			return uint64(a.Type) == b.Type && a.Mutable == b.Mutable && bytes.Equal(a.Init, b.Init)
		}),
		"exports": slices.EqualFunc(m.Exports, v.Exports, func(a binary.Export, b vegabridge.Export) bool {
			return string(a.Name) == b.Name && a.Kind == b.Kind && a.Index == b.Index
		}),
		"start function": (m.Start != nil) == v.Start,
		"elements":       slices.EqualFunc(m.Elements, v.Elements, sameElement),
		"data": slices.EqualFunc(m.Data, v.Data, func(a binary.Segment, b vegabridge.Data) bool {
			return a.Passive == b.Passive && bytes.Equal(a.Offset, b.Offset) && bytes.Equal(a.Bytes, b.Bytes)
		}),
		"locals": slices.EqualFunc(m.Codes, v.Locals, sameLocals),
		"bodies": slices.EqualFunc(m.Codes, v.Bodies, func(a binary.Code, b []byte) bool { return bytes.Equal(a.Body, b) }),
	} {
		if !same {
			return fmt.Errorf("the %s differ", what)
		}
	}
	return nil
}

func sameValues(a []byte, b []uint64) bool {
	return slices.EqualFunc(a, b, func(a byte, b uint64) bool { return uint64(a) == b })
}

func sameLimits(a binary.Limits, b vegabridge.Limits) bool {
	return a.Min == b.Min && a.Bounded == b.Bounded && (!a.Bounded || a.Max == b.Max)
}

func sameElement(a binary.Element, b vegabridge.Element) bool {
	passive := a.Form&3 == 1
	return a.Active() == b.Active && passive == b.Passive && a.Table == b.Table && bytes.Equal(a.Offset, b.Offset) &&
		slices.EqualFunc(a.Entries, b.Entries, func(a uint32, b int64) bool {
			return a == binary.NoFunction && b == -1 || a != binary.NoFunction && int64(a) == b
		})
}

// sameLocals compares the locals of a function one by one.
func sameLocals(c binary.Code, theirs []uint64) bool {
	if c.NumLocals != len(theirs) {
		return false
	}
	r := binary.NewReader(c.Groups())
	for r.Len() > 0 {
		n := r.U32()
		t := uint64(r.Byte())
		for _, other := range theirs[:min(int(n), len(theirs))] {
			if other != t {
				return false
			}
		}
		theirs = theirs[min(int(n), len(theirs)):]
	}
	return len(theirs) == 0
}
