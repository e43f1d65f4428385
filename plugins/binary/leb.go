package binary

import "errors"

var (
	errShort = errors.New("unexpected end")
	errLong  = errors.New("a number is longer than its type allows")
)

// uleb reads an unsigned 32-bit LEB128 number as specified, in at most five
// bytes with the unused bits of the fifth zero. It returns the length n, or 0
// if the input ends first, or -1 if the number is too long.
func uleb(b []byte) (v uint32, n int) {
	for i, c := range b[:min(len(b), 5)] {
		if i == 4 && c > 0x0f {
			return 0, -1
		}
		v |= uint32(c&0x7f) << (7 * i)
		if c < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// sleb reads a signed LEB128 number of the given width by the same rules; the
// unused bits of its last possible byte must repeat the sign.
func sleb(b []byte, bits int) (v int64, n int) {
	last := (bits - 1) / 7
	for i, c := range b[:min(len(b), last+1)] {
		low := int64(int8(c<<1) >> 1) // seven bits, sign-extended
		if i == last {
			if sign := low >> (bits - 7*last - 1); c >= 0x80 || sign != 0 && sign != -1 {
				return 0, -1
			}
		}
		if c < 0x80 {
			return v | low<<(7*i), i + 1
		}
		v |= int64(c&0x7f) << (7 * i)
	}
	return 0, 0
}

func lebError(n int) error {
	if n < 0 {
		return errLong
	}
	return errShort
}

// AppendU32 appends a number in the shortest unsigned LEB128 encoding.
func AppendU32(b []byte, v uint32) []byte {
	for ; v >= 0x80; v >>= 7 {
		b = append(b, byte(v)|0x80)
	}
	return append(b, byte(v))
}

// AppendS32 appends a number in the shortest signed LEB128 encoding.
func AppendS32(b []byte, v int32) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}
