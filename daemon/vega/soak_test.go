package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/telemetry"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/policies/check"
	"vega/store"
	"vega/store/sqlite"
)

const (
	soakIntegrations = 30
	soakChanged      = "i15" // changed by the second valid file
	soakRate         = 1000  // requests a second
	soakClients      = 20
)

// arrivals counts the checks of each integration that reached the target.
type arrivals struct {
	mu    sync.Mutex
	count map[string]int
	now   map[string]int
	twice []string // those that overlapped
}

// ServeHTTP takes long enough that two overlapping checks would be seen.
func (a *arrivals) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	a.mu.Lock()
	a.count[name]++
	if a.now[name]++; a.now[name] > 1 {
		a.twice = append(a.twice, name)
	}
	a.mu.Unlock()
	time.Sleep(2 * time.Millisecond)
	a.mu.Lock()
	a.now[name]--
	a.mu.Unlock()
}

// logCounter counts reloads in the log.
type logCounter struct{ applied, rejected atomic.Int64 }

// Write takes one line of the log.
func (l *logCounter) Write(b []byte) (int, error) {
	switch {
	case bytes.Contains(b, []byte(reloaded)):
		l.applied.Add(1)
	case bytes.Contains(b, []byte(rejected)):
		l.rejected.Add(1)
	}
	return len(b), nil
}

// soaked is a daemon in this process, so that the test can read its memory.
type soaked struct {
	*service
	t      *testing.T
	dir    string
	client *http.Client
	key    string
	ran    time.Time // when its schedule started
	// starved reports whether the machine was so busy that ticks may have been skipped.
	starved func() bool
	ended   chan error
	end     context.CancelFunc
}

// soak starts a daemon in this process.
func soak(t *testing.T, dir string, log io.Writer) *soaked {
	t.Helper()
	threads := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(threads) })
	ctx, cancel := context.WithCancel(t.Context())
	s := &soaked{
		service: &service{logs: telemetry.NewLog(log, true)}, t: t, dir: dir, ended: make(chan error, 1), end: cancel,
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: soakClients}},
	}
	if _, err := s.start(ctx, console.NewSteps(io.Discard), filepath.Join(dir, "vega.hcl"), cli.Overrides{SetPort: true}); err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(filepath.Join(dir, ".vega", "api_key"))
	if err != nil {
		t.Fatal(err)
	}
	s.key, s.ran, s.starved = strings.TrimSpace(string(key)), time.Now(), realtest.Busy()
	go func() { s.ended <- s.run(ctx) }()
	return s
}

// ask sends a request whose answer must be 200 and contain want.
func (s *soaked) ask(ctx context.Context, id, path, want string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL()+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", s.key)
	r.Header.Set("X-Correlation-ID", id)
	res, err := s.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || !bytes.Contains(body, []byte(want))) {
		err = fmt.Errorf("%s: %d %s", path, res.StatusCode, body)
	}
	return err
}

// load sends soakRate requests per second, spread over soakClients, until ctx
// ends, and returns how many it sent.
func (s *soaked) load(ctx context.Context) int64 {
	total := fmt.Sprintf(`"total":%d,`, soakIntegrations)
	var asked, failed atomic.Int64
	var all sync.WaitGroup
	for client := range soakClients {
		all.Go(func() {
			tick := time.NewTicker(time.Second * soakClients / soakRate)
			defer tick.Stop()
			for n := client; ; n++ {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				path, want := "/admin/integrations/health?max_age=1h", total
				switch {
				case n%100 == 0:
					path, want = "/admin/config/validate", `"format_version":"1.0"`
				case n%10 == 1:
					path, want = "/admin/plugins", `"state":"loaded"`
				case n%10 < 5:
					path, want = "/healthz", `"ok"`
				case n%10 == 5:
					path, want = "/readyz", `"ready"`
				}
				if err := s.ask(s.t.Context(), fmt.Sprintf("load-%d", asked.Add(1)), path, want); err != nil && failed.Add(1) < 5 {
					s.t.Errorf("a request failed: %v", err)
				}
			}
		})
	}
	all.Wait()
	return asked.Load()
}

// alternate replaces the configuration with the next of files, once a second.
func (s *soaked) alternate(ctx context.Context, files []string) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.put(files[n%len(files)])
		}
	}
}

func (s *soaked) put(hcl string) {
	write(s.t, s.dir, "next", hcl)
	if err := os.Rename(filepath.Join(s.dir, "next"), filepath.Join(s.dir, "vega.hcl")); err != nil {
		s.t.Error(err)
	}
}

// settled returns the heap and the goroutines of the idle daemon.
func (s *soaked) settled() (heap uint64, goroutines int) {
	s.client.CloseIdleConnections()
	goroutines = 1 << 30
	for range 50 { // runs start and end
		time.Sleep(20 * time.Millisecond)
		goroutines = min(goroutines, runtime.NumGoroutine())
	}
	runtime.GC()
	runtime.GC() // frees what finalizers released
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, goroutines
}

