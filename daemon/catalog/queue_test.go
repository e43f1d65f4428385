package catalog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
)

// TestCompileQueueOrder: what is used comes first, then what is smaller.
func TestCompileQueueOrder(t *testing.T) {
	q := newCompileQueue()
	found := func(file string, size int) manifest.Found {
		return manifest.Found{File: file, Digest: file, Module: &manifest.Module{Size: size}}
	}
	q.add(found("large", 3), false)
	q.add(found("small", 1), false)
	q.add(found("used", 2), true)
	q.add(found("gone", 0), true)
	q.mu.Lock()
	q.drop("gone")
	q.mu.Unlock()
	var got []string
	for c := q.next(func() {}); c != nil; c = q.next(func() {}) {
		got = append(got, c.found.File)
		q.finish(c, nil)
	}
	if strings.Join(got, " ") != "used small large" {
		t.Error(got)
	}
}

// TestCompileQueueGivesWay: what is being compiled is begun anew after what is needed
// more, or is much smaller.
func TestCompileQueueGivesWay(t *testing.T) {
	q := newCompileQueue()
	found := func(file string, size int) manifest.Found {
		return manifest.Found{File: file, Digest: file, Module: &manifest.Module{Size: size}}
	}
	next := func(want string) (c *compilation, ended *bool) {
		t.Helper()
		ended = new(bool)
		if c = q.next(func() { *ended = true }); c == nil || c.found.File != want {
			t.Fatalf("%+v is next, want %s", c, want)
		}
		return c, ended
	}
	q.add(found("big", 10), false)
	big, ended := next("big")
	q.add(found("medium", 6), false)
	if *ended {
		t.Error("it gave way to one of over half its size")
	}
	q.add(found("small", 1), false)
	if q.finish(big, context.Canceled); !*ended || q.pending(big.found) == nil {
		t.Error("it did not give way to a small one, or was forgotten")
	}
	small, ended := next("small")
	q.add(found("medium", 6), true) // an integration is bound to it now
	if q.finish(small, context.Canceled); !*ended {
		t.Error("it did not give way to what is needed")
	}
	for _, want := range []string{"medium", "small", "big"} {
		c, _ := next(want)
		q.finish(c, nil)
	}
}

// TestFailureStandsForAWhile: nothing is compiled again before that is due.
func TestFailureStandsForAWhile(t *testing.T) {
	f := manifest.Found{File: "a.wasm", Digest: "a", Module: &manifest.Module{Size: 1}}
	q := newCompileQueue()
	q.add(f, false)
	q.finish(q.next(func() {}), errors.New("vega's own"))
	if !q.due(f.File) || !q.tried(f) {
		t.Error("nobody is told")
	}
	for range 2 {
		if err := q.take(f); err == nil {
			t.Error("it is forgotten")
		}
	}
	if q.due(f.File) || !q.tried(f) {
		t.Error("it is tried again at once")
	}
	q.all[f.File].until = time.Now()
	if !q.due(f.File) || q.tried(f) {
		t.Error("it is not tried again")
	}
	q.add(f, false)
	if q.pending(f) == nil {
		t.Error("it does not wait for its compiler")
	}
}
