package store

import (
	"math"
	"testing"
	"time"

	"vega/policies/check"
)

func TestCursorsKeepTheirPosition(t *testing.T) {
	for _, p := range []Position{{}, {1, 2}, {-1, -2}, {math.MaxInt64, math.MinInt64}} {
		c := p.Cursor("f")
		if got, err := ParseCursor(c, "f"); err != nil || got != p {
			t.Errorf("%q is %v, %v, want %v", c, got, err, p)
		}
		if _, err := ParseCursor(c, "g"); err == nil {
			t.Errorf("%q is accepted for another filter", c)
		}
	}
	if got, err := ParseCursor("", "f"); err != nil || got != first {
		t.Errorf("without a cursor: %v, %v", got, err)
	}
}

// FuzzCursorsAreMadeHere accepts no cursor but its own.
func FuzzCursorsAreMadeHere(f *testing.F) {
	f.Add(Position{5, 7}.Cursor("f"))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := ParseCursor(cursor, "f")
		if err == nil && cursor != "" && p.Cursor("f") != cursor {
			t.Errorf("%q is accepted as %v, whose cursor is %q", cursor, p, p.Cursor("f"))
		}
	})
}

func TestFiltersDiffer(t *testing.T) {
	yes, no := true, false
	seen := map[string]bool{}
	for _, q := range []Query{
		{},
		{Session: "a"},
		{Source: "a"},
		{Session: `a" "b`},
		{Session: "a", Source: "b"},
		{Session: `a" "`, Source: "b"},
		{Reviewed: &yes},
		{Reviewed: &no},
	} {
		seen[q.Filter()] = true
	}
	for _, q := range []RunQuery{
		{},
		{Integration: "a"},
		{Integration: "a", Since: time.UnixMilli(1)},
		{Integration: "a", Until: time.UnixMilli(1)},
		{Integration: "a", Statuses: []check.Status{check.Healthy}},
		{Integration: "a", Statuses: []check.Status{check.Unknown, check.Healthy}},
	} {
		seen[q.Filter()] = true
	}
	if len(seen) != 14 {
		t.Errorf("%d different filters of 14", len(seen))
	}
}
