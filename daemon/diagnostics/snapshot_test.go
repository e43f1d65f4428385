package diagnostics

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestFieldNames checks the field names on which thresholds and dashboards depend.
func TestFieldNames(t *testing.T) {
	names := map[string][]string{
		"":                 {"checked_at", "duration_ms", "memory", "cpu", "threads", "file_descriptors", "network", "disk", "disks", "runtime", "process", "container", "pressure", "unavailable"},
		"memory":           {"process_rss", "process_vms", "system_total", "system_available", "system_used", "percent", "source", "limit", "used"},
		"cpu":              {"process_percent", "system_percent", "load1", "load5", "load15", "threads", "source", "limit_cores", "host_cores", "host_percent", "throttled_percent", "basis", "window_ms", "measured_at"},
		"threads":          {"total", "go_routines"},
		"file_descriptors": {"open", "soft_limit", "hard_limit", "percent"},
		"network":          {"total", "by_status"},
		"disk":             {"path", "file_system", "total", "used", "free", "percent", "inodes_percent"},
		"runtime":          {"goroutines", "gomaxprocs", "heap", "gc", "sched_latency", "window_ms"},
		"process":          {"pid", "username", "create_time", "cwd", "executable", "go_version"},
		"container":        {"version", "path", "limited", "memory", "cpu", "pids", "pressure"},
		"pressure":         {"cpu", "memory", "io"},
	}
	all := generic(t, snapshot(t, settled(t)))
	for of, want := range names {
		got := all
		if of != "" {
			got = all[of].(map[string]any)
		}
		if missing, more := compare(want, got); missing != "" || more != "" {
			t.Errorf("%q lacks %q and has the unknown fields %q", of, missing, more)
		}
	}
}

func compare(want []string, got map[string]any) (missing, more string) {
	var without, unknown []string
	for _, name := range want {
		if _, ok := got[name]; !ok {
			without = append(without, name)
		}
	}
	for name := range got {
		if !slices.Contains(want, name) {
			unknown = append(unknown, name)
		}
	}
	return strings.Join(without, " "), strings.Join(unknown, " ")
}

// TestEveryNullHasReason also checks that every field with a reason is null or
// contains a null, and that no list is null.
func TestEveryNullHasReason(t *testing.T) {
	c := collector(t)
	for _, s := range []Snapshot{snapshot(t, c), snapshot(t, settled(t))} {
		nulls := map[string]bool{}
		collectNulls(generic(t, s), "", nulls)
		for path := range nulls {
			if reason(s.Unavailable, path) == unexplained {
				t.Errorf("%s is null without a reason", path)
			}
		}
		for path, why := range s.Unavailable {
			if why == "" || !explains(path, nulls) {
				t.Errorf("%s has a value although it is unavailable: %q", path, why)
			}
		}
	}
}

func collectNulls(v any, path string, nulls map[string]bool) {
	switch v := v.(type) {
	case nil:
		nulls[path] = true
	case map[string]any:
		for name, value := range v {
			collectNulls(value, strings.TrimPrefix(path+"."+name, "."), nulls)
		}
	case []any:
		for n, value := range v {
			collectNulls(value, fmt.Sprintf("%s.%d", path, n), nulls)
		}
	}
}

func explains(path string, nulls map[string]bool) bool {
	for null := range nulls {
		if null == path || strings.HasPrefix(null, path+".") {
			return true
		}
	}
	return path == "network.by_status" // its states may have reasons
}

func TestValueOfEveryPath(t *testing.T) {
	s := snapshot(t, settled(t))
	paths := Paths()
	for _, path := range paths {
		if _, err := s.Value(path); err != nil && !errors.As(err, new(*UnavailableError)) {
			t.Errorf("%s: %v", path, err)
		}
	}
	for _, path := range SummaryPaths() {
		if !slices.Contains(paths, path) {
			t.Errorf("a Summary has %s, a Snapshot does not", path)
		}
	}
	if v, err := s.Value("memory.percent"); err != nil || v != *s.Memory.Percent {
		t.Errorf("%v, %v", v, err)
	}
	if v, err := s.Value("network.by_status.CLOSING"); err != nil || v != 0 {
		t.Errorf("a state without sockets: %v, %v", v, err)
	}
	for _, path := range []string{"", "memory", "memory.", "memory.percents", "cpu.source", "process.create_time", "process.create_time.wall", "disks.0.percent", "network.by_status.HAPPY", "memory.percent.x", "pressure"} {
		if v, err := s.Value(path); !errors.As(err, new(*UnknownPathError)) {
			t.Errorf("%q: %v, %v", path, v, err)
		}
	}
	if _, err := s.Summary.Value("network.total"); !errors.As(err, new(*UnknownPathError)) {
		t.Errorf("%v", err)
	}
}

func TestUnavailableValueHasReasonOfParent(t *testing.T) {
	s := Snapshot{Summary: Summary{Unavailable: map[string]string{"container.cpu": "no quota", "network.by_status": "no netlink"}}}
	for path, want := range map[string]string{
		"container.cpu.percent":        "no quota",
		"network.by_status.CLOSE_WAIT": "no netlink",
	} {
		var e *UnavailableError
		if _, err := s.Value(path); !errors.As(err, &e) || e.Reason != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestFirstReadingHasNoWindow checks that the first reading has CPU figures of the
// process but not of the host.
func TestFirstReadingHasNoWindow(t *testing.T) {
	c := collector(t)
	c.meter.last.at = time.Now().Add(time.Hour) // so that no window starts, even on a slow machine
	u := snapshot(t, c).CPU
	if u.Basis != BasisStart || u.ProcessPercent == nil || u.SystemPercent != nil || u.WindowMS <= 0 {
		t.Errorf("%+v", u)
	}
	c.meter.last.at = time.Now()
	if err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u = snapshot(t, c).CPU; u.Basis != BasisWindow || u.SystemPercent == nil {
		t.Errorf("%+v", u)
	}
}

func TestClosedCollectorAndEndedContext(t *testing.T) {
	c := collector(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Snapshot(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	_, err1 := c.Snapshot(t.Context())
	_, err2 := c.Summary(t.Context())
	_, err3 := c.Explain(t.Context(), "memory")
	for _, err := range []error{err1, err2, err3, c.Wait(t.Context())} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%v", err)
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no error without a data directory")
	}
}

// TestHammer calls every method from sixteen goroutines concurrently.
func TestHammer(t *testing.T) {
	c := settled(t)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			for range 8 {
				var err error
				switch n % 4 {
				case 0:
					_, err = c.Explain(t.Context(), Resources()[n%len(Resources())])
				case 1:
					_, err = c.Summary(t.Context())
				default:
					_, err = c.Snapshot(t.Context())
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// TestMovesGoByMonotonicClock steps the wall clock back between two readings.
func TestMovesGoByMonotonicClock(t *testing.T) {
	c := collector(t)
	earlier, err := c.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(earlier.taken.String(), " m=") {
		t.Fatalf("a reading was taken at %v, by the wall clock", earlier.taken)
	}
	later := earlier
	later.CheckedAt, later.taken = later.CheckedAt.Add(-time.Hour), later.taken.Add(2*time.Second)
	moves := c.Moves("threads", later)
	if len(moves) == 0 || moves[0].OverMS != 2000 {
		t.Errorf("2 s later, an hour back by the wall clock: %+v", moves)
	}
}
