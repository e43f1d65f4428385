package guard_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	wasm "vega/plugins/binary"
	"vega/plugins/guard"
)

// module is a module of the given sections: id, body, id, body …
func module(sections ...any) []byte {
	out := wasm.Header()
	for i := 0; i < len(sections); i += 2 {
		out = wasm.AppendSection(out, byte(sections[i].(int)), sections[i+1].([]byte))
	}
	return out
}

func leb(n uint64) []byte { return binary.AppendUvarint(nil, n) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// code is a code section of one function.
func code(locals, instructions []byte) []byte {
	body := join(locals, instructions, []byte{0x0b})
	return join(leb(1), leb(uint64(len(body))), body)
}

var none = []byte{0} // no locals

func TestCheckRefuses(t *testing.T) {
	const bomb = 1<<32 - 1
	for name, c := range map[string]struct {
		module []byte
		says   string
	}{
		"types":             {module(1, leb(bomb)), "promises more"},
		"parameters":        {module(1, join(leb(1), []byte{0x60}, leb(bomb))), "promises more"},
		"imports":           {module(2, leb(bomb)), "promises more"},
		"import name":       {module(2, join(leb(1), leb(bomb), []byte("abc"))), "promises more"},
		"functions":         {module(3, leb(bomb)), "promises more"},
		"tables":            {module(4, leb(bomb)), "promises more"},
		"memories":          {module(5, leb(bomb)), "promises more"},
		"globals":           {module(6, leb(bomb)), "promises more"},
		"exports":           {module(7, leb(bomb)), "promises more"},
		"elements":          {module(9, leb(bomb)), "promises more"},
		"element functions": {module(9, join(leb(1), []byte{0, 0x41, 0, 0x0b}, leb(bomb))), "promises more"},
		"code":              {module(10, leb(bomb)), "promises more"},
		"local groups":      {module(10, code(leb(bomb), nil)), "promises more"},
		"locals":            {module(10, code(join(leb(1), leb(bomb), []byte{0x7f}), nil)), "locals or more"},
		"locals in groups":  {module(10, code(join(leb(2), leb(6000), []byte{0x7f}, leb(6000), []byte{0x7e}), nil)), "locals or more"},
		"branch table":      {module(10, code(none, join([]byte{0x0e}, leb(bomb)))), "unexpected end"},
		"wide branch":       {module(10, code(none, join([]byte{0x0e}, leb(20_000), make([]byte, 20_001)))), "branch table of 20000"},
		"nesting":           {module(10, code(none, join(bytes.Repeat([]byte{0x02, 0x40}, 2000), bytes.Repeat([]byte{0x0b}, 2000)))), "nested deeper"},
		"locals and blocks": {module(10, code(join(leb(1), leb(500), []byte{0x7f}), bytes.Repeat([]byte{0x02, 0x40, 0x0b}, 500))), "their product"},
		"large function":    {module(10, code(none, bytes.Repeat([]byte{0x01}, 300<<10))), "function of 307"},
		"large table":       {module(4, []byte{1, 0x70, 0, 0x80, 0x80, 0x80, 0x40}), "table of 134217728"},
		"data":              {module(11, leb(bomb)), "promises more"},
		"data bytes":        {module(11, join(leb(1), []byte{0, 0x41, 0, 0x0b}, leb(bomb))), "unexpected end"},
		"order":             {module(3, []byte{0}, 1, []byte{0}), "out of place"},
		"twice":             {module(3, []byte{0}, 3, []byte{0}), "out of place"},
		"unknown section":   {module(99, []byte{0}), "out of place"},
		"unknown opcode":    {module(10, code(none, []byte{0x06})), "does not know"},
		"trailing bytes":    {module(3, []byte{0, 1, 2}), "bytes more"},
		"after the end":     {module(10, code(none, []byte{0x0b})), "after its end"},
		"import of memory":  {module(2, join(leb(1), []byte("\x01a\x01b\x02\x00\x01"))), "no function"},
		"long name":         {module(7, join(leb(1), leb(5000), make([]byte, 5002))), "name of 5000"},
	} {
		if _, err := guard.Check(c.module); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func TestRewrite(t *testing.T) {
	pause := []byte{0x03, 0x40, 0x0b}
	fill := []byte{0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0}
	for name, c := range map[string]struct{ instructions, want []byte }{
		"nothing to guard": {[]byte{0x41, 1, 0x1a}, []byte{0x41, 1, 0x1a}},
		"a call":           {[]byte{0x10, 0}, join(pause, []byte{0x10, 0})},
		"two calls":        {[]byte{0x10, 0, 0x10, 0}, join(pause, []byte{0x10, 0, 0x10, 0})},
		"a fill":           {fill, join(fill[:6], pause, fill[6:])},
		"a call and fills": {join([]byte{0x10, 0}, fill, fill), join(pause, []byte{0x10, 0}, fill[:6], pause, fill[6:], fill[:6], pause, fill[6:])},
		"memory.grow":      {[]byte{0x41, 1, 0x40, 0, 0x1a}, join([]byte{0x41, 1}, pause, []byte{0x40, 0, 0x1a})},
		"indirect":         {[]byte{0x41, 0, 0x11, 0, 0}, join(pause, []byte{0x41, 0, 0x11, 0, 0})},
	} {
		got, err := guard.Rewrite(module(10, code(none, c.instructions)))
		if want := module(10, code(none, c.want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v\n got %x\nwant %x", name, err, got, want)
		}
	}
}

func TestRewriteBoundsTables(t *testing.T) {
	for _, c := range []struct{ table, want []byte }{
		{[]byte{0x70, 0, 5}, join([]byte{0x70, 1, 5}, leb(guard.MaxTable))},
		{[]byte{0x70, 1, 5, 9}, []byte{0x70, 1, 5, 9}},
		{join([]byte{0x6f, 1, 5}, leb(1<<30)), join([]byte{0x6f, 1, 5}, leb(guard.MaxTable))},
	} {
		got, err := guard.Rewrite(module(4, join(leb(1), c.table)))
		if want := module(4, join(leb(1), c.want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%x: %v\n got %x\nwant %x", c.table, err, got, want)
		}
	}
}

func TestFacts(t *testing.T) {
	for name, c := range map[string]struct {
		instructions []byte
		resettable   bool
	}{
		"plain":       {[]byte{0x01}, true},
		"memory.fill": {[]byte{0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0}, true},
		"table.set":   {[]byte{0x41, 0, 0xd0, 0x70, 0x26, 0}, false},
		"table.grow":  {[]byte{0xd0, 0x70, 0x41, 0, 0xfc, 0x0f, 0, 0x1a}, false},
		"table.copy":  {[]byte{0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0e, 0, 0}, false},
		"data.drop":   {[]byte{0xfc, 0x09, 0}, false},
		"elem.drop":   {[]byte{0xfc, 0x0d, 0}, false},
	} {
		facts, err := guard.Check(module(10, code(none, c.instructions)))
		if err != nil || facts.Resettable != c.resettable {
			t.Errorf("%s: %+v, %v", name, facts, err)
		}
	}
}

// What honest compilers make passes, and passes again once rewritten.
func TestHonestModulesPass(t *testing.T) {
	files, err := filepath.Glob("../testdata/*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../core/core.wasm") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		facts, err := guard.Check(b)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		out, err := guard.Rewrite(b)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		again, err := guard.Check(out)
		if err != nil || again != facts {
			t.Errorf("%s, rewritten: %+v, %v", file, again, err)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(module(1, []byte{0}, 10, code(none, []byte{0x10, 0})))
	f.Add(module(4, []byte{1, 0x70, 0, 5}, 9, []byte{1, 0, 0x41, 0, 0x0b, 1, 0}))
	f.Fuzz(func(t *testing.T, b []byte) {
		facts, err := guard.Check(b)
		if err != nil {
			return
		}
		out, err := guard.Rewrite(b)
		if err != nil {
			return // more tables than are allowed
		}
		if again, err := guard.Check(out); err != nil || again != facts {
			t.Fatalf("what passed does not pass rewritten: %+v, %v", again, err)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	wasm, err := os.ReadFile("../core/core.wasm")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if _, err := guard.Check(wasm); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rewrite", func(b *testing.B) {
		for b.Loop() {
			out, err := guard.Rewrite(wasm)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := guard.Check(out); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(out)-len(wasm)), "bytes")
		}
	})
}
