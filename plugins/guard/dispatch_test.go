package guard_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/binary"
	"vega/plugins/guard"
)

// The table of largeTable: entries that are not null are at base and above.
const (
	largeBase    = 600
	largeEntries = 520
)

// largeTable returns a module whose exported functions f and g call the entry of a table
// with the number n, as functions of two types. Some entries are null, and some have
// another type.
func largeTable() *binary.Module {
	i32, i64 := byte(binary.I32), byte(binary.I64)
	m := &binary.Module{
		Types: []binary.FuncType{
			{Params: []byte{i32}, Results: []byte{i32}},
			{Results: []byte{i64}},
			{Params: []byte{i32}, Results: []byte{i32}},
			{Params: []byte{i32}, Results: []byte{i64}},
		},
		Tables: []binary.Table{{Type: binary.FuncRef, Limits: binary.Limits{Min: largeBase + largeEntries + 10}}},
		Exports: []binary.Export{
			{Name: []byte("f"), Kind: binary.KindFunction, Index: largeEntries},
			{Name: []byte("g"), Kind: binary.KindFunction, Index: largeEntries + 1},
		},
	}
	add := func(t uint32, body []byte) {
		m.Functions = append(m.Functions, t)
		m.Codes = append(m.Codes, (&binary.Code{}).WithBody(append(body, byte(binary.OpEnd))))
	}
	entries := make([]uint32, largeEntries)
	for n := range entries { // each returns its number
		if entries[n] = uint32(n); n%5 == 4 {
			entries[n] = binary.NoFunction
		}
		if n%4 == 2 {
			add(1, binary.AppendS32([]byte{byte(binary.OpI64Const)}, int32(n)))
		} else {
			add(uint32(n%4/3*2), binary.AppendS32([]byte{byte(binary.OpI32Const)}, int32(n)))
		}
	}
	add(0, []byte{0x41, 7, 0x20, 0, 0x11, 0, 0, 0x41, 5, 0x20, 0, 0x11, 2, 0, 0x6a})
	add(3, []byte{0x20, 0, 0x11, 1, 0})
	const half = largeEntries / 2
	m.Elements = []binary.Element{
		{Form: 4, Type: binary.FuncRef, Offset: binary.ConstI32(largeBase), Entries: entries[:half+10]},
		{Form: 4, Type: binary.FuncRef, Offset: binary.ConstI32(largeBase + half), Entries: entries[half:]}, // replaces some
	}
	return m
}

// A large table is replaced, and an indirect call does the same as before.
func TestLargeTableIsReplaced(t *testing.T) {
	wasm := largeTable().Encode()
	p, err := guard.Prepare(wasm)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := binary.Frame(p.Code); err != nil || len(m.Tables)+len(m.Elements) > 0 {
		t.Fatalf("the table stayed: %v", err)
	}
	if calls := sameCalls(t, wasm, p.Code); calls != largeEntries/5*4 {
		t.Errorf("%d calls succeed, not %d", calls, largeEntries/5*4)
	}
}

// sameCalls compares the calls of a module and of the rewritten one, and returns how many
// do not trap, or -1 if one differs.
func sameCalls(t *testing.T, wasm, rewritten []byte) (calls int) {
	t.Helper()
	was, is := instance(t, wasm), instance(t, rewritten)
	for _, name := range []string{"f", "g"} {
		for n := range uint64(largeBase + largeEntries + 200) {
			for _, at := range []uint64{n, uint64(-uint32(n))} {
				want, err1 := was.ExportedFunction(name).Call(t.Context(), at)
				got, err2 := is.ExportedFunction(name).Call(t.Context(), at)
				if (err1 == nil) != (err2 == nil) || err1 == nil && want[0] != got[0] {
					t.Logf("%s(%d): %v, %v; before %v, %v", name, at, got, err2, want, err1)
					return -1
				}
				if err1 == nil {
					calls++
				}
			}
		}
	}
	return calls
}

