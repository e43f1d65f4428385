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
		"import's type":     {module(1, twoParams, 2, []byte("\x01\x01a\x01b\x00\x01")), "imports a function of type 1 and has 1 types"},
		"function's type":   {module(1, twoParams, 3, join(leb(2), leb(0), leb(1<<24-1))), "has a function of type 16777215 and has 1 types"},
		"no types":          {module(3, []byte{1, 0}), "has a function of type 0 and has 0 types"},
		"call's type":       {module(1, twoParams, 10, code(none, []byte{0x11, 1, 0})), "a call of type 1"},
		"block's type":      {module(1, twoParams, 10, code(none, []byte{0x02, 1, 0x0b})), "a block or a call of type 1"},
		"far block's type":  {module(1, twoParams, 10, code(none, []byte{0x03, 0xc0, 0, 0x0b})), "a block or a call of type 64"},
		"long name":         {module(7, join(leb(1), leb(5000), make([]byte, 5002))), "name of 5000"},
	} {
		if _, err := guard.Check(c.module); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// The code of a function of a module that has one type and no global, once it
// is metered: the check is function 0, the fuel global 0.
func TestRewrite(t *testing.T) {
	pay := func(cost ...byte) []byte {
		return join([]byte{0x23, 0, 0x41}, cost, []byte{0x6b, 0x24, 0}, refuel)
	}
	take := func(scratch byte) []byte {
		return join([]byte{0x22, scratch, 0x23, 0, 0x20, scratch, 0x41, 3, 0x76, 0x6b, 0x41, 0xc0, 0, 0x6b, 0x24, 0}, refuel)
	}
	fill := []byte{0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0}
	scratch, none := []byte{1, 1, 0x7f}, []byte{0}
	for name, c := range map[string]struct{ locals, instructions, want []byte }{
		"nothing to pay": {none, []byte{0x41, 1, 0x1a}, []byte{0x41, 1, 0x1a}},
		"a call":         {none, []byte{0x10, 0}, join(pay(0xc3, 0), []byte{0x10, 1})},
		"two calls":      {none, []byte{0x10, 0, 0x10, 0x7f}, join(pay(0x85, 1), []byte{0x10, 1, 0x10, 0x80, 1})},
		"a function":     {none, []byte{0xd2, 0, 0x1a}, []byte{0xd2, 1, 0x1a}},
		"a fill":         {scratch, fill, join(fill[:6], take(2), fill[6:])},
		"two fills":      {scratch, join(fill, fill), join(fill[:6], take(2), fill[6:], fill[:6], take(2), fill[6:])},
		"memory.grow":    {none, []byte{0x41, 1, 0x40, 0, 0x1a}, join(pay(0x86, 8), []byte{0x41, 1, 0x40, 0, 0x1a})},
		"indirect":       {none, []byte{0x41, 0, 0x11, 0, 0}, join(pay(0xc6, 0), []byte{0x41, 0, 0x11, 0, 0})},
		"a loop":         {none, []byte{0x03, 0x40, 0x0c, 0, 0x0b}, join([]byte{0x03, 0x40}, pay(6), []byte{0x0c, 0, 0x0b})},
		"a loop of calls": {
			none,
			[]byte{0x03, 0x40, 0x10, 0, 0x0c, 0, 0x0b},
			join([]byte{0x03, 0x40}, pay(0xc8, 0), []byte{0x10, 1, 0x0c, 0, 0x0b}),
		},
		"a loop within": {
			none,
			[]byte{0x03, 0x40, 0x02, 0x40, 0x03, 0x40, 0x01, 0x0b, 0x0b, 0x0b},
			join([]byte{0x03, 0x40}, pay(9), []byte{0x02, 0x40, 0x03, 0x40}, pay(2), []byte{0x01, 0x0b, 0x0b, 0x0b}),
		},
		"a call before a loop": {
			none,
			[]byte{0x10, 0, 0x03, 0x40, 0x0b},
			join(pay(0xc5, 0), []byte{0x10, 1, 0x03, 0x40}, pay(1), []byte{0x0b}),
		},
		"a long line": {none, bytes.Repeat([]byte{1}, 70), join(pay(0xc7, 0), bytes.Repeat([]byte{1}, 70))},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := guard.Rewrite(module(1, twoParams, 3, []byte{1, 0}, 10, code(none, c.instructions)))
			want := module(1, []byte{2, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0}, 2, checkImport, 3, []byte{1, 0}, 6, []byte{1, 0x7f, 1, 0x41, 0, 0x0b}, 10, code(c.locals, c.want))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v\n got %x\nwant %x", err, got, want)
			}
		})
	}
}

