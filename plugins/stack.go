package plugins

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/binary"
)

// stackSize returns how large the native stack has grown: it grows with the
// depth of calls and never shrinks. Where it is unknown, it counts as too large to
// keep; seesStacks lets no sandbox open there.
func (i *instance) stackSize() int {
	if i == nil || i.native.Kind() != reflect.Slice {
		return maxStack + 1
	}
	return i.native.Len()
}

// nativeStack finds the stack that a function runs on. wazero has no other way
// to ask for it.
func nativeStack(f api.Function) (v reflect.Value) {
	if p := reflect.ValueOf(f); p.Kind() == reflect.Pointer && p.Elem().Kind() == reflect.Struct {
		v = p.Elem().FieldByName("stack")
	}
	return v
}

// seesStacks reports, once for this process, why the size of a guest's stack is
// unknown; nil if it is known. Without it the size has no limit.
var seesStacks = sync.OnceValue(func() error { return seeStack(nativeStack) })

// seeStack runs a guest that calls itself, and looks whether its stack is seen
// to grow.
func seeStack(stackOf func(api.Function) reflect.Value) error {
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	defer r.Close(ctx) // nothing in it can fail to close
	m, err := r.Instantiate(ctx, recursion())
	if err != nil {
		return fmt.Errorf("try a guest's stack: %w", err)
	}
	f := m.ExportedFunction("recurse")
	stack := stackOf(f)
	if stack.Kind() != reflect.Slice {
		return errStack
	}
	before := stack.Len()
	const depth = 1000
	if _, err := f.Call(ctx, depth); err != nil {
		return fmt.Errorf("try a guest's stack: %w", err)
	}
	if stack.Len() <= before {
		return errStack
	}
	return nil
}

var errStack = errors.New("how deep a guest's calls go can't be seen in this build: wazero " + compilerVersion() + " keeps the stack elsewhere than the version that go.mod of vega names")

// recursion returns a module with a function that calls itself as often as its
// argument says.
func recursion() []byte {
	m := binary.Module{
		Types:     []binary.FuncType{{Params: []byte{byte(binary.I32)}}},
		Functions: []uint32{0},
		Exports:   []binary.Export{{Name: []byte("recurse"), Kind: binary.KindFunction}},
		Codes:     make([]binary.Code, 1),
	}
	get := []byte{byte(binary.OpLocalGet), 0}
	body := append(get, byte(binary.OpIf), binary.Void)
	body = append(append(body, get...), byte(binary.OpI32Const), 1, byte(binary.OpI32Sub), byte(binary.OpCall), 0)
	m.Codes[0] = m.Codes[0].WithBody(append(body, byte(binary.OpEnd), byte(binary.OpEnd)))
	return m.Encode()
}
