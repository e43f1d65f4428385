package guard_test

import (
	"strconv"
	"strings"
)

// bits are a value as wazero takes it: one number, or two for a vector.
func (v value) bits() []uint64 {
	if lanes, ok := v.Value.([]any); ok {
		return vector(lanes, 128/len(lanes))
	}
	text, _ := v.Value.(string)
	n := number(text, width(v.Type))
	if v.Type == "externref" && text != "null" && text != "" {
		n++ // an externref of 0 is not the null one, which is 0 to wazero
	}
	return []uint64{n}
}

// vector puts lanes of so many bits together.
func vector(lanes []any, width int) []uint64 {
	out := make([]uint64, 2)
	for i, lane := range lanes {
		text, _ := lane.(string)
		at := i * width
		out[at/64] |= number(text, width) << (at % 64)
	}
	return out
}

func width(of string) int {
	if strings.Contains(of, "32") {
		return 32
	}
	return 64
}

// number reads one in decimal, as many bits of it as there are: a NaN of some
// kind, and null.
func number(text string, width int) uint64 {
	switch {
	case strings.HasPrefix(text, "nan") && width == 32:
		return 0x7fc00000
	case strings.HasPrefix(text, "nan"):
		return 0x7ff8000000000000
	case strings.HasPrefix(text, "-"):
		n, _ := strconv.ParseInt(text, 10, 64) // null is 0, as is what is no number
		return uint64(n) & (1<<(width-1)<<1 - 1)
	default:
		n, _ := strconv.ParseUint(text, 10, 64)
		return n
	}
}
