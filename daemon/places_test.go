package daemon

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
)

const mib = 1 << 20

// newTestRoom returns a room whose limits are those that a function returns. It
// restores the limit of the heap at the end of the test.
func newTestRoom(t *testing.T, log *bytes.Buffer, read func() []bound) *room {
	t.Helper()
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	e := engine.New(engine.Options{MaxRunning: config.MaxRunning, Sockets: sockets.NewPool(0)})
	t.Cleanup(e.Close)
	all := func(context.Context) []bound { return read() }
	return &room{
		log: slog.New(slog.NewTextHandler(log, nil)), engine: e, spread: plugins.DefaultMemory,
		read: all, pressure: newPressure(all),
	}
}

// TestPlacesFollowTheTightestLimit compares the places under several limits. The
// number of places is that of the limit under which the fewest runs fit, and the heap
// leaves room for the rest.
func TestPlacesFollowTheTightestLimit(t *testing.T) {
	memory := func(name string, limit, held uint64) bound {
		return bound{name: name, limit: limit, held: held, perRun: runMemory}
	}
	host := memory("host", 32<<30, 2<<30)
	for name, c := range map[string]struct {
		all    []bound
		places int
		by     string
	}{
		"nothing is known":       {nil, config.MaxRunning, ""},
		"the host is enough":     {[]bound{host}, config.MaxRunning, "host"},
		"the container is tight": {[]bound{memory("cgroup /a", 128*mib, 32*mib), host}, (96 - 32) * mib / runMemory, "cgroup /a"},
		"a large one":            {[]bound{memory("cgroup /a", 512*mib, 32*mib), host}, config.MaxRunning, "cgroup /a"},
		"one above it is":        {[]bound{memory("cgroup /a/b", 256*mib, 32*mib), memory("cgroup /a", 512*mib, 440*mib), host}, (464 - 440) * mib / runMemory, "cgroup /a"},
		"it is full already":     {[]bound{memory("cgroup /a", 48*mib, 60*mib), host}, minPlaces, "cgroup /a"},
		"it is tiny":             {[]bound{memory("cgroup /a", 4*mib, mib), host}, minPlaces, "cgroup /a"},
		"the host is full":       {[]bound{memory("host", 512*mib, 460*mib)}, (464 - 460) * mib / runMemory, "host"},
		"address space":          {[]bound{host, {name: "RLIMIT_AS", limit: 2 << 30, held: 1 << 30, space: true}}, (1024 - 48) / 32, "RLIMIT_AS"},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := newTestRoom(t, &log, func() []bound { return c.all })
			by, places := r.fit(t.Context())
			if places != c.places || by.name != c.by || r.engine.Places().Size != c.places {
				t.Errorf("%d places by %q, want %d by %q", places, by.name, c.places, c.by)
			}
			if heap := debug.SetMemoryLimit(-1); len(c.all) > 0 && os.Getenv("GOMEMLIMIT") == "" && (heap < minHeap || heap > int64(max(by.limit*5/8, minHeap))) {
				t.Errorf("a heap of %d MiB", heap/mib)
			}
		})
	}
}

func TestHeapKeepsTheLimitOfTheEnvironment(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "100MiB")
	var log bytes.Buffer
	r := newTestRoom(t, &log, func() []bound { return []bound{{name: "cgroup /a", limit: 64 * mib, perRun: runMemory}} })
	debug.SetMemoryLimit(math.MaxInt64)
	r.fit(t.Context())
	if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
		t.Errorf("the limit of the heap is %d", got)
	}
}

// TestPlacesFollowChanges changes the limit of a container and what others in it use,
// as an operator and a neighbor do.
func TestPlacesFollowChanges(t *testing.T) {
	now := bound{name: "cgroup /a", limit: 128 * mib, held: 32 * mib, perRun: runMemory}
	var log bytes.Buffer
	r := newTestRoom(t, &log, func() []bound { return []bound{now} })
	want := func(places int) {
		t.Helper()
		if _, got := r.fit(t.Context()); got != places {
			t.Errorf("%d places, want %d", got, places)
		}
	}
	want((96 - 32) * mib / runMemory)
	now.limit = 256 * mib
	want((208 - 32) * mib / runMemory)
	now.limit = 64 * mib
	want((48 - 32) * mib / runMemory)
	now.held = 60 * mib // a short peak changes nothing
	want((48 - 32) * mib / runMemory)
	now.held = 32 * mib
	want((48 - 32) * mib / runMemory)
	now.held = 60 * mib
	for range samples - 1 {
		r.fit(t.Context())
	}
	want(minPlaces)
}

