package guard_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/plugins/binary"
	"vega/plugins/guard"
)

// module builds a module from sections: id, body, id, body …
func module(sections ...any) []byte {
	out := binary.Header()
	for i := 0; i < len(sections); i += 2 {
		out = binary.AppendSection(out, byte(sections[i].(int)), sections[i+1].([]byte))
	}
	return out
}

func leb(n uint64) []byte { return binary.AppendU32(nil, uint32(n)) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// code builds a code section of one function.
func code(locals, instructions []byte) []byte {
	body := join(locals, instructions, []byte{0x0b})
	return join(leb(1), leb(uint64(len(body))), body)
}

var none = []byte{0} // no locals

// A metered function in a module with one type and no global: the check is
// function 0, and the fuel is global 0.
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
			got, err := guard.Prepare(module(1, twoParams, 3, many, 4, table, 5, memory, 9, []byte{1, 3, 0, 1, 0}, 10, codes(none, c.instructions)))
			if err != nil {
				t.Fatal(err)
			}
			want := module(1, []byte{2, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0}, 2, checkImport, 3, many, 4, bounded, 5, memory, 6, []byte{1, 0x7f, 1, 0x41, 0, 0x0b}, 9, []byte{1, 3, 0, 1, 1}, 10, codes(c.locals, c.want))
			if !bytes.Equal(got.Code, want) {
				t.Errorf("\n got %x\nwant %x", got.Code, want)
			}
		})
	}
}

// A module of 128 functions, a table and a memory.
var (
	many    = join([]byte{0x80, 1}, make([]byte, 128))
	table   = []byte{1, 0x70, 0, 0}
	bounded = join([]byte{1, 0x70, 1, 0}, leb(binary.MaxTable))
	memory  = []byte{1, 0, 1}
)

// codes builds a code section of 128 functions; the first has the given code.
func codes(locals, instructions []byte) []byte {
	body := join(locals, instructions, []byte{0x0b})
	return join([]byte{0x80, 1}, leb(uint64(len(body))), body, bytes.Repeat([]byte{2, 0, 0x0b}, 127))
}

var (
	twoParams   = []byte{1, 0x60, 2, 0x7f, 0x7f, 0}
	checkImport = []byte("\x01\x0avega_guard\x05check\x00\x01")
	refuel      = []byte{0x23, 0, 0x41, 0, 0x48, 0x04, 0x40, 0x10, 0, 0x41, 0x80, 0x80, 0x10, 0x24, 0, 0x0b}
)

// Whatever refers to a function refers to the same one afterwards.
func TestRewriteShiftsFunctions(t *testing.T) {
	body := code([]byte{0}, []byte{0x10, 1})
	got, err := guard.Prepare(module(
		1, []byte{2, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0}, 2, []byte("\x01\x01a\x01b\x00\x00"), 3, []byte{1, 1}, 4, []byte{1, 0x70, 0, 5},
		6, []byte{2, 0x70, 0, 0xd2, 1, 0x0b, 0x7f, 1, 0x41, 9, 0x0b}, 7, []byte("\x02\x01f\x00\x01\x01g\x03\x01"), 8, []byte{1},
		9, []byte{2, 0, 0x41, 0, 0x0b, 2, 0, 1, 5, 0x70, 2, 0xd2, 1, 0x0b, 0xd0, 0x70, 0x0b}, 10, body,
	))
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string][]byte{
		"import":   append([]byte("\x02\x0avega_guard\x05check\x00\x02"), "\x01a\x01b\x00\x00"...),
		"global":   {3, 0x70, 0, 0xd2, 2, 0x0b, 0x7f, 1, 0x41, 9, 0x0b, 0x7f, 1, 0x41, 0, 0x0b},
		"exports":  []byte("\x04\x01f\x00\x02\x01g\x03\x01\x0dvega.global.1\x03\x01\x0avega.start\x00\x02"),
		"elements": {2, 0, 0x41, 0, 0x0b, 2, 1, 2, 5, 0x70, 2, 0xd2, 2, 0x0b, 0xd0, 0x70, 0x0b},
		"call":     {0x10, 2, 0x0b},
	} {
		if !bytes.Contains(got.Code, want) {
			t.Errorf("%s: no %x in\n%x", what, want, got.Code)
		}
	}
}

