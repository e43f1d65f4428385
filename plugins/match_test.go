package plugins

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"vega/plugins/pattern"
	"vega/plugins/scheduler"
)

// free is a host with which nothing costs anything.
type free struct{}

func (free) Pause() error   { return nil }
func (free) Hold(int) error { return nil }
func (free) Release(int)    {}

// patience is a host that ends the computation after a number of pauses.
type patience struct {
	free
	left   int
	pauses int
}

var errEnough = errors.New("enough")

func (p *patience) Pause() error {
	if p.pauses++; p.pauses > p.left {
		return errEnough
	}
	return nil
}

// Short texts and long ones, which are read differently, match alike.
func TestMatch(t *testing.T) {
	long := append(bytes.Repeat([]byte("é"), 4<<20), "the end\n"...)
	for _, c := range []struct {
		pattern string
		text    []byte
		want    bool
	}{
		{"é{3}", long[:20], true},
		{"the end", long[:20], false},
		{"^é+the end$", long, false}, // a line end follows
		{`(?m)^é+the end$`, long, true},
		{`\Ax|no`, long, false},
		{`(?i)[а-я]+\p{L}É`, append([]byte("Жé"), long[:4]...), true},
	} {
		if got, err := match(free{}, c.pattern, c.text); got != c.want || err != nil {
			t.Errorf("%s in %d bytes: %v, %v", c.pattern, len(c.text), got, err)
		}
	}
}

// A group is found alike in short texts and long ones; what is not matched is not set.
func TestMatchGroup(t *testing.T) {
	long := append(bytes.Repeat([]byte("é"), 1<<20), `<i name="id" value="x&quot;1">`...)
	for _, c := range []struct {
		pattern string
		group   int32
		text    []byte
		want    string
		err     error
	}{
		{`name="id" value="([^"]+)"`, 1, long, "x&quot;1", nil},
		{`name="id" value="([^"]+)"`, 1, long[len(long)-40:], "x&quot;1", nil},
		{`name="(..)"`, 0, long, `name="id"`, nil},
		{`(a)|(b)`, 1, []byte("xb"), "", errNotSet},
		{`(a*)b`, 1, []byte("xb"), "", nil},
		{`(z)`, 1, long, "", errNotSet},
		{`(z)`, 2, long, "", errInvalid},
		{`(z)`, -1, long, "", errInvalid},
		{`(`, 0, long, "", errInvalid},
	} {
		if got, err := matchGroup(free{}, c.pattern, c.text, c.group); string(got) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s in %d bytes: %q, %v", c.pattern, len(c.text), got, err)
		}
	}
}

// Groups multiply the work and the memory of a match.
func TestMatchGroupEnds(t *testing.T) {
	p := &patience{left: 50}
	text := bytes.Repeat([]byte("x"), 8<<20)
	if _, err := matchGroup(p, strings.Repeat("(x?)", 500)+"y", text, 500); !errors.Is(err, errEnough) || p.pauses != 51 {
		t.Errorf("%v after %d pauses", err, p.pauses)
	}
	const room = 16 << 20
	if _, err := matchGroup(&roomy{left: room}, strings.Repeat("(x)", 1000), text[:1], 1); !errors.Is(err, errEnough) {
		t.Errorf("1,000 groups fit into %d bytes: %v", room, err)
	}
}

// roomy is a host with some memory.
type roomy struct {
	free
	left int
}

func (r *roomy) Hold(n int) error {
	if r.left -= n; r.left < 0 {
		return errEnough
	}
	return nil
}

// A match that would take minutes pauses regularly, and ends with the run.
func TestMatchEnds(t *testing.T) {
	p := &patience{left: 50}
	text := bytes.Repeat([]byte("x"), 8<<20)
	if _, err := match(p, "(x?){1000}y", text); !errors.Is(err, errEnough) || p.pauses != 51 {
		t.Errorf("%v after %d pauses", err, p.pauses)
	}
	p = &patience{left: 1 << 30}
	if _, err := match(p, "x{3}y", text); err != nil || p.pauses < len(text)*5/maxSteps {
		t.Errorf("%v after %d pauses", err, p.pauses)
	}
}

// A pattern that would take long or much memory to compile is refused first.
func TestPatternsAreBounded(t *testing.T) {
	for name, expression := range map[string]string{
		"states":           "(" + strings.Repeat("x", 100) + "){1000}",
		"tables":           strings.Repeat(`\pL|\PN|`, 500),
		"ranges":           `(?i)` + strings.Repeat(`[\x{100}-\x{1ffff}]`, 200),
		"ranges, literal":  `(?i)[` + strings.Repeat(`Ā-𞥃`, 400) + `]`,
		"ranges, in group": strings.Repeat(`(?i:[Ā-𞥃])`, 200),
	} {
		if _, err := match(free{}, expression, nil); !errors.Is(err, pattern.ErrTooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Patterns within the bounds are quick.
	for name, expression := range map[string]string{
		"tables":  `(?i)[^` + strings.Repeat(`\pL\PL`, 12) + `]`,
		"range":   `(?i)[\x{100}-\x{1ffff}]`,
		"depth":   strings.Repeat("(?:", 900) + strings.Repeat(")", 900),
		"choices": strings.Repeat("abc|abd|", 500),
		"states":  strings.Repeat("a?", 900) + "(x?){500}",
	} {
		before := scheduler.ProcessTime()
		if _, err := match(free{}, expression, []byte("x")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		took := scheduler.ProcessTime() - before
		if took > timeBound {
			t.Errorf("%s took %v of the processor", name, took)
		}
		t.Logf("%s: %v", name, took)
	}
}

// timeBound is far more than any accepted pattern takes, and far less than the 1.5 s
// that the refused ones took.
const timeBound = 700 * time.Millisecond