// TestShortageOfPlacesIsLoggedOnceAMinute lets runs wait in vain.
func TestShortageOfPlacesIsLoggedOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	r := newTestRoom(t, &log, func() []bound {
		return []bound{{name: "cgroup /a", limit: 48 * mib, held: 48 * mib, perRun: runMemory}}
	})
	r.fit(t.Context())
	began := time.Now()
	r.report(t.Context(), began)
	if log.Len() > 0 {
		t.Errorf("without a shortage: %s", &log)
	}
	for second := range 150 {
		if second < 70 {
			r.missed++ // as report does when the engine counts one
			r.lastLow = began.Add(time.Duration(second) * time.Second)
		}
		r.report(t.Context(), began.Add(time.Duration(second)*time.Second))
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 4 || !strings.Contains(lines[0], "count=1 places=8") || !strings.Contains(lines[0], "the memory limit of 48MiB (cgroup /a)") ||
		!strings.Contains(lines[1], "count=60") || !strings.Contains(lines[2], "count=9") || !strings.Contains(lines[3], "all checks start in time again") {
		t.Errorf("%s", &log)
	}
}

// TestHeldMemoryFollowsTheLimit compares what vega may hold for probes with the
// configuration and the limit.
func TestHeldMemoryFollowsTheLimit(t *testing.T) {
	limit := uint64(64 * mib)
	var log bytes.Buffer
	r := newTestRoom(t, &log, func() []bound { return []bound{{name: "cgroup /a", limit: limit, perRun: runMemory}} })
	var held manifest.Size
	r.most, r.hold = math.MaxInt64, func(s manifest.Size) { held = s }
	cfg := &config.Config{}
	cfg.Sandbox.HostMemory = 256 * mib
	r.adopt(cfg)
	for _, c := range []struct {
		limit uint64
		held  manifest.Size
	}{{64 * mib, 12 * mib}, {256 * mib, 52 * mib}, {4096 * mib, 256 * mib}} {
		limit = c.limit
		if r.fit(t.Context()); held != c.held {
			t.Errorf("of %d MiB: %v, want %v", c.limit/mib, held, c.held)
		}
	}
	limit = 64 * mib
	r.fit(t.Context())
	cfg.Sandbox.HostMemory = 8 * mib
	if r.adopt(cfg); held != 8*mib {
		t.Errorf("after a reload: %v", held)
	}
}

// TestTooLittleMemoryToCompileIsLogged expects the line that comes before the kernel
// kills vega.
func TestTooLittleMemoryToCompileIsLogged(t *testing.T) {
	for limit, want := range map[uint64]bool{48 * mib: true, 64 * mib: false} {
		var log bytes.Buffer
		r := newTestRoom(t, &log, nil)
		r.warn(t.Context(), []bound{{name: "cgroup /a", limit: limit, perRun: runMemory}, {name: "RLIMIT_AS", limit: mib, space: true}})
		if got := strings.Contains(log.String(), `limit=48MiB source="cgroup /a" needed=64MiB`) && strings.Count(log.String(), "\n") == 1; got != want {
			t.Errorf("%d MiB: %s", limit/mib, &log)
		}
	}
}

// TestGrowthFollowsWhatIsLeft compares what the memories of probes may grow by with the
// limits on memory.
func TestGrowthFollowsWhatIsLeft(t *testing.T) {
	var bounds []bound
	var log bytes.Buffer
	r := newTestRoom(t, &log, func() []bound { return bounds })
	var more manifest.Size
	r.grow = func(m, least manifest.Size) {
		if more = m; least != minGrowth {
			t.Errorf("at least %v", least)
		}
	}
	memory := func(limit, held uint64) bound {
		return bound{name: fmt.Sprint(limit), limit: limit, held: held, perRun: runMemory}
	}
	for _, c := range []struct {
		bounds []bound
		more   manifest.Size
	}{
		{[]bound{memory(64*mib, 40*mib)}, 4 * mib},
		{[]bound{memory(64*mib, 60*mib)}, 0},
		{[]bound{memory(4096*mib, 48*mib), memory(256*mib, 108*mib)}, 50 * mib},
		{[]bound{memory(256*mib, 108*mib), {name: "ulimit -v", limit: 128 * mib, held: 128 * mib, space: true}}, 50 * mib},
	} {
		bounds = c.bounds
		if r.fit(t.Context()); more != c.more {
			t.Errorf("%v: %v, want %v", c.bounds, more, c.more)
		}
	}
}
