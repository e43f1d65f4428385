package plugins

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// Short texts and long ones, which are read in another way, match alike.
func TestMatch(t *testing.T) {
	long := append(bytes.Repeat([]byte("é"), 4<<20), "the end\n"...)
	for _, c := range []struct {
		pattern string
		text    []byte
		want    bool
	}{
		{"é{3}", long[:20], true},
		{"the end", long[:20], false},
		{"^é+the end$", long, false}, // a line end stands after it
		{`(?m)^é+the end$`, long, true},
		{`\Ax|no`, long, false},
	} {
		if got, err := match(t.Context(), c.pattern, c.text); got != c.want || err != nil {
			t.Errorf("%s in %d bytes: %v, %v", c.pattern, len(c.text), got, err)
		}
	}
}

// What would take minutes ends with the run, and what would take the memory of
// the host is not begun.
func TestMatchEnds(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := match(ctx, "(x?){1000}y", bytes.Repeat([]byte("x"), 8<<20))
	if took := time.Since(began); !errors.Is(err, errTooLarge) || took > 5*time.Second {
		t.Errorf("%v after %v", err, took)
	}
	if _, err := match(t.Context(), "("+strings.Repeat("x", 100)+"){1000}", nil); !errors.Is(err, errTooLarge) {
		t.Errorf("%v", err)
	}
}
