package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"vega/store/sqlite"
)

func get(t *testing.T, s *sqlite.Store, integration, key string) string {
	t.Helper()
	v, ok, err := s.Get(t.Context(), integration, key)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return "-"
	}
	return string(v)
}

// No query fails because the database is busy, and no write is lost.
func TestConcurrentQueriesAndWritesSucceed(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "vega.db"))
	const workers, rounds = 8, 60
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				if err := s.Set(t.Context(), "i", fmt.Sprint(w), fmt.Append(nil, i), 1<<10); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range rounds {
				if _, _, err := s.Get(t.Context(), "i", fmt.Sprint(w)); err != nil {
					t.Error(err)
				}
				rows, err := s.Query(t.Context(), "SELECT key, value FROM kv")
				if err != nil {
					t.Error(err)
					continue
				}
				if err := rows.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() { // canceled in the middle
			for range rounds {
				ctx, cancel := context.WithCancel(t.Context())
				go cancel()
				_ = s.Set(ctx, "quitter", fmt.Sprint(w), []byte("x"), 1<<10)
			}
		})
	}
	wg.Wait()
	for w := range workers {
		if got := get(t, s, "i", fmt.Sprint(w)); got != fmt.Sprint(rounds-1) {
			t.Errorf("worker %d: %s", w, got)
		}
	}
}

func TestForgetDeletesTheValuesOfOneIntegration(t *testing.T) {
	s := fresh(t)
	for _, integration := range []string{"a", "b"} {
		if err := s.Set(t.Context(), integration, "k", []byte("v"), 100); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Forget(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "a", "k") + get(t, s, "b", "k"); got != "-v" {
		t.Errorf("left: %q", got)
	}
}
