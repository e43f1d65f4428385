package plugins

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"vega/plugins/binary"
	"vega/plugins/engine"
	"vega/plugins/guard"
)

// The rewrite of a module that passed the check keeps it valid, is deterministic,
// and makes it larger within bounds. A module that passed the check makes no
// validator panic.
func FuzzRewrite(f *testing.F) {
	for _, pattern := range []string{"testdata/*.wasm", "testdata/hostile/*.wasm", "testdata/guests/*.wasm"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(true, b)
		}
	}
	for i := range byte(statements) {
		f.Add(false, []byte{i, i, 0, 1, i, 3, 7, 2})
	}
	valid := validator(f)
	f.Fuzz(func(t *testing.T, whole bool, b []byte) {
		module := b
		if !whole {
			module = composed(b)
		}
		if _, err := binary.Decode(module); err != nil {
			if !whole && len(b) < 1000 {
				t.Fatalf("what was composed is refused: %v", err)
			}
			return
		}
		err := valid(bare(t, module))
		if err != nil && !whole {
			t.Fatalf("what was composed is not valid: %v", err)
		}
		fine := err == nil
		p, err := guard.Prepare(module)
		if err != nil {
			if !strings.Contains(err.Error(), "reserved for vega") {
				t.Fatalf("what can be read is not rewritten: %v", err)
			}
			return
		}
		if again, err := guard.Prepare(module); err != nil || !bytes.Equal(again.Code, p.Code) {
			t.Fatalf("rewritten again it is another (%v)", err)
		}
		if len(p.Code) > 16*len(module)+256 {
			t.Errorf("%d bytes became %d", len(module), len(p.Code))
		}
		if err := valid(p.Code); fine && err != nil {
			t.Errorf("it is no longer valid: %v", err)
		}
	})
}

// validator returns a function that decodes and validates a module.
func validator(f *testing.F) func([]byte) error {
	f.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().
		WithMemoryLimitPages(uint32(engine.MaxMemory/engine.PageSize)).WithCoreFeatures(api.CoreFeaturesV2))
	f.Cleanup(func() { _ = r.Close(ctx) }) // nothing in it can fail to close
	return func(wasm []byte) error {
		compiled, err := r.CompileModule(ctx, wasm)
		if err != nil {
			return err
		}
		return compiled.Close(ctx)
	}
}

