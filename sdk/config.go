package sdk

import (
	"strconv"
	"strings"
	"unsafe"

	"vega/sdk/abi"
)

// The getters return the zero value for an option that is not set and has no
// default; use Has to tell the difference. The host has checked every value
// against its type in the manifest before the run.

// config is not inlined, so that modules stay small.
//
//go:noinline
func (r *Run) config(option string, buf unsafe.Pointer, size uint32) int32 {
	return abi.Config(r.within+option, buf, size)
}

// Has reports whether the option is set or has a default.
func (r *Run) Has(option string) bool {
	return r.config(option, nil, 0) >= 0
}

// String returns the option's text. Values from env() or file() are
// placeholders of the same length: the host replaces them where they are sent
// as a whole, in a header, basic auth or the configured URL.
func (r *Run) String(option string) string {
	s, _ := whole(valueSize, func(buf unsafe.Pointer, size uint32) int32 { return r.config(option, buf, size) })
	return s
}

// Float returns the value of a number option.
func (r *Run) Float(option string) float64 {
	f, _ := strconv.ParseFloat(r.String(option), 64)
	return f
}

// Int returns the integer part of a number option.
func (r *Run) Int(option string) int {
	s := r.String(option)
	if i, err := strconv.Atoi(s); err == nil {
		return i
	}
	return int(r.Float(option))
}

// Bool returns the value of a bool option.
func (r *Run) Bool(option string) bool { return r.String(option) == "true" }

// Duration returns the value of a duration option.
func (r *Run) Duration(option string) Duration { return Duration(r.int64(option)) }

// Size returns the value of a size option in bytes.
func (r *Run) Size(option string) int64 { return r.int64(option) }

func (r *Run) int64(option string) int64 {
	n, _ := strconv.ParseInt(r.String(option), 10, 64)
	return n
}

// Strings returns the elements of a list option as text.
func (r *Run) Strings(option string) []string {
	n := r.Int(option + ".#")
	list := make([]string, 0, n)
	for i := range n {
		list = append(list, r.String(option+"."+strconv.Itoa(i)))
	}
	return list
}

// Objects returns the objects of a list option, each as a run whose options are the
// fields of that object.
func (r *Run) Objects(option string) []*Run {
	n := r.Int(option + ".#")
	list := make([]*Run, 0, n)
	for i := range n {
		list = append(list, &Run{within: r.within + option + "." + strconv.Itoa(i) + "."})
	}
	return list
}

// Pair is a key of a map option and its value.
type Pair struct{ Key, Value string }

// Map returns the pairs of a map option, sorted by key.
func (r *Run) Map(option string) []Pair {
	n := r.Int(option + ".#")
	pairs := make([]Pair, 0, n)
	for i := range n {
		key := r.String(option + ".@" + strconv.Itoa(i))
		pairs = append(pairs, Pair{key, r.String(option + "." + Key(key))})
	}
	return pairs
}

// Key escapes a key for use in a dotted path.
func Key(key string) string {
	if !strings.ContainsAny(key, `.\#@`) {
		return key
	}
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c == '.' || c == '\\' || i == 0 && (c == '#' || c == '@') {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
