package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
)

// concurrentWritesAreAllStored runs writers, readers, and writers that are
// canceled midway.
func concurrentWritesAreAllStored(t *testing.T, d database) {
	s := d.open(t)
	const workers, rounds = 8, 60
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for i := range rounds {
				if err := s.Set(t.Context(), "i", fmt.Sprint(w), fmt.Append(nil, i), 1<<10); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range rounds {
				if _, _, err := s.Get(t.Context(), "i", fmt.Sprint(w)); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range rounds {
				ctx, cancel := context.WithCancel(t.Context())
				go cancel()
				_ = s.Set(ctx, "quitter", fmt.Sprint(w), []byte("x"), 1<<10)
			}
		})
	}
	all.Wait()
	for w := range workers {
		if got := get(t, s, "i", fmt.Sprint(w)); got != fmt.Sprint(rounds-1) {
			t.Errorf("worker %d: %s", w, got)
		}
	}
}

func readersAndWritersDoNotFail(t *testing.T, d database) {
	s := d.open(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var all sync.WaitGroup
	repeat := func(f func() error) {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := f(); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range 4 {
		name := fmt.Sprint("s", n)
		repeat(func() error {
			_, err := s.LogConversation(ctx, store.Conversation{SessionID: name, Source: "x", Prompt: "p"})
			return err
		})
		repeat(func() error { return s.SetMemory(ctx, name, "v") })
		repeat(func() error { return s.AppendRun(ctx, RunOf(name, time.Now())) })
		repeat(func() error { _, err := s.HistoryPage(ctx, store.Query{Session: name}); return err })
		repeat(func() error { _, err := s.Runs(ctx, store.RunQuery{Integration: name}); return err })
	}
	repeat(func() error {
		_, err := s.Retain(ctx, store.Retention{Runs: time.Hour, Conversations: time.Hour, Bytes: 1 << 40})
		return err
	})
	all.Wait()
	if err := s.Degraded(); err != nil {
		t.Error(err)
	}
}

// calls returns every method of the contract, except Close.
func calls(s store.Store) map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"LogConversation": func(ctx context.Context) error {
			_, err := s.LogConversation(ctx, store.Conversation{SessionID: "s", Source: "x"})
			return err
		},
		"Conversation":       func(ctx context.Context) error { _, err := s.Conversation(ctx, 1); return err },
		"HistoryPage":        func(ctx context.Context) error { _, err := s.HistoryPage(ctx, store.Query{}); return err },
		"SetReviewed":        func(ctx context.Context) error { return s.SetReviewed(ctx, 1, true) },
		"DeleteConversation": func(ctx context.Context) error { return s.DeleteConversation(ctx, 1) },
		"Memory":             func(ctx context.Context) error { _, err := s.Memory(ctx, "k"); return err },
		"SetMemory":          func(ctx context.Context) error { return s.SetMemory(ctx, "k", "changed") },
		"DeleteMemory":       func(ctx context.Context) error { return s.DeleteMemory(ctx, "k") },
		"Memories":           func(ctx context.Context) error { _, err := s.Memories(ctx, "", 0); return err },
		"Get":                func(ctx context.Context) error { _, _, err := s.Get(ctx, "i", "k"); return err },
		"Set":                func(ctx context.Context) error { return s.Set(ctx, "i", "k", []byte("changed"), 100) },
		"FlushRuns":          func(ctx context.Context) error { return s.FlushRuns(ctx) },
		"Runs":               func(ctx context.Context) error { _, err := s.Runs(ctx, store.RunQuery{Integration: "web"}); return err },
		"LastRuns":           func(ctx context.Context) error { _, err := s.LastRuns(ctx, []string{"web"}); return err },
		"Recent":             func(ctx context.Context) error { _, err := s.Recent(ctx, "web", 1); return err },
		"Statuses": func(ctx context.Context) error {
			_, err := s.Statuses(ctx, "web", time.Time{}, time.Time{}, func(time.Time, check.Status) bool { return true })
			return err
		},
		"Retain": func(ctx context.Context) error { _, err := s.Retain(ctx, store.Retention{Runs: 1}); return err },
	}
}

// fillOne stores one entry of each kind.
func fillOne(t *testing.T, s store.Store) {
	t.Helper()
	logConversation(t, s, store.Conversation{SessionID: "s", Source: "x"})
	AppendRuns(t, s, RunOf("web", time.Now()))
	if err := errors.Join(s.SetMemory(t.Context(), "k", "v"), s.Set(t.Context(), "i", "k", []byte("v"), 100)); err != nil {
		t.Fatal(err)
	}
}

func canceledCallsReturnTheContextsError(t *testing.T, d database) {
	s := d.open(t)
	fillOne(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range calls(s) {
		if name == "FlushRuns" {
			continue // it may return before it looks at the context
		}
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
	m, err := s.Memory(t.Context(), "k")
	if err != nil || m.Value != "v" || get(t, s, "i", "k") != "v" || len(latest(t, s, 0)) != 1 || len(allRuns(t, s, "web", 0)) != 1 {
		t.Errorf("a canceled call changed something: %+v, %v", m, err)
	}
	if err := s.Degraded(); err != nil {
		t.Errorf("a canceled call counts as an outage: %v", err)
	}
}

func closedStoresFail(t *testing.T, d database) {
	s := d.openUnclosed(t)
	fillOne(t, s)
	closeStore(t, s)
	for name, call := range calls(s) {
		if err := call(t.Context()); err == nil {
			t.Errorf("%s succeeds after Close", name)
		}
	}
	if err := s.AppendRun(t.Context(), RunOf("late", time.Now())); err == nil {
		if err := s.FlushRuns(t.Context()); err == nil {
			t.Error("a run is stored after Close")
		}
	}
	s = d.open(t)
	if len(latest(t, s, 0)) != 1 || len(allRuns(t, s, "web", 0)) != 1 || get(t, s, "i", "k") != "v" {
		t.Error("the entries from before Close are not all there")
	}
}