// bare returns a module without its custom sections, which are never decoded, so
// that the counts in them are not checked.
func bare(t *testing.T, module []byte) []byte {
	out := binary.Header()
	if err := binary.Sections(module, func(id byte, body *binary.Reader) error {
		if id != binary.Custom {
			out = binary.AppendSection(out, id, body.Rest())
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

const end = 0x0b

// statements is the number of kinds of statement in a composed function.
const statements = 24

// composed returns a valid module with a function that b describes, one byte per
// statement followed by its operands: random bytes are rarely a valid module.
func composed(b []byte) []byte {
	body := append([]byte{2, 1, 0x7f, 1, 0x7e}, statement(&b, 0)...)
	for len(b) > 0 {
		body = append(body, statement(&b, 0)...)
	}
	code := append([]byte{3}, sized(append(body, end))...)
	code = append(code, sized([]byte{0, 0x20, 0, end})...)
	code = append(code, sized([]byte{0, 0x10, 0, end})...)
	out := binary.Header()
	for _, s := range []struct {
		id   byte
		body string
	}{
		{1, "\x03\x60\x00\x00\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7e\x00"},                                     // 0 (), 1 (i32) → i32, 2 (i32, i64)
		{binary.Imports, "\x01\x01a\x01b\x00\x00"},                                                          // function 0
		{3, "\x03\x00\x01\x02"},                                                                             // functions 1, 2, 3
		{4, "\x02\x70\x00\x08\x6f\x01\x01\x02"},                                                             // one of functions, one of references
		{binary.Memories, "\x01\x00\x01"},                                                                   // one page
		{binary.Globals, "\x03\x7f\x01\x41\x00\x0b\x7e\x01\x42\x00\x0b\x70\x00\xd2\x01\x0b"},                // i32, i64, a function
		{binary.Exports, "\x02\x01f\x00\x01\x06memory\x02\x00"},                                             // function 1, the memory
		{9, "\x03\x00\x41\x00\x0b\x04\x00\x01\x02\x03\x01\x00\x01\x02\x05\x70\x02\xd2\x03\x0b\xd0\x70\x0b"}, // active, passive, by expressions
		{binary.DataCount, "\x02"},
		{10, string(code)},
		{binary.Data, "\x02\x00\x41\x08\x0b\x03abc\x01\x02de"}, // active, passive
	} {
		out = binary.AppendSection(out, s.id, []byte(s.body))
	}
	return out
}

func sized(b []byte) []byte {
	return append(appendLEB(nil, uint64(len(b))), b...)
}

func appendLEB(out []byte, n uint64) []byte {
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}

// statement consumes one statement of b. It leaves the stack as it was.
func statement(b *[]byte, depth byte) []byte {
	take := func() byte {
		if len(*b) == 0 {
			return 0
		}
		first := (*b)[0]
		*b = (*b)[1:]
		return first
	}
	within := func() (out []byte) {
		if depth == 30 {
			return nil
		}
		for range take() % 4 {
			out = append(out, statement(b, depth+1)...)
		}
		return out
	}
	three := func() []byte { return []byte{0x41, take() & 63, 0x41, take() & 63, 0x41, take() & 63} }
	switch take() % statements {
	case 0:
		return append(append([]byte{0x03, 0x40}, within()...), end) // loop
	case 1:
		return append(append([]byte{0x02, 0}, within()...), end) // block of type 0
	case 2:
		out := append([]byte{0x20, 0, 0x04, 0x40}, within()...) // if, else
		return append(append(append(out, 0x05), within()...), end)
	case 3:
		return append(append([]byte{0x41, 5, 0x03, 1}, within()...), end, 0x1a) // loop (i32) → i32
	case 4:
		return []byte{0x41, 0, 0x0c, take() % (depth + 1)} // br, with what a loop may take
	case 5:
		return []byte{0x41, 0, 0x20, 0, 0x0d, take() % (depth + 1), 0x1a} // br_if
	case 6:
		to := take() % (depth + 1)
		return []byte{0x41, 0, 0x20, 0, 0x0e, 2, to, to, to} // br_table
	case 7:
		return []byte{0x0f} // return
	case 8:
		return []byte{0x10, take() % 2} // call
	case 9:
		return []byte{0x41, 1, 0x10, 2, 0x1a, 0x41, 1, 0x42, 2, 0x10, 3}
	case 10:
		return []byte{0x20, 0, 0x11, 0, 0} // call_indirect
	case 11:
		return []byte{0x41, 1, 0x20, 0, 0x11, 1, 0, 0x1a}
	case 12:
		return append(three(), 0xfc, 11, 0) // memory.fill
	case 13:
		return append(three(), 0xfc, 10, 0, 0) // memory.copy
	case 14:
		return append(append(three(), 0xfc, 8, take()%2, 0), 0xfc, 9, 1) // memory.init, data.drop
	case 15:
		return []byte{0x41, take() & 63, 0x40, 0, 0x1a} // memory.grow
	case 16:
		return append(append(three(), 0xfc, 12, take()%3, 0), 0xfc, 13, 1) // table.init, elem.drop
	case 17:
		return append(three(), 0xfc, 14, 0, 0) // table.copy
	case 18:
		return []byte{0xd2, take() % 4, 0x41, take() & 63, 0xfc, 15, 0, 0x1a} // table.grow
	case 19:
		return []byte{0x41, 0, 0xd0, 0x6f, 0x41, take() & 63, 0xfc, 17, 1} // table.fill
	case 20:
		return []byte{0x41, 0, 0x23, 2, 0x26, 0, 0x41, 0, 0x25, 1, 0x1a} // table.set, table.get
	case 21:
		return []byte{0x23, 0, 0x41, 1, 0x6a, 0x24, 0, 0x42, take() & 63, 0x24, 1} // globals
	case 22:
		return []byte{0x41, take() & 63, 0x22, 0, 0x41, 7, 0x36, 2, take() & 63} // store
	default:
		return []byte{0x00} // unreachable
	}
}
