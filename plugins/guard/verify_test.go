package guard_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"vega/plugins/binary"
	"vega/plugins/guard"
)

// everything builds a module with an example of everything that is rewritten.
func everything() []byte {
	instructions := join(
		[]byte{0x10, 0, 0x03, 0x40, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 11, 0, 0x41, 1, 0x40, 0, 0x04, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x20, 0, 0x0d, 0, 0x0b},
		[]byte{0xd2, 0, 0x1a, 0x20, 0, 0x20, 1, 0x20, 1, 0x11, 0, 0, 0x23, 0, 0x24, 0},
	)
	return module(
		1, []byte{2, 0x60, 2, 0x7f, 0x7f, 0, 0x60, 0, 0}, 2, []byte("\x01\x01a\x01b\x00\x01"), 3, []byte{2, 0, 1}, 4, []byte{1, 0x70, 0, 5},
		5, memory, 6, []byte{2, 0x7f, 1, 0x41, 9, 0x0b, 0x70, 0, 0xd2, 1, 0x0b}, 7, []byte("\x03\x01f\x00\x01\x01g\x03\x00\x06memory\x02\x00"), 8, []byte{2},
		9, []byte{2, 0, 0x41, 0, 0x0b, 2, 0, 1, 5, 0x70, 2, 0xd2, 1, 0x0b, 0xd0, 0x70, 0x0b},
		10, join([]byte{2}, leb(uint64(len(instructions)+2)), []byte{0}, instructions, []byte{0x0b}, []byte{2, 0, 0x0b}), 11, []byte{1, 0, 0x41, 3, 0x0b, 2, 'h', 'i'},
	)
}

// Verification detects any error of the rewriter: each bit of the output is
// flipped in turn, and no such module passes.
func TestVerifyDetectsEveryFlippedBit(t *testing.T) {
	wasm := everything()
	p, err := guard.Prepare(wasm)
	if err != nil {
		t.Fatal(err)
	}
	if err := guard.Verify(wasm, p); err != nil {
		t.Fatal(err)
	}
	right := p.Code
	for at := range right {
		for bit := range 8 {
			p.Code = bytes.Clone(right)
			p.Code[at] ^= 1 << bit
			if err := guard.Verify(wasm, p); err == nil {
				t.Errorf("byte %#x: %#x became %#x unnoticed", at, right[at], p.Code[at])
			}
		}
	}
	p.Code = right
	for at := range 8 {
		p.Image[at] ^= 1
		if err := guard.Verify(wasm, p); err == nil {
			t.Errorf("byte %d of the image changed unnoticed", at)
		}
		p.Image[at] ^= 1
	}
}

// Verification also detects structural errors.
func TestVerifyDetectsWrongRewrites(t *testing.T) {
	wasm := everything()
	p, err := guard.Prepare(wasm)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(m *binary.Module, p *guard.Prepared){
		"a start function": func(m *binary.Module, _ *guard.Prepared) { m.Start = new(uint32) },
		"a global more":    func(m *binary.Module, _ *guard.Prepared) { m.Globals = append(m.Globals, m.Globals[0]) },
		"the fuel is exported": func(m *binary.Module, _ *guard.Prepared) {
			m.Exports = append(m.Exports, binary.Export{Name: []byte("fuel"), Kind: 3, Index: 2})
		},
		"a table without a cap": func(m *binary.Module, _ *guard.Prepared) { m.Tables[0].Bounded = false },
		"an export less":        func(m *binary.Module, _ *guard.Prepared) { m.Exports = m.Exports[1:] },
		"unmetered":             func(m *binary.Module, _ *guard.Prepared) { m.Codes[0] = m.Codes[0].WithBody([]byte{0x0b}) },
		"a custom section":      func(m *binary.Module, _ *guard.Prepared) { m.Customs = append(m.Customs, binary.CustomSection{}) },
		"no image":              func(_ *binary.Module, p *guard.Prepared) { p.Image = nil },
		"a short image":         func(_ *binary.Module, p *guard.Prepared) { p.Image = p.Image[1:] },
	} {
		m, err := binary.Frame(p.Code)
		if err != nil {
			t.Fatal(err)
		}
		wrong := *p
		change(m, &wrong)
		wrong.Code = m.Encode()
		if err := guard.Verify(wasm, &wrong); err == nil {
			t.Errorf("%s: unnoticed", name)
		}
	}
	writes := module(1, twoParams, 3, []byte{1, 0}, 4, table, 10, code(none, []byte{0x41, 0, 0xd0, 0x70, 0x26, 0}))
	p, err = guard.Prepare(writes)
	if err != nil {
		t.Fatal(err)
	}
	p.Resettable = true
	if err := guard.Verify(writes, p); err == nil || !strings.Contains(err.Error(), "writes a table") {
		t.Errorf("a written table: %v", err)
	}
}

// A payment that is missing, moved or too small is detected.
func TestVerifyDetectsMissingPayments(t *testing.T) {
	wasm, err := os.ReadFile("../testdata/guests/c.wasm")
	if err != nil {
		t.Fatal(err)
	}
	p, err := guard.Prepare(wasm)
	if err != nil {
		t.Fatal(err)
	}
	fuel := byte(1) // it has one global
	payments, right := 0, p.Code
	for at := 0; ; payments++ {
		// global.get fuel, i32.const cost, i32.sub, global.set fuel …
		n := bytes.Index(right[at:], []byte{0x23, fuel, 0x41})
		if n < 0 {
			break
		}
		at += n + 3
		p.Code = bytes.Clone(right)
		p.Code[at] ^= 1 // the cost
		if err := guard.Verify(wasm, p); err == nil {
			t.Errorf("a payment at %#x changed from %#x unnoticed", at, right[at])
		}
	}
	if payments < 10 {
		t.Errorf("found %d payments", payments)
	}
}
