package oracle

import (
	"bytes"
	"math/rand/v2"
)

// random makes instructions with the right kinds of arguments, and encodes numbers
// in several ways. The instructions need not be valid.
type random struct{ *rand.Rand }

func (r random) pick(of ...byte) byte { return of[r.IntN(len(of))] }

// index returns a small number in one or more bytes.
func (r random) index() []byte {
	b := []byte{byte(r.IntN(4))}
	for r.IntN(4) == 0 && len(b) < 6 {
		b[len(b)-1] |= 0x80
		b = append(b, 0)
	}
	return b
}

func (r random) typ() []byte {
	switch r.IntN(12) {
	case 0:
		return append([]byte{r.pick(0x63, 0x64)}, r.index()...)
	case 1:
		return []byte{r.pick(0x69, 0x6e, 0x60, 0x4e, 0x40), 0}
	default:
		return []byte{r.pick(0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f)}
	}
}

func (r random) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func (r random) instruction() []byte {
	switch r.IntN(14) {
	case 0:
		return append([]byte{r.pick(0x02, 0x03, 0x04)}, r.blockType()...)
	case 1, 2:
		return []byte{r.pick(0x0b, 0x0b, 0x05, 0x00, 0x01, 0x0f, 0x1a, 0x1b, 0xd1)}
	case 3:
		return append([]byte{r.pick(0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0xd2, 0x12, 0x14)}, r.index()...)
	case 4:
		return bytes.Join([][]byte{{r.pick(0x11, 0x13)}, r.index(), r.index()}, nil)
	case 5:
		return bytes.Join([][]byte{{0x28 + byte(r.IntN(0x17))}, r.index(), r.index()}, nil)
	case 6:
		return append([]byte{r.pick(0x3f, 0x40)}, r.index()...)
	case 7:
		return r.constant()
	case 8:
		return append([]byte{r.pick(0xd0, 0xd0, 0x1c)}, r.typ()...)
	case 9:
		return append([]byte{0x1c, 1}, r.typ()...)
	case 10:
		return r.branchTable()
	case 11:
		return bytes.Join([][]byte{{0xfc}, r.number(20), r.index(), r.index()[:r.IntN(2)]}, nil)
	case 12:
		return r.vector()
	default:
		return []byte{0x45 + byte(r.IntN(0x80))}
	}
}

func (r random) blockType() []byte {
	switch r.IntN(6) {
	case 0, 1:
		return []byte{0x40}
	case 2:
		return r.index()
	case 3: // in two bytes
		return []byte{r.typ()[0] | 0x80, r.pick(0x7f, 0, 0x40)}
	default:
		return r.typ()
	}
}

func (r random) constant() []byte {
	switch op := r.pick(0x41, 0x42, 0x43, 0x44); op {
	case 0x43:
		return append([]byte{op}, r.bytes(4)...)
	case 0x44:
		return append([]byte{op}, r.bytes(8)...)
	default:
		b := []byte{op}
		for r.IntN(3) > 0 && len(b) < 12 {
			b = append(b, 0x80|byte(r.Uint32()))
		}
		return append(b, byte(r.Uint32())&0x7f)
	}
}

func (r random) branchTable() []byte {
	n := r.IntN(4)
	b := []byte{0x0e, byte(n)}
	for range n + 1 {
		b = append(b, r.index()...)
	}
	return b
}

// number returns the number of an instruction after a prefix, in the shortest or a
// longer encoding.
func (r random) number(below int) []byte {
	n := r.IntN(below)
	b := []byte{byte(n)}
	if n >= 0x80 || r.IntN(6) == 0 {
		b = []byte{byte(n) | 0x80, byte(n >> 7)}
	}
	if r.IntN(12) == 0 {
		b[len(b)-1] |= 0x80
		b = append(b, 0)
	}
	return b
}

// vector returns a 128-bit instruction with the arguments of most such
// instructions.
func (r random) vector() []byte {
	number := r.number(int(r.pick(40, 100, 255)))
	out := append([]byte{0xfd}, number...)
	switch n := number[0] & 0x7f; {
	case len(number) > 1 && number[1] != 0:
		return out
	case n <= 11, n == 92, n == 93:
		return bytes.Join([][]byte{out, r.index(), r.index()}, nil)
	case n == 12:
		return append(out, r.bytes(16)...)
	case n == 13:
		return append(out, bytes.Repeat([]byte{byte(r.IntN(34))}, 16)...)
	case n >= 21 && n <= 34:
		return append(out, byte(r.IntN(17)))
	case n >= 84 && n <= 91:
		return bytes.Join([][]byte{out, r.index(), r.index(), {byte(r.IntN(17))}}, nil)
	default:
		return out
	}
}