// instance returns an instance of a module, with the check.
func instance(t *testing.T, wasm []byte) api.Module {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntime(ctx)
	t.Cleanup(func() { r.Close(ctx) })
	if _, err := r.NewHostModuleBuilder(guard.ImportModule).NewFunctionBuilder().WithFunc(func() {}).Export(guard.ImportName).Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.Instantiate(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A table stays if it is small, or if more than indirect calls and active segments may
// refer to it.
func TestTableStays(t *testing.T) {
	for name, change := range map[string]func(m *binary.Module){
		"small": func(m *binary.Module) { m.Elements = m.Elements[:1] },
		"exported": func(m *binary.Module) {
			m.Exports = append(m.Exports, binary.Export{Name: []byte("t"), Kind: binary.KindTable})
		},
		"read":     func(m *binary.Module) { m.Codes[3] = m.Codes[3].WithBody([]byte{0x20, 0, 0x25, 0, 0xd1, 0x0b}) },
		"its size": func(m *binary.Module) { m.Codes[3] = m.Codes[3].WithBody([]byte{0xfc, 16, 0, 0x0b}) },
		"written": func(m *binary.Module) {
			m.Codes[3] = m.Codes[3].WithBody([]byte{0x20, 0, 0xd0, 0x70, 0x26, 0, 0x20, 0, 0x0b})
		},
		"grown": func(m *binary.Module) {
			m.Codes[3] = m.Codes[3].WithBody([]byte{0xd0, 0x70, 0x20, 0, 0xfc, 15, 0, 0x0b})
		},
		"passive": func(m *binary.Module) {
			m.Elements = append(m.Elements, binary.Element{Form: 5, Type: binary.FuncRef, Entries: []uint32{0}})
		},
		"too short": func(m *binary.Module) { m.Tables[0].Min = largeBase + largeEntries - 1 },
		"two":       func(m *binary.Module) { m.Tables = append(m.Tables, m.Tables[0]) },
	} {
		m := largeTable()
		change(m)
		p, err := guard.Prepare(m.Encode())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if to, err := binary.Frame(p.Code); err != nil || len(to.Tables) != len(m.Tables) || len(to.Functions) != len(m.Functions) {
			t.Errorf("%s: replaced, %v", name, err)
		}
	}
}

// Verification detects any change of what replaces a table, unless all calls do the same.
func TestVerifyDetectsWrongDispatch(t *testing.T) {
	wasm := largeTable().Encode()
	p, err := guard.Prepare(wasm)
	if err != nil {
		t.Fatal(err)
	}
	right := p.Code
	for at := range right {
		p.Code = bytes.Clone(right)
		p.Code[at] ^= 1 << (at % 8)
		if err := guard.Verify(wasm, p); err == nil && sameCalls(t, wasm, p.Code) < 0 {
			t.Errorf("byte %#x: %#x became %#x unnoticed", at, right[at], p.Code[at])
		}
	}
	p.Code = right
	for name, change := range map[string]func(m *binary.Module){
		"exported": func(m *binary.Module) {
			m.Exports = append(m.Exports, binary.Export{Name: []byte("t"), Kind: binary.KindTable})
		},
		"read":    func(m *binary.Module) { m.Codes[3] = m.Codes[3].WithBody([]byte{0x20, 0, 0x25, 0, 0xd1, 0x0b}) },
		"another": func(m *binary.Module) { m.Elements[0].Entries[0]++ },
		"moved":   func(m *binary.Module) { m.Elements[0].Offset = binary.ConstI32(largeBase + 1) },
	} {
		m := largeTable()
		change(m)
		if err := guard.Verify(m.Encode(), p); err == nil {
			t.Errorf("%s: unnoticed", name)
		}
	}
}

// The table of the bundled plugin, which Go compiled, is replaced.
func TestGoTableIsReplaced(t *testing.T) {
	wasm, err := os.ReadFile("../core/core.wasm")
	if err != nil {
		t.Fatal(err)
	}
	p, err := guard.Prepare(wasm)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := binary.Frame(p.Code); err != nil || len(m.Tables) > 0 {
		t.Errorf("the table stayed: %v", err)
	}
}
