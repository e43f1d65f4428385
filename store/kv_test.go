package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vega/store"
)

func get(t *testing.T, s *store.Store, integration, key string) string {
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

func TestKVKeepsBytesPerIntegration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s := openUnclosed(t, path)
	odd := "\x00\xff'\"%_\n" // kept exactly, and no wildcard
	for _, c := range []struct{ integration, key, value string }{
		{"a", "k", "one"},
		{"a", "k", "two"},
		{"a", "k", "two"},
		{"b", "k", "other"},
		{"a", odd, odd},
		{"a", strings.Repeat("k", store.MaxKey), "long"},
		{"a", "gone", "x"},
		{"a", "gone", ""},
		{"c", "x", "y"},
	} {
		if err := s.Set(t.Context(), c.integration, c.key, []byte(c.value), 1<<10); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
	}
	if err := s.Forget(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, path)
	for _, c := range []struct{ integration, key, want string }{
		{"a", "k", "two"},
		{"b", "k", "other"},
		{"a", odd, odd},
		{"a", strings.Repeat("k", store.MaxKey), "long"},
		{"a", "gone", "-"},
		{"a", "K", "-"},
		{"a", "", "-"},
		{"c", "x", "-"},
		{"%", "k", "-"},
	} {
		if got := get(t, s, c.integration, c.key); got != c.want {
			t.Errorf("%s %q is %q, want %q", c.integration, c.key, got, c.want)
		}
	}
	for _, key := range []string{"", strings.Repeat("k", store.MaxKey+1)} {
		if err := s.Set(t.Context(), "a", key, []byte("x"), 1<<10); err == nil {
			t.Errorf("a key of %d bytes was taken", len(key))
		}
	}
}

func TestKVQuotaCountsKeysAndValues(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "vega.db"))
	steps := []struct {
		integration, key, value string
		quota                   int64
		fits                    bool
	}{
		{"a", "12", "12345678", 10, true},
		{"a", "1", "1", 10, false},          // 12 of 10
		{"a", "12", "12345679", 10, true},   // replaced, not added
		{"a", "12", "123456789", 10, false}, // 11 of 10
		{"b", "12", "12345678", 10, true},   // another's bytes don't count
		{"a", "12", "1", 0, false},
		{"a", "12", "", 0, true}, // taking away always fits
		{"a", "1", "123456789", 10, true},
	}
	for i, c := range steps {
		err := s.Set(t.Context(), c.integration, c.key, []byte(c.value), c.quota)
		if c.fits && err != nil || !c.fits && !errors.Is(err, store.ErrQuota) {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if got := get(t, s, "a", "1") + get(t, s, "a", "12"); got != "123456789-" {
		t.Errorf("left: %q", got)
	}
}

// Sixteen goroutines on one store: nobody is told that it is busy, and no
// write is lost.
func TestHammer(t *testing.T) {
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
		wg.Go(func() { // one that gives up in the middle harms nobody
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

// However small they are, an integration keeps a thousand keys at most: each Set
// adds them up.
func TestKVKeysAreCounted(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "vega.db"))
	put := func(integration, key string) error { return s.Set(t.Context(), integration, key, []byte("x"), 1<<20) }
	for n := range store.MaxKeys {
		if err := put("a", fmt.Sprint(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := put("a", "one more"); !errors.Is(err, store.ErrQuota) {
		t.Errorf("one more: %v", err)
	}
	if err := errors.Join(put("a", "7"), put("b", "one more"), s.Set(t.Context(), "a", "8", nil, 1<<20), put("a", "one more")); err != nil {
		t.Error(err)
	}
}