// A start function never runs by itself, whatever else the module contains: at
// that point the limits of a run are not set yet.
func TestStartIsExported(t *testing.T) {
	start := []byte("\x0avega.start\x00\x01")
	for name, m := range map[string][]byte{
		"alone":             module(1, procedure, 3, []byte{1, 0}, 8, []byte{0}, 10, code(none, nil)),
		"exports":           module(1, procedure, 3, []byte{1, 0}, 7, []byte("\x01\x01f\x00\x00"), 8, []byte{0}, 10, code(none, nil)),
		"a passive segment": module(1, procedure, 3, []byte{1, 0}, 5, memory, 7, []byte("\x01\x01f\x00\x00"), 8, []byte{0}, 12, []byte{1}, 10, code(none, nil), 11, []byte{1, 1, 0}),
		"a vector":          module(1, procedure, 3, []byte{1, 0}, 6, join([]byte{1, 0x7b, 1, 0xfd, 12}, make([]byte, 16), []byte{0x0b}), 7, []byte("\x01\x01f\x00\x00"), 8, []byte{0}, 10, code(none, nil)),
	} {
		p, err := guard.Prepare(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		to, err := binary.Frame(p.Code)
		if err != nil || to.Start != nil || !bytes.Contains(p.Code, start) {
			t.Errorf("%s: %v\n%x", name, err, p.Code)
		}
	}
}

var procedure = []byte{1, 0x60, 0, 0}

// The names that vega exports can't be taken by the module.
func TestReservedExportsAreRefused(t *testing.T) {
	for _, name := range []string{"vega.start", "vega.global.0", "vega."} {
		exports := join([]byte{1}, binary.AppendName(nil, name), []byte{0, 0})
		_, err := guard.Prepare(module(1, procedure, 3, []byte{1, 0}, 7, exports, 10, code(none, nil)))
		if err == nil || !strings.Contains(err.Error(), "reserved for vega") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Only the metering code can reach the fuel: an index that exceeds the module's
// globals must not come to mean the fuel.
func TestFuelIsOutOfReach(t *testing.T) {
	global := []byte{1, 0x7f, 1, 0x41, 0, 0x0b}
	for name, m := range map[string][]byte{
		"set":    module(1, twoParams, 3, []byte{1, 0}, 6, global, 10, code([]byte{0}, []byte{0x41, 0, 0x24, 1})),
		"get":    module(1, twoParams, 3, []byte{1, 0}, 6, global, 10, code([]byte{0}, []byte{0x23, 0x81, 0, 0x1a})),
		"none":   module(1, twoParams, 3, []byte{1, 0}, 10, code([]byte{0}, []byte{0x23, 0, 0x1a})),
		"export": module(1, twoParams, 3, []byte{1, 0}, 6, global, 7, []byte("\x01\x01g\x03\x01"), 10, code([]byte{0}, nil)),
	} {
		if _, err := guard.Prepare(m); err == nil || !strings.Contains(err.Error(), "global") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRewriteBoundsTables(t *testing.T) {
	for _, c := range []struct{ table, want []byte }{
		{[]byte{0x70, 0, 5}, join([]byte{0x70, 1, 5}, leb(binary.MaxTable))},
		{[]byte{0x70, 1, 5, 9}, []byte{0x70, 1, 5, 9}},
		{join([]byte{0x6f, 1, 5}, leb(1<<30)), join([]byte{0x6f, 1, 5}, leb(binary.MaxTable))},
	} {
		got, err := guard.Prepare(module(4, join(leb(1), c.table)))
		if want := module(4, join(leb(1), c.want))[8:]; err != nil || !bytes.Contains(got.Code, want) {
			t.Errorf("%x: %v\n got %x\nwant %x", c.table, err, got.Code, want)
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
		got, err := guard.Prepare(module(
			1, twoParams, 3, []byte{1, 0}, 4, table, 5, memory, 9, []byte{1, 1, 0, 0}, 12, []byte{1}, 10, code(none, c.instructions), 11, []byte{1, 1, 0},
		))
		if err != nil || got.Resettable != c.resettable {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Modules from honest compilers pass, and pass again once rewritten.
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
		if _, err := guard.Prepare(b); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// Every accepted module can be rewritten, and the result passes verification.
func FuzzPrepare(f *testing.F) {
	f.Add(module(1, twoParams, 3, []byte{1, 0}, 10, code(none, []byte{0x10, 0})))
	f.Add(module(1, twoParams, 3, []byte{1, 0}, 4, []byte{1, 0x70, 0, 5}, 9, []byte{1, 0, 0x41, 0, 0x0b, 1, 0}, 10, code(none, nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := binary.Decode(b); err != nil {
			return
		}
		if _, err := guard.Prepare(b); err != nil && !strings.Contains(err.Error(), "reserved for vega") {
			t.Fatalf("a module that decodes can't be rewritten: %v", err)
		}
	})
}

func BenchmarkGuard(b *testing.B) {
	wasm, err := os.ReadFile("../core/core.wasm")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := binary.Decode(wasm); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rewrite", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out, err := guard.Prepare(wasm)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(out.Payments), "bytes")
		}
	})
}
