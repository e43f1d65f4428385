package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"vega/store"
)

// get returns a value, or "-" if there isn't one.
func get(t *testing.T, s store.KV, integration, key string) string {
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

func valuesAreKeptPerIntegration(t *testing.T, d database) {
	s := d.openUnclosed(t)
	odd := "\x00\xff'\"%_\n" // stored as bytes, and without wildcards
	for _, c := range []struct{ integration, key, value string }{
		{"a", "k", "one"},
		{"a", "k", "two"},
		{"a", "k", "two"},
		{"b", "k", "other"},
		{"a", odd, odd},
		{"a", strings.Repeat("k", store.MaxKey), "long"},
		{"a", "gone", "x"},
		{"a", "gone", ""},
		{"a", "never", ""},
	} {
		if err := s.Set(t.Context(), c.integration, c.key, []byte(c.value), 1<<10); err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
	}
	closeStore(t, s)
	s = d.open(t)
	for _, c := range []struct{ integration, key, want string }{
		{"a", "k", "two"},
		{"b", "k", "other"},
		{"a", odd, odd},
		{"a", strings.Repeat("k", store.MaxKey), "long"},
		{"a", "gone", "-"},
		{"a", "never", "-"},
		{"a", "K", "-"},
		{"a", "", "-"},
		{"c", "k", "-"},
		{"%", "k", "-"},
	} {
		if got := get(t, s, c.integration, c.key); got != c.want {
			t.Errorf("%s %q is %q, want %q", c.integration, c.key, got, c.want)
		}
	}
	for _, key := range []string{"", strings.Repeat("k", store.MaxKey+1)} {
		if err := s.Set(t.Context(), "a", key, []byte("x"), 1<<10); err == nil {
			t.Errorf("a key of %d bytes was accepted", len(key))
		}
	}
}

func quotaCountsKeysAndValues(t *testing.T, d database) {
	s := d.open(t)
	steps := []struct {
		integration, key, value string
		quota                   int64
		fits                    bool
	}{
		{"a", "12", "12345678", 10, true},
		{"a", "1", "1", 10, false},          // 12 of 10
		{"a", "12", "12345679", 10, true},   // replaced, not added
		{"a", "12", "123456789", 10, false}, // 11 of 10
		{"b", "12", "12345678", 10, true},   // counted separately
		{"a", "12", "1", 0, false},
		{"a", "12", "", 0, true}, // deleting always fits
		{"a", "1", "123456789", 10, true},
	}
	for i, c := range steps {
		before := get(t, s, c.integration, c.key)
		err := s.Set(t.Context(), c.integration, c.key, []byte(c.value), c.quota)
		if c.fits && err != nil || !c.fits && !errors.Is(err, store.ErrQuota) {
			t.Errorf("step %d: %v", i, err)
		}
		if after := get(t, s, c.integration, c.key); !c.fits && after != before {
			t.Errorf("step %d changed %q to %q", i, before, after)
		}
	}
	if got := get(t, s, "a", "1") + get(t, s, "a", "12"); got != "123456789-" {
		t.Errorf("left: %q", got)
	}
}

func keysAreLimited(t *testing.T, d database) {
	s := d.open(t)
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
