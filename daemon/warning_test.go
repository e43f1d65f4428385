package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/databases"
	"vega/daemon/monitor"
	"vega/daemon/realtest"
	"vega/policies"
	"vega/store/sqlite"
)

// settle returns the warning about a resource once its evidence is available.
func (h *harness) settle(resource string) (monitor.Warning, bool) {
	h.t.Helper()
	for end := time.Now().Add(realtest.Patience); ; time.Sleep(20 * time.Millisecond) {
		s, err := h.System(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		n := slices.IndexFunc(s.Warnings, func(w monitor.Warning) bool { return w.Resource == resource })
		if n < 0 {
			return monitor.Warning{}, false
		}
		if w := s.Warnings[n]; w.Evidence != monitor.EvidencePending || time.Now().After(end) {
			return w, true
		}
	}
}

// threshold returns a threshold block for vega.hcl.
func threshold(name, resource, more string) string {
	return fmt.Sprintf("threshold %q {\n  metric = %s\n  %s\n}\n", name, resource, more)
}

// TestWarningExplainsItself checks that a warning is complete and does not contain
// process arguments.
func TestWarningExplainsItself(t *testing.T) {
	h := build(t, threshold("memory", "system.memory.percent", "warning = 0.001\n  clear = 0.0001"))
	w, ok := h.settle("system.memory.percent")
	if !ok {
		t.Fatal("no warning")
	}
	if w.Status != policies.LevelWarning || w.Threshold != 0.001 || w.ThresholdBy != "memory" || w.Unit != policies.Percent || !strings.HasSuffix(w.SetAt, "vega.hcl:1") || w.Since.IsZero() {
		t.Errorf("%+v", w)
	}
	if w.Limit == nil || w.Limit.Source == "" || w.Evidence != monitor.EvidenceReady || len(w.Behind.TopMemory) == 0 || len(w.Sentences) == 0 || w.WhatToDo == "" {
		t.Errorf("%+v", w)
	}
	for _, want := range []string{"Memory in use is ", "; warning threshold: ", "vega.hcl:1). ", "he limit is "} {
		if !strings.Contains(w.Explanation, want) {
			t.Errorf("%q does not contain %q", w.Explanation, want)
		}
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	for _, argument := range os.Args[1:] {
		if len(argument) > 8 && strings.Contains(string(text), argument) {
			t.Errorf("the argument %s is in %s", argument, text)
		}
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
}

// TestGoroutineLeakIsExplained checks that the evidence names the function that
// started the goroutines, and that the warning ends when the goroutines end.
func TestGoroutineLeakIsExplained(t *testing.T) {
	h := build(t, threshold("goroutines", "system.threads.go_routines", "warning = 2000\n  clear = 1500"))
	if _, ok := h.settle("system.threads.go_routines"); ok {
		t.Fatal("a warning before the leak")
	}
	stop := make(chan struct{})
	var begun sync.WaitGroup
	begun.Add(3000)
	for range 3000 {
		go leakForTheTest(&begun, stop)
	}
	begun.Wait() // one that has not begun is in no function yet
	w, ok := h.settle("system.threads.go_routines")
	if !ok || w.Behind == nil || !strings.Contains(w.Behind.Goroutines[0].Function, "leakForTheTest") || !strings.Contains(w.Explanation, "warning threshold: 2000") {
		t.Fatalf("%+v", w)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	close(stop)
	h.goesAway("system.threads.go_routines")
}

func leakForTheTest(begun *sync.WaitGroup, stop chan struct{}) {
	begun.Done()
	<-stop
}

// goesAway waits until the warning about a resource has ended.
func (h *harness) goesAway(resource string) {
	h.t.Helper()
	for end := time.Now().Add(realtest.Patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if _, ok := h.settle(resource); !ok {
			return
		}
	}
	h.t.Errorf("the warning about %s persists", resource)
}

// TestFileLeakIsExplained checks that the evidence counts files by kind.
func TestFileLeakIsExplained(t *testing.T) {
	h := build(t, threshold("files", "system.file_descriptors.open", "warning = 300\n  clear = 200"))
	if _, ok := h.settle("system.file_descriptors.open"); ok {
		t.Skip("the test already has many files open")
	}
	var open []*os.File
	for range 350 {
		f, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, f)
	}
	w, ok := h.settle("system.file_descriptors.open")
	for _, f := range open {
		f.Close()
	}
	if !ok || w.Limit == nil || w.Behind == nil {
		t.Fatalf("%+v", w)
	}
	if w.Behind.OpenFiles["device"] < 350 {
		t.Errorf("%v", w.Behind.OpenFiles)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	h.goesAway("system.file_descriptors.open")
}

// TestConnectionLeakIsExplained checks the evidence for connections that the peer has
// closed and this process has not.
func TestConnectionLeakIsExplained(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	h := build(t, threshold("close-wait", "system.network.by_status.CLOSE_WAIT", "warning = 150\n  clear = 20"))
	if w, ok := h.settle("system.network.by_status.CLOSE_WAIT"); ok {
		t.Skipf("there are already connections in that state: %s", w.Explanation)
	}
	var leaked []net.Conn
	for range 200 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		leaked = append(leaked, c)
		other, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		other.Close()
	}
	w, ok := monitor.Warning{}, false
	for end := time.Now().Add(realtest.Patience); !ok && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		w, ok = h.settle("system.network.by_status.CLOSE_WAIT") // rare states are read only once a second
	}
	for _, c := range leaked {
		c.Close()
	}
	if !ok || w.Behind == nil || w.Behind.Connections == nil || w.Behind.Connections.Own["CLOSE_WAIT"] < 200 {
		t.Fatalf("%+v", w)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	h.goesAway("system.network.by_status.CLOSE_WAIT")
}

// TestReloadOfThresholds checks that changed thresholds apply immediately and are
// reported, and that unchanged ones keep their level.
func TestReloadOfThresholds(t *testing.T) {
	high := threshold("memory", "system.memory.percent", "warning = 0.001\n  clear = 0.0005")
	h := build(t, high)
	before, ok := h.settle("system.memory.percent")
	if !ok {
		t.Fatal("no warning")
	}
	h.configure("# moved by a line\n" + high + threshold("rss", "system.memory.process_rss", `error = "1B"`))
	v, err := h.Validate(t.Context())
	if err != nil || !slices.Equal(v.Changes.Live, []string{"threshold.rss"}) || len(v.Changes.Restart) > 0 {
		t.Errorf("%+v, %v", v.Changes, err)
	}
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	w, ok := h.settle("system.memory.percent")
	if !ok || !w.Since.Equal(before.Since) || !strings.HasSuffix(w.SetAt, "vega.hcl:2") {
		t.Errorf("%+v, since %v before", w, before.Since)
	}
	if w, ok := h.settle("system.memory.process_rss"); !ok || w.Status != policies.LevelError {
		t.Errorf("%+v", w)
	}
	s, err := h.SystemSummary(t.Context())
	if err != nil || s.Status != policies.LevelError || s.Warnings[0].Behind != nil || s.Warnings[0].Evidence != "" {
		t.Errorf("%+v, %v", s, err)
	}
	h.configure(threshold("memory", "system.memory.percent", "enabled = false"))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if w, ok := h.settle("system.memory.percent"); ok {
		t.Errorf("%+v", w)
	}
}

// queryOwn runs a query on vega's own database and reads all rows.
func (h *harness) queryOwn(query string) {
	rows, err := h.store.Query(h.t.Context(), query)
	if err != nil {
		h.t.Error(err)
		return
	}
	for rows.Next() {
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		h.t.Error(err)
	}
}

// TestDatabaseIsJudged also checks that unknown figures are reported with a reason.
func TestDatabaseIsJudged(t *testing.T) {
	h := build(t, `
store {
  slow_query = "1ms"
}
database "app" {
  driver = "sqlite"
  dsn    = "app.db"
}
`+threshold("app", "database.app.queries.slow_percent", "warning = 1"))
	for n := range 30 { // each waits for the lock on the database, so it is slow even on a fast machine
		release, err := sqlite.Hold(t.Context(), h.store.Path())
		if err != nil {
			t.Fatal(err)
		}
		released := make(chan error, 1)
		time.AfterFunc(3*time.Millisecond, func() { released <- release() })
		if err := errors.Join(h.store.SetMemory(t.Context(), fmt.Sprint(n), "v"), <-released); err != nil {
			t.Fatal(err)
		}
	}
	w, ok := h.settle("database.vega.queries.slow_percent")
	if !ok || w.Subject != "vega" || len(w.Sentences) == 0 || !strings.Contains(w.SetAt, "(built in)") || !strings.Contains(w.Sentences[0], "slow, ") {
		t.Errorf("%+v", w)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	s, err := h.System(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(s.Unjudged, monitor.Unjudged{Resource: "database.app.queries.slow_percent", Subject: "app", Threshold: "app", Reason: "no probe has queried it yet"}) {
		t.Errorf("%+v", s.Unjudged)
	}
	if slices.ContainsFunc(s.Unjudged, func(u monitor.Unjudged) bool { return u.Threshold == "slow-queries" && u.Subject == "app" }) {
		t.Errorf("the group threshold judges a database with its own threshold: %+v", s.Unjudged)
	}
}

// TestPoolIsExhausted checks that the figures count queries that wait because open
// rows hold all connections.
func TestPoolIsExhausted(t *testing.T) {
	h := build(t, threshold("pool", "database.vega.pool.waiting", "warning = 0.5"))
	if w, ok := h.settle("database.vega.pool.waiting"); ok { // the first sample
		t.Fatalf("%+v", w)
	}
	var held []*sqlite.Rows
	for range 4 { // all connections for queries of probes
		rows, err := h.store.Query(t.Context(), "SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, rows)
	}
	full := policies.Reading{Resource: "database.vega.pool.percent", Subject: "vega", Value: 100}
	if got := databases.New(nil, 0, h.store, nil).Figures(time.Now()); !slices.Contains(got, full) {
		t.Errorf("%+v", got)
	}
	var waiting sync.WaitGroup
	for range 8 {
		waiting.Go(func() { h.queryOwn("SELECT 2") })
	}
	time.Sleep(1200 * time.Millisecond)
	for _, rows := range held {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	waiting.Wait()
	w, ok := h.settle("database.vega.pool.waiting")
	if !ok || w.Value < 0.5 || !strings.Contains(strings.Join(w.Sentences, "\n"), " 8 have waited") {
		t.Errorf("%+v", w)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
}

func TestInspectHost(t *testing.T) {
	h := build(t, threshold("memory", "system.memory.percent", "error = 0.001"))
	s, err := InspectHost(t.Context(), h.read(nil).Config)
	if err != nil || s.Status != policies.LevelError {
		t.Fatalf("%+v, %v", s, err)
	}
	n := slices.IndexFunc(s.Warnings, func(w monitor.Warning) bool { return w.Resource == "system.memory.percent" })
	if w := s.Warnings[n]; w.Evidence != monitor.EvidenceReady || len(w.Behind.TopMemory) == 0 {
		t.Errorf("%+v", w)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := InspectHost(ctx, h.read(nil).Config); err == nil {
		t.Error("a canceled context caused no error")
	}
}

// TestSystemDoesNotWaitForEvidence checks that System reports missing evidence as
// pending.
func TestSystemDoesNotWaitForEvidence(t *testing.T) {
	var h *harness
	var w monitor.Warning
	for tries := 0; tries < 20 && w.Evidence != monitor.EvidencePending; tries++ {
		h = build(t, threshold("cpu", "system.cpu.limit_cores", "warning = 0.001"))
		s, err := h.System(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := slices.IndexFunc(s.Warnings, func(w monitor.Warning) bool { return w.Resource == "system.cpu.limit_cores" })
		w = s.Warnings[n]
	}
	// The search for processes takes a quarter of a second, which can pass on a busy
	// machine before the report is done.
	if w.Evidence != monitor.EvidencePending || w.Behind != nil {
		t.Errorf("%+v", w)
	}
	if w, ok := h.settle("system.cpu.limit_cores"); !ok || w.Evidence != monitor.EvidenceReady {
		t.Errorf("%+v", w)
	}
}

// TestDiskNearlyFull fills a small file system.
func TestDiskNearlyFull(t *testing.T) {
	dir := realtest.SmallDisk(t, 8<<20)
	h := build(t, "data_dir = "+fmt.Sprintf("%q", dir)+"\n"+threshold("disk", "system.disk.percent", "warning = 60\n  error = 90\n  clear = 50"))
	if w, ok := h.settle("system.disk.percent"); ok {
		t.Fatalf("a warning about an empty disk: %+v", w)
	}
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 5<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	w, ok := h.settle("system.disk.percent")
	if !ok || w.Status != policies.LevelWarning || w.Subject != "" && w.Subject != dir || w.Behind == nil || w.Behind.DataFiles == nil || w.Behind.DataFiles.Largest[0].Name != "filler" {
		t.Errorf("%+v", w)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.goesAway("system.disk.percent")
}

// TestSystemHammer makes concurrent requests while thresholds change, and then closes
// the daemon.
func TestSystemHammer(t *testing.T) {
	h := build(t, threshold("memory", "system.memory.percent", "warning = 0.001"))
	done := make(chan struct{})
	var asking sync.WaitGroup
	for n := range 8 {
		asking.Go(func() {
			for {
				var err error
				if n%2 == 0 {
					_, err = h.System(t.Context())
				} else {
					_, err = h.SystemSummary(t.Context())
				}
				if err != nil && !errors.Is(err, ErrClosing) {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range 10 {
		h.configure(threshold("memory", "system.memory.percent", fmt.Sprintf("warning = 0.00%d", n+1)))
		if _, err := h.Reload(t.Context(), BySignal); err != nil {
			t.Error(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	close(done)
	asking.Wait()
}
