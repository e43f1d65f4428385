package plugins

import (
	"reflect"
	"testing"

	"github.com/tetratelabs/wazero/api"
)

// The limit on a guest's stack stands on a field of wazero's that is not part of
// its interface. A sandbox does not open where the field is gone, is something
// else, or no longer grows with the calls.
func TestSandboxNeedsToSeeStacks(t *testing.T) {
	if err := seeStack(nativeStack); err != nil {
		t.Fatal(err)
	}
	grown := make([]byte, 64)
	for name, stackOf := range map[string]func(api.Function) reflect.Value{
		"gone":           func(api.Function) reflect.Value { return reflect.Value{} },
		"something else": func(api.Function) reflect.Value { return reflect.ValueOf("stack") },
		"does not grow":  func(api.Function) reflect.Value { return reflect.ValueOf(grown) },
	} {
		if err := seeStack(stackOf); err == nil {
			t.Errorf("%s: nobody noticed", name)
		}
	}
}

// What is seen of a stack is what a run takes: it grows with the depth, in the
// engine that vega runs on.
func TestStackGrowsWithDepth(t *testing.T) {
	e, err := newEngine(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	m, err := e.runtime.Instantiate(t.Context(), recursion())
	if err != nil {
		t.Fatal(err)
	}
	f := m.ExportedFunction("recurse")
	i, last := &instance{native: nativeStack(f)}, 0
	for depth := uint64(1); depth <= 1_000; depth *= 1_000 {
		if _, err := f.Call(t.Context(), depth); err != nil {
			t.Fatal(err)
		}
		if size := i.stackSize(); size <= last || size < int(depth)*16 {
			t.Errorf("%d calls deep: %d bytes, and before %d", depth, size, last)
		}
		last = i.stackSize()
	}
	if (&instance{}).stackSize() <= maxStack {
		t.Error("a stack that is not seen counts as small")
	}
}