var (
	twoParams   = []byte{1, 0x60, 2, 0x7f, 0x7f, 0}
	checkImport = []byte("\x01\x0avega_guard\x05check\x00\x01")
	refuel      = []byte{0x23, 0, 0x41, 0, 0x48, 0x04, 0x40, 0x10, 0, 0x41, 0x80, 0x80, 0x10, 0x24, 0, 0x0b}
)

// Whatever names a function names the same one afterwards.
func TestRewriteShiftsFunctions(t *testing.T) {
	body := code([]byte{0}, []byte{0x10, 1})
	got, err := guard.Rewrite(module(
		1, twoParams, 2, []byte("\x01\x01a\x01b\x00\x00"), 3, []byte{1, 0}, 4, []byte{1, 0x70, 0, 5},
		6, []byte{2, 0x70, 0, 0xd2, 1, 0x0b, 0x7f, 1, 0x41, 9, 0x0b}, 7, []byte("\x02\x01f\x00\x01\x01g\x03\x01"), 8, []byte{1},
		9, []byte{2, 0, 0x41, 0, 0x0b, 2, 0, 1, 5, 0x70, 1, 0xd2, 1, 0x0b}, 10, body,
	))
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string][]byte{
		"import":   append([]byte("\x02\x0avega_guard\x05check\x00\x01"), "\x01a\x01b\x00\x00"...),
		"global":   {3, 0x70, 0, 0xd2, 2, 0x0b, 0x7f, 1, 0x41, 9, 0x0b, 0x7f, 1, 0x41, 0, 0x0b},
		"exports":  []byte("\x02\x01f\x00\x02\x01g\x03\x01"),
		"start":    {8, 1, 2},
		"elements": {2, 0, 0x41, 0, 0x0b, 2, 1, 2, 5, 0x70, 1, 0xd2, 2, 0x0b},
		"call":     {0x10, 2, 0x0b},
	} {
		if !bytes.Contains(got, want) {
			t.Errorf("%s: no %x in\n%x", what, want, got)
		}
	}
}

// The fuel is the guard's alone: an index that a module has no global for must
// not come to mean it.
func TestFuelIsOutOfReach(t *testing.T) {
	global := []byte{1, 0x7f, 1, 0x41, 0, 0x0b}
	for name, m := range map[string][]byte{
		"set":    module(1, twoParams, 3, []byte{1, 0}, 6, global, 10, code([]byte{0}, []byte{0x41, 0, 0x24, 1})),
		"get":    module(1, twoParams, 3, []byte{1, 0}, 6, global, 10, code([]byte{0}, []byte{0x23, 0x81, 0, 0x1a})),
		"none":   module(1, twoParams, 3, []byte{1, 0}, 10, code([]byte{0}, []byte{0x23, 0, 0x1a})),
		"export": module(1, twoParams, 3, []byte{1, 0}, 6, global, 7, []byte("\x01\x01g\x03\x01"), 10, code([]byte{0}, nil)),
	} {
		if _, err := guard.Rewrite(m); err == nil || !strings.Contains(err.Error(), "global") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A block's type may be a value's or that of a function.
func TestCheckKnowsBlockTypes(t *testing.T) {
	for _, typ := range []byte{0x40, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f, 0} {
		if _, err := guard.Check(module(1, twoParams, 10, code(none, []byte{0x02, typ, 0x0b}))); err != nil {
			t.Errorf("%#x: %v", typ, err)
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
	foreign, err := filepath.Glob("../testdata/guests/*.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(append(files, foreign...), "../core/core.wasm") {
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
