package catalog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
)

func TestQueueOrdersByUseThenSize(t *testing.T) {
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

// TestQueuePreempts checks that a module that integrations use, or that is much
// smaller, cancels the running compilation, which then starts again.
func TestQueuePreempts(t *testing.T) {
	q := newCompileQueue()
	found := func(file string, size int) manifest.Found {
		return manifest.Found{File: file, Digest: file, Module: &manifest.Module{Size: size}}
	}
	next := func(want string) (c *compilation, ended *bool) {
		t.Helper()
		ended = new(bool)
		if c = q.next(func() { *ended = true }); c == nil || c.found.File != want {
			t.Fatalf("next is %+v, want %s", c, want)
		}
		return c, ended
	}
	q.add(found("big", 10), false)
	big, ended := next("big")
	q.add(found("medium", 6), false)
	if *ended {
		t.Error("preempted by a module of more than half its size")
	}
	q.add(found("small", 1), false)
	if q.finish(big, context.Canceled); !*ended || q.pending(big.found) == nil {
		t.Error("not preempted by a small module, or dropped from the queue")
	}
	small, ended := next("small")
	q.add(found("medium", 6), true) // an integration now uses it
	if q.finish(small, context.Canceled); !*ended {
		t.Error("not preempted by a module that is used")
	}
	for _, want := range []string{"medium", "small", "big"} {
		c, _ := next(want)
		q.finish(c, nil)
	}
}

func TestFailedCompilationIsNotRetriedTooSoon(t *testing.T) {
	f := manifest.Found{File: "a.wasm", Digest: "a", Module: &manifest.Module{Size: 1}}
	q := newCompileQueue()
	q.add(f, false)
	q.finish(q.next(func() {}), errors.New("failure of vega"))
	if !q.due(f.File) || !q.tried(f) {
		t.Error("the failure is not reported")
	}
	for range 2 {
		if err := q.takeError(f); err == nil {
			t.Error("the failure is not remembered")
		}
	}
	if q.due(f.File) || !q.tried(f) {
		t.Error("retried immediately")
	}
	q.all[f.File].retryAt = time.Now()
	if !q.due(f.File) || q.tried(f) {
		t.Error("not retried when due")
	}
	q.add(f, false)
	if q.pending(f) == nil {
		t.Error("not queued again")
	}
}
