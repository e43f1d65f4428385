package manifest

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

var units = []struct {
	suffix string
	bytes  float64
}{
	{"KiB", 1 << 10},
	{"MiB", 1 << 20},
	{"GiB", 1 << 30},
	{"TiB", 1 << 40},
	{"KB", 1e3},
	{"MB", 1e6},
	{"GB", 1e9},
	{"TB", 1e12},
	{"B", 1},
}

// ParseSize parses a number of bytes with its unit, such as "64KiB" or "10MB".
// It refuses a bare number, whose unit is ambiguous.
func ParseSize(s string) (Size, error) {
	for _, u := range units {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if n := f * u.bytes; err == nil && f >= 0 && n < math.MaxInt64 {
			return Size(n), nil
		}
		break
	}
	return 0, fmt.Errorf("%q is not a size; a number with B, KiB, MiB or GiB is required, such as \"64KiB\"", clip(s))
}

// String formats the size in the largest binary unit that divides it.
func (s Size) String() string {
	for i := 3; i >= 0; i-- {
		if u := Size(units[i].bytes); s != 0 && s%u == 0 {
			return fmt.Sprintf("%d%s", s/u, units[i].suffix)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}

func sortedKeys(m map[string]Value) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
