package diagnostics

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

const mib = 1 << 20

func counted(v uint64) string { return strconv.FormatUint(v, 10) }

// collector returns a Collector of this machine.
func collector(t testing.TB) *Collector {
	t.Helper()
	c, err := New(Options{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// settled returns a Collector whose first window is long enough.
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

// generic converts v to maps via JSON.
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

// reporter is a test or a comparison.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// comparison collects the differences that a comparison finds.
type comparison struct{ differs []string }

// Helper implements reporter.
func (*comparison) Helper() {}

// Errorf implements reporter.
func (a *comparison) Errorf(format string, args ...any) {
	a.differs = append(a.differs, fmt.Sprintf(format, args...))
}

// agree compares figures with those of another source until they agree. It retries
// because other programs change the figures between two readings. A figure that is
// read incorrectly never agrees.
func agree(t *testing.T, compare func(r reporter)) {
	t.Helper()
	end := time.Now().Add(realtest.Patience)
	for tries := 1; ; tries++ {
		var a comparison
		compare(&a)
		if len(a.differs) == 0 {
			return
		}
		if tries >= 20 && time.Now().After(end) {
			t.Fatalf("no agreement in %d tries:\n%s", tries, strings.Join(a.differs, "\n"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func spin(d time.Duration) {
	for deadline := time.Now().Add(d); time.Now().Before(deadline); {
	}
}