// TestReloadUnderLoad alternates valid and invalid configurations while a thousand
// requests arrive per second and every integration runs each second. No request
// fails, no run is lost or duplicated, unchanged integrations keep their state,
// and no memory or goroutine leaks. VEGA_SOAK=60s sets the duration.
func TestReloadUnderLoad(t *testing.T) { // not parallel: it reads the memory of the process
	d, _ := time.ParseDuration(os.Getenv("VEGA_SOAK"))
	d = max(d, 5*time.Second)
	seen := &arrivals{count: map[string]int{}, now: map[string]int{}}
	target := httptest.NewServer(seen)
	t.Cleanup(target.Close)
	var good strings.Builder
	for n := range soakIntegrations {
		fmt.Fprintf(&good, "integration \"i%02d\" {\n  probe    = core.http\n  interval = \"1s\"\n  config {\n    url = \"%s/i%02d\"\n  }\n}\n", n, target.URL, n)
	}
	one := good.String()
	two := strings.Replace(one, target.URL+"/"+soakChanged, target.URL+"/"+soakChanged+"?v=2", 1)
	const bad = "nonsense = 1\n"
	dir := t.TempDir()
	write(t, dir, "vega.hcl", one)
	log := &logCounter{}
	s := soak(t, dir, log)

	// Do everything once before reading the memory.
	if err := s.ask(t.Context(), "warm", "/admin/integrations/health", `"status":"healthy"`); err != nil {
		t.Fatal(err)
	}
	s.during(2*time.Second, []string{two})
	heap, goroutines := s.settled()
	applied, refused := log.applied.Load(), log.rejected.Load()

	asked, took := s.during(d, []string{bad, one, bad, two})
	s.put(one)
	for end := time.Now().Add(realtest.Patience); s.ask(t.Context(), "end", "/admin/config/validate", `"same_as_disk":true`) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the last file was not applied")
		}
	}
	heapAfter, goroutinesAfter := s.settled()
	for end := time.Now().Add(realtest.Patience); goroutinesAfter > goroutines && time.Now().Before(end); { // some runs take longer
		heapAfter, goroutinesAfter = s.settled()
	}
	t.Logf("%d requests in %.1f s (%.0f/s); %d files applied, %d rejected", asked, took.Seconds(), float64(asked)/took.Seconds(), log.applied.Load()-applied, log.rejected.Load()-refused)
	t.Logf("heap %.2f MiB, was %.2f; %d goroutines, were %d", mib(heapAfter), mib(heap), goroutinesAfter, goroutines)
	if log.applied.Load() == applied || log.rejected.Load() == refused {
		t.Error("nothing was applied or nothing rejected, so this test can't fail")
	}
	if heapAfter > heap+8<<20 {
		t.Errorf("the heap grew from %.2f to %.2f MiB", mib(heap), mib(heapAfter))
	}
	if goroutinesAfter > goroutines {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines leaked:\n%s", goroutinesAfter-goroutines, stacks[:runtime.Stack(stacks, true)])
	}

	s.end()
	lived := time.Since(s.ran)
	if err := <-s.ended; err != nil {
		t.Error(err)
	}
	if err := s.drain(time.Minute, nil); err != nil {
		t.Error(err)
	}
	if len(seen.twice) > 0 {
		t.Errorf("overlapping runs of %v", seen.twice)
	}
	s.count(seen.count, lived, int(log.applied.Load()))
}

func mib(n uint64) float64 { return float64(n) / (1 << 20) }

// during loads the daemon for d while the files alternate.
func (s *soaked) during(d time.Duration, files []string) (asked int64, took time.Duration) {
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	began := time.Now()
	var all sync.WaitGroup
	all.Go(func() { s.alternate(ctx, files) })
	asked = s.load(ctx)
	all.Wait()
	return asked, time.Since(began)
}

// count compares the stored runs with those that arrived, and the scheduled ones
// with the elapsed time. An integration also runs soon after each change of it, of
// which there were at most changes.
func (s *soaked) count(arrived map[string]int, lived time.Duration, changes int) {
	t := s.t
	kept, err := sqlite.Open(t.Context(), filepath.Join(s.dir, ".vega", "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	due, starved := int(lived/time.Second), s.starved()
	fewest, most, all := 1<<30, 0, 0
	var gap time.Duration
	for n := range soakIntegrations {
		name := fmt.Sprintf("i%02d", n)
		runs := allRuns(t, kept, name)
		scheduled, asked := 0, 0
		for i, r := range runs {
			switch {
			case strings.HasPrefix(r.CorrelationID, "load-"):
				asked++
			case r.CorrelationID != "warm":
				scheduled++
			}
			if i > 0 && name != soakChanged {
				gap = max(gap, runs[i-1].Began.Sub(r.Began)) // newest first
			}
		}
		all += len(runs)
		if arrived[name] != len(runs) {
			t.Errorf("%s: %d runs arrived, %d were stored", name, arrived[name], len(runs))
		}
		limit := due + 1
		if name == soakChanged {
			limit += changes
		}
		if scheduled > limit {
			t.Errorf("%s: %d scheduled runs in %v", name, scheduled, lived)
		}
		if name == soakChanged { // it also runs whenever it changed
			t.Logf("%s, which changed: %d scheduled runs, %d on request", name, scheduled, asked)
			continue
		}
		fewest, most = min(fewest, scheduled), max(most, scheduled)
		if scheduled == 0 || scheduled < due*9/10-1 && !starved || asked > 0 {
			t.Errorf("%s: %d scheduled runs in %v, and %d on request though it did not change", name, scheduled, lived, asked)
		}
	}
	t.Logf("%d runs arrived and were stored; %d to %d scheduled ones per unchanged integration in %.1f s; longest gap %v", all, fewest, most, lived.Seconds(), gap.Round(time.Millisecond))
}

func allRuns(t *testing.T, kept *sqlite.Store, name string) []check.Run {
	t.Helper()
	var all []check.Run
	for q := (store.RunQuery{Integration: name, Limit: store.MaxPage}); ; {
		page, err := kept.Runs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Runs...)
		if q.Cursor = page.Next; q.Cursor == "" {
			return all
		}
	}
}
