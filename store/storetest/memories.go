package storetest

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"vega/store"
)

func memoriesAreReplacedAndDeleted(t *testing.T, d database) {
	s := d.openUnclosed(t)
	set := func(key, value string) store.Memory {
		t.Helper()
		if err := s.SetMemory(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
		m, err := s.Memory(t.Context(), key)
		if err != nil || m.Key != key || m.Value != value {
			t.Fatalf("got %+v, %v", m, err)
		}
		return m
	}
	first := set("a", "one")
	if age := time.Since(first.Created); first.Created != first.Updated || age < 0 || age > patience {
		t.Errorf("new: %+v", first)
	}
	replaced := set("a", "another ünïcødé 🙂 % ' \n")
	if replaced.Created != first.Created || replaced.Updated.Before(first.Updated) {
		t.Errorf("replaced %+v by %+v", first, replaced)
	}
	set("b", "")
	set("c", strings.Repeat("v", 10<<20))
	closeStore(t, s)
	s = d.open(t)
	if m, err := s.Memory(t.Context(), "a"); err != nil || m != replaced {
		t.Errorf("after reopening: got %+v, %v, want %+v", m, err, replaced)
	}
	if err := s.DeleteMemory(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	_, err := s.Memory(t.Context(), "a")
	for _, err := range []error{err, s.DeleteMemory(t.Context(), "a"), s.DeleteMemory(t.Context(), "never")} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	}
}

// memoriesAreSortedByTheBytesOfTheirKeys uses keys that a locale sorts
// differently.
func memoriesAreSortedByTheBytesOfTheirKeys(t *testing.T, d database) {
	s := d.open(t)
	if none, err := s.Memories(t.Context(), "", 0); err != nil || none == nil || len(none) != 0 {
		t.Errorf("got %v, %v, want an empty list", none, err)
	}
	for _, k := range []string{"b", "a", "ä", "%", "B", "a b", "aa", "z"} {
		if err := s.SetMemory(t.Context(), k, "is "+k); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"%", "B", "a", "a b", "aa", "b", "z", "ä"}
	var keys []string
	for after := ""; len(keys) <= len(want); {
		some, err := s.Memories(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			break
		}
		for _, m := range some {
			if m.Value != "is "+m.Key {
				t.Errorf("got %+v", m)
			}
			keys = append(keys, m.Key)
		}
		after = keys[len(keys)-1]
	}
	if !reflect.DeepEqual(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
}

func invalidMemoriesAreRejected(t *testing.T, d database) {
	s := d.open(t)
	for want, m := range map[string]store.Memory{
		"key: must not be empty":             {Value: "v"},
		"key: 257 bytes exceed":              {Key: strings.Repeat("k", store.MaxName+1)},
		"key: must be valid UTF-8":           {Key: "\xff"},
		"value: must not contain a NUL byte": {Key: "k", Value: "a\x00"},
		"value: 16777217 bytes exceed the":   {Key: "k", Value: strings.Repeat("v", store.MaxText+1)},
	} {
		err := s.SetMemory(t.Context(), m.Key, m.Value)
		if e, ok := errors.AsType[*store.InvalidError](err); !ok || !strings.HasPrefix(e.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if all, err := s.Memories(t.Context(), "", 10); err != nil || len(all) != 0 {
		t.Errorf("%d memories were stored, %v, want none", len(all), err)
	}
}
