package diagnostics

import (
	"encoding/json"
	"strconv"
	"testing"
	"time"
)

func counted(v uint64) string { return strconv.FormatUint(v, 10) }

// collector is one of this machine.
func collector(t testing.TB) *Collector {
	t.Helper()
	c, err := New(Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// settled is one with a window to look back on.
func settled(t testing.TB) *Collector {
	t.Helper()
	c := collector(t)
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c
}

func snapshot(t testing.TB, c *Collector) Snapshot {
	t.Helper()
	s, err := c.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// generic is v as JSON has it.
func generic(t testing.TB, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func spin(d time.Duration) {
	for deadline := time.Now().Add(d); time.Now().Before(deadline); {
	}
}
