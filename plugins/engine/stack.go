package engine

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/binary"
)

const (
	// MaxStack is the maximum size of a guest's native stack, in bytes. The stack
	// is not part of the guest's memory, and grows by doubling.
	MaxStack = 16 << 20
	// IdleStack is the native stack that an instance may keep while it waits.
	IdleStack = 256 << 10
)

// stackField is the field of wazero's call engine, which api.Function hides,
// that holds the native stack. wazero has no public way to ask for its size.
const stackField = "stack"

// StackSize returns how large the native stack has grown. It grows with the
// depth of calls and never shrinks. An unknown size counts as larger than
// IdleStack; CheckStacks keeps a sandbox from opening in that case.
func (i *Instance) StackSize() int {
	if i == nil || i.native.Kind() != reflect.Slice {
		return IdleStack + 1
	}
	return i.native.Len()
}

// nativeStack returns the stack that a function runs on, or the zero Value if
// it is not where this version of wazero is known to keep it.
func nativeStack(f api.Function) (v reflect.Value) {
	if p := reflect.ValueOf(f); p.Kind() == reflect.Pointer && p.Elem().Kind() == reflect.Struct {
		v = p.Elem().FieldByName(stackField)
	}
	return v
}

// CheckStacks reports why the size of a guest's stack can't be read, or nil if
// it can. It checks only once in a process. Without the size, the stack has no
// limit.
var CheckStacks = sync.OnceValue(func() error { return checkStack(wazero.NewRuntimeConfig(), nativeStack) })

// checkStack runs a guest that calls itself, and checks that its stack grows.
func checkStack(config wazero.RuntimeConfig, stackOf func(api.Function) reflect.Value) error {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, config)
	defer r.Close(ctx) // nothing in the runtime can fail to close
	m, err := r.Instantiate(ctx, recursion())
	if err != nil {
		return fmt.Errorf("measure a guest's stack: %w", err)
	}
	f := m.ExportedFunction("recurse")
	stack := stackOf(f)
	if interpreted(f) {
		return errInterpreter
	}
	if stack.Kind() != reflect.Slice {
		return errStack
	}
	before := stack.Len()
	const depth = 1000
	if _, err := f.Call(ctx, depth); err != nil {
		return fmt.Errorf("measure a guest's stack: %w", err)
	}
	if stack.Len() <= before {
		return errStack
	}
	return nil
}

var errStack = errors.New("the size of a guest's stack can't be read: wazero " + Version() + " keeps the stack elsewhere than the version in vega's go.mod; build vega with that version")

// errInterpreter says why wazero fell back to its interpreter, which has no native
// stack. A guest on it would not be bounded.
var errInterpreter = errors.New("vega can't run compiled code here: either the system forbids memory that is written and then executed (MemoryDenyWriteExecute= in the unit, or a policy such as SELinux's), which you can allow, or vega has no compiler for this processor: it needs arm64, or amd64 with SSE4.1")

// interpreted reports whether wazero interprets a function, because it can't compile.
func interpreted(f api.Function) bool {
	t := reflect.TypeOf(f)
	return t.Kind() == reflect.Pointer && strings.HasSuffix(t.Elem().PkgPath(), "/interpreter")
}

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
