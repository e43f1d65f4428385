package hostile

import (
	"bytes"
	"math/rand/v2"

	wasm "vega/plugins/binary"
)

// Mutate changes a module in one place: it changes bytes, makes a number large, cuts
// the module off, swaps sections, or makes a type invalid.
func Mutate(r *rand.Rand, b []byte) []byte {
	if len(b) < 16 {
		return b
	}
	at := 8 + r.IntN(len(b)-8)
	switch r.IntN(12) {
	case 0, 7, 8:
		b[at] ^= 1 << r.IntN(8)
	case 1:
		b[at] = byte(r.Uint32())
	case 2:
		return append(b[:at:at], append(leb(1<<r.IntN(33)-1), b[at+1:]...)...)
	case 3:
		return b[:at]
	case 4:
		n := min(r.IntN(16), len(b)-at)
		return append(b[:at:at], b[at+n:]...)
	case 5:
		n := min(r.IntN(64), len(b)-at)
		return append(b[:at:at], append(bytes.Clone(b[at:at+n]), b[at:]...)...)
	case 9, 10, 11:
		return retype(r, b)
	default:
		return reorder(r, b)
	}
	return b
}

// part is a section of a module.
type part struct {
	id   byte
	body []byte
}

func apartFrom(b []byte) (all []part) {
	err := wasm.Sections(b, func(id byte, body *wasm.Reader) error {
		all = append(all, part{id, bytes.Clone(body.Rest())})
		return nil
	})
	if err != nil {
		return nil
	}
	return all
}

func together(all []part) []byte {
	out := wasm.Header()
	for _, s := range all {
		out = wasm.AppendSection(out, s.id, s.body)
	}
	return out
}

// typeBytes are the bytes that encode a type, or a prefix of one, in some version of
// WebAssembly, and flags of limits.
var typeBytes = []byte{0x63, 0x64, 0x40, 0x4e, 0x50, 0x5e, 0x5f, 0x60, 0x69, 0x6e, 0x6f, 0x70, 0x7b, 0x7f, 0, 1, 2, 3, 4, 5, 7}

// retype puts such bytes where a type or limits may be, in a section that has some,
// and keeps all sizes right: it replaces one, or adds a prefix and a type.
func retype(r *rand.Rand, b []byte) []byte {
	all := apartFrom(b)
	var have []int
	for i, s := range all {
		switch s.id {
		case wasm.Types, wasm.Tables, wasm.Memories, wasm.Globals, wasm.Elements, wasm.Codes:
			have = append(have, i)
		}
	}
	if len(have) == 0 {
		return b
	}
	s := &all[have[r.IntN(len(have))]]
	if s.id == wasm.Codes {
		s.body = retypeCode(r, s.body)
	} else {
		s.body = retyped(r, s.body)
	}
	return together(all)
}

// retypeCode changes one function, and corrects its size.
func retypeCode(r *rand.Rand, body []byte) []byte {
	of := wasm.NewReader(body)
	n := of.U32()
	out := leb(uint64(n))
	chosen := r.IntN(max(1, int(n)))
	for i := range int(n) {
		code := of.Take(of.U32())
		if i == chosen && len(code) > 0 {
			code = retyped(r, code)
		}
		out = append(append(out, leb(uint64(len(code)))...), code...)
	}
	return append(out, of.Rest()...)
}

// retyped changes one of the bytes that may be a type, or a flag.
func retyped(r *rand.Rand, b []byte) []byte {
	var at []int
	for i, c := range b {
		if bytes.IndexByte(typeBytes, c) >= 0 {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return b
	}
	i := at[r.IntN(len(at))]
	pick := func() byte { return typeBytes[r.IntN(len(typeBytes))] }
	switch r.IntN(3) {
	case 0: // another type
		out := bytes.Clone(b)
		out[i] = pick()
		return out
	case 1: // a prefix before it
		return append(append(bytes.Clone(b[:i]), pick()), b[i:]...)
	default: // a prefix and a type in its place
		return append(append(bytes.Clone(b[:i]), 0x63+byte(r.IntN(2)), pick()), b[i+1:]...)
	}
}

// reorder changes bytes within one section, so that its size stays right, or
// drops or repeats it.
func reorder(r *rand.Rand, b []byte) []byte {
	all := apartFrom(b)
	if len(all) == 0 {
		return b
	}
	i, j := r.IntN(len(all)), r.IntN(len(all))
	switch body := all[i].body; r.IntN(4) {
	case 0:
		all[i], all[j] = all[j], all[i]
	case 1:
		all[i] = all[j]
	default:
		if len(body) > 0 {
			at := r.IntN(len(body))
			all[i].body = append(body[:at:at], append(leb(1<<r.IntN(33)-1), body[at+1:]...)...)
		}
	}
	return together(all)
}
