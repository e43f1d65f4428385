package guard_test

import (
	"strconv"
	"strings"
)

// bits returns a value in wazero's form: one number, or two for a vector.
func (v value) bits() []uint64 {
	if lanes, ok := v.Value.([]any); ok {
		return vector(lanes, 128/len(lanes))
	}
	text, _ := v.Value.(string)
	n := number(text, width(v.Type))
	if v.Type == "externref" && text != "null" && text != "" {
		n++ // externref 0 is not null, but wazero encodes null as 0
	}
	return []uint64{n}
}

// vector packs lanes of the given width.
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

// number parses a decimal number of the given width, a kind of NaN, or null.
func number(text string, width int) uint64 {
	switch {
	case strings.HasPrefix(text, "nan") && width == 32:
		return 0x7fc00000
	case strings.HasPrefix(text, "nan"):
		return 0x7ff8000000000000
	case strings.HasPrefix(text, "-"):
		n, _ := strconv.ParseInt(text, 10, 64) // null is 0, and so is anything that is not a number
		return uint64(n) & (1<<(width-1)<<1 - 1)
	default:
		n, _ := strconv.ParseUint(text, 10, 64)
		return n
	}
}
