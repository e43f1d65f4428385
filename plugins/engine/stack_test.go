package engine

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// The limit on a guest's stack reads a private field of wazero by reflection.
// This test fails when a new version of wazero moves the field, and prints what
// the type looks like now.
func TestWazeroKeepsTheStackField(t *testing.T) {
	e, f := recursive(t)
	defer e.Close()
	p := reflect.TypeOf(f)
	if p.Kind() != reflect.Pointer || p.Elem().Kind() != reflect.Struct {
		t.Fatalf("wazero %s: api.Function is a %s and no longer a pointer to a struct; nativeStack in stack.go has to find the native stack in another way", Version(), p)
	}
	field, ok := p.Elem().FieldByName(stackField)
	if !ok || field.Type != reflect.TypeFor[[]byte]() {
		t.Fatalf("wazero %s: %s has no field %q of type []byte; nativeStack in stack.go has to read another one of:\n%s", Version(), p.Elem(), stackField, fields(p.Elem()))
	}
}

// fields lists the fields of a struct type, one a line.
func fields(of reflect.Type) string {
	var b strings.Builder
	for i := range of.NumField() {
		fmt.Fprintf(&b, "\t%s %s\n", of.Field(i).Name, of.Field(i).Type)
	}
	return b.String()
}

// recursive returns a function that calls itself as often as its argument says.
func recursive(t *testing.T) (*Engine, api.Function) {
	t.Helper()
	e, err := New(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := e.runtime.Instantiate(t.Context(), recursion())
	if err != nil {
		t.Fatal(err)
	}
	return e, m.ExportedFunction("recurse")
}

// A sandbox does not open if the field is missing, has another type, or does not
// grow with the calls.
func TestUnreadableStackIsReported(t *testing.T) {
	if err := checkStack(wazero.NewRuntimeConfig(), nativeStack); err != nil {
		t.Fatal(err)
	}
	grown := make([]byte, 64)
	for name, stackOf := range map[string]func(api.Function) reflect.Value{
		"missing":       func(api.Function) reflect.Value { return reflect.Value{} },
		"another type":  func(api.Function) reflect.Value { return reflect.ValueOf("stack") },
		"does not grow": func(api.Function) reflect.Value { return reflect.ValueOf(grown) },
	} {
		if err := checkStack(wazero.NewRuntimeConfig(), stackOf); err == nil {
			t.Errorf("%s: not reported", name)
		}
	}
}

// Where wazero can't compile, such as with MemoryDenyWriteExecute= or on a processor with
// 32 bits, it interprets. The error says so, and does not blame the version of wazero.
func TestInterpreterIsReported(t *testing.T) {
	if err := checkStack(wazero.NewRuntimeConfigInterpreter(), nativeStack); !errors.Is(err, errInterpreter) {
		t.Errorf("%v, want %v", err, errInterpreter)
	}
}

// The size read is the size used: it grows with the depth of calls in the engine
// that vega runs modules on.
func TestStackGrowsWithDepth(t *testing.T) {
	e, f := recursive(t)
	defer e.Close()
	i, last := &Instance{native: nativeStack(f)}, 0
	for depth := uint64(1); depth <= 1_000; depth *= 1_000 {
		if _, err := f.Call(t.Context(), depth); err != nil {
			t.Fatal(err)
		}
		if size := i.StackSize(); size <= last || size < int(depth)*16 {
			t.Errorf("%d calls deep: %d bytes, and %d before", depth, size, last)
		}
		last = i.StackSize()
	}
	if (&Instance{}).StackSize() <= IdleStack {
		t.Error("an unknown stack counts as small")
	}
}
