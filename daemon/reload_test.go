package daemon

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/realtest/tiny"
	"vega/plugins"
	"vega/store/sqlite"
)

func TestReload(t *testing.T) {
	const keep = "keep=healthy"
	h := build(t, bind("keep", "plain.healthy", "")+bind("change", "plain.healthy", "")+bind("drop", "plain.healthy", ""))
	h.status()

	h.configure("nonsense = 1\n")
	if _, err := h.Reload(t.Context(), BySignal); err == nil || !strings.Contains(err.Error(), "vega.hcl:1:1") {
		t.Errorf("a bad configuration: %v", err)
	}
	h.configure("server {\n  port = 1\n}\n")
	if _, err := h.Reload(t.Context(), BySignal); err == nil || !strings.Contains(err.Error(), "restart vega to change server.port") {
		t.Errorf("another port: %v", err)
	}
	if got := h.status(); got != "change=healthy drop=healthy "+keep {
		t.Fatalf("a rejected reload changed something: %s", got)
	}
	kept := h.lastReport("keep")

	h.configure("# moved\n" + bind("added", "plain.degraded", "") + bind("keep", "plain.healthy", "") + bind("change", "plain.unhealthy", ""))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if r := h.lastReport("keep"); r.CheckedAt == nil || *r.CheckedAt != *kept.CheckedAt {
		t.Error("an unchanged integration lost its state")
	}
	if h.lastReport("change").CheckedAt != nil {
		t.Error("a changed integration kept its state")
	}
	if got := h.status(); got != "added=degraded/target change=unhealthy/target "+keep {
		t.Errorf("after the reload: %s", got)
	}
}

// TestEmptiedVariablesAreRejected checks that a vega.env without variables, such as a
// full disk leaves, is not applied by itself, and that other changes of it are.
func TestEmptiedVariablesAreRejected(t *testing.T) {
	h := build(t, bind("keep", "plain.healthy", "")+"network {\n  resolver = env(\"VEGA_TEST_RESOLVER\")\n}\n")
	dir := filepath.Dir(h.inForce().Config.Path)
	put := func(text string, want error, by Trigger) {
		t.Helper()
		write(t, dir, "vega.env", []byte(text))
		if _, err := h.Reload(t.Context(), by); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	put("OTHER=1\n", nil, ByFile)
	put("OTHER=2\n", nil, ByFile)
	put("", errNoVariables, ByFile)
	put("# nothing\n", errNoVariables, ByFile)
	if err := os.Remove(filepath.Join(dir, "vega.env")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Reload(t.Context(), ByFile); err != nil {
		t.Errorf("without the file: %v", err)
	}
	put("OTHER=3\n", nil, ByFile)
	put("", nil, BySignal)
}

// TestReloadNeverOverlaps changes an integration during a run. The run under the new
// binding must wait for the one under the old binding.
func TestReloadNeverOverlaps(t *testing.T) {
	var now, most atomic.Int64
	asked, open := make(chan struct{}, 2), make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		asked <- struct{}{}
		<-open
		now.Add(-1)
	}))
	t.Cleanup(s.Close)
	h := build(t, get("web", s.URL+"/old", patient))
	old := make(chan string, 1)
	go func() { old <- h.status() }()
	<-asked
	h.configure(get("web", s.URL+"/new", patient))
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	h.ask(engine.Query{Timeout: time.Millisecond}) // joins the run without waiting for it
	time.Sleep(100 * time.Millisecond)             // time for the runs to overlap
	close(open)
	if got := outcome(h.ask(engine.Query{MaxAge: time.Hour}).Integrations[0]); got != "web=healthy" || <-old != "web=healthy" || most.Load() != 1 {
		t.Errorf("%s, up to %d runs at the same time", got, most.Load())
	}
}

// reload calls Reload, which must not fail.
func (h *harness) reload(hcl string) Reload {
	h.t.Helper()
	h.configure(hcl)
	r, err := h.Reload(h.t.Context(), BySignal)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// validate calls Validate, which must not fail.
func (h *harness) validate() Validation {
	h.t.Helper()
	v, err := h.Validate(h.t.Context())
	if err != nil {
		h.t.Error(err)
	}
	return v
}

// TestReaddedIntegrationJoinsItsRun removes an integration during its run and adds
// the integration again.
func TestReaddedIntegrationJoinsItsRun(t *testing.T) {
	g := closedGate(t)
	h := build(t, get("web", g.url, patient))
	old := make(chan string, 1)
	go func() { old <- h.status() }()
	g.await(1)
	h.reload("")
	h.reload("log {\n  level = \"debug\"\n}\n") // the run is still in flight
	h.reload(get("web", g.url, patient))
	h.ask(engine.Query{Timeout: time.Millisecond}) // joins the run without waiting for it
	g.open()
	if got := outcome(h.ask(engine.Query{MaxAge: time.Hour}).Integrations[0]); got != "web=healthy" || <-old != "web=healthy" || g.hits.Load() != 1 {
		t.Errorf("%s after %d runs; the one in flight should have been joined", got, g.hits.Load())
	}
}

// TestReloadThatCannotBeApplied makes Options.Apply fail.
func TestReloadThatCannotBeApplied(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	h.refuses.Store(true)
	h.configure(bind("b", "plain.healthy", ""))
	write(t, h.plugins(), "more.wasm", tiny.Plain(t, "more", "1", tiny.AnswerParameter))
	if _, err := h.Reload(t.Context(), BySignal); err == nil || !strings.Contains(err.Error(), "the harness refuses it") {
		t.Errorf("the configuration was applied: %v", err)
	}
	if got := h.status(); got != "a=healthy" || len(h.Plugins()) != 2 {
		t.Errorf("%s, %d plugins", got, len(h.Plugins()))
	}
}

// TestReloadKeepsTheModuleInService checks that a module stays in service if the new
// file has a valid manifest but does not load.
func TestReloadKeepsTheModuleInService(t *testing.T) {
	h := build(t, bind("a", "acme.healthy", ""), wasmFile{"acme.wasm", tiny.Plain(t, "acme", "1", tiny.AnswerParameter)})
	write(t, h.plugins(), "acme.wasm", tiny.Plain(t, "acme", "2", []byte{0x1a})) // not valid: pops an empty stack
	h.configure(bind("a", "acme.healthy", "") + bind("b", "plain.healthy", ""))
	before := h.now.Plugin("acme").Module
	if _, err := h.Reload(t.Context(), BySignal); err != nil {
		t.Fatal(err)
	}
	if p := h.now.Plugin("acme"); p.Module != before || p.State != loaded || !strings.Contains(p.Reason, "does not compile") {
		t.Errorf("in service: %+v", p)
	}
	if got := h.status(); got != "a=healthy b=healthy" {
		t.Error(got)
	}
}

// TestMovedBlockIsUnchanged checks that, after a block moved, a reload only updates
// the reported position.
func TestMovedBlockIsUnchanged(t *testing.T) {
	h := build(t, bind("a", "plain.healthy", ""))
	h.status()
	h.reload("\n\n" + bind("a", "plain.healthy", ""))
	if i, err := h.Integration("a"); err != nil || i.Status != "healthy" || !strings.HasSuffix(i.DefinedAt, "vega.hcl:3") {
		t.Errorf("%+v, %v", i, err)
	}
}

// database creates a SQLite file with a table of the given number of rows.
func database(t *testing.T, dir, name string, rows int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	for n := range rows {
		if err := s.Set(t.Context(), "i", fmt.Sprint(n), []byte("v"), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestReloadOfADatabase checks that a changed database affects only the integrations
// that query it, and that a run in progress keeps using the old database.
func TestReloadOfADatabase(t *testing.T) {
	dir := t.TempDir()
	database(t, dir, "one.db", 1)
	database(t, dir, "two.db", 2)
	hcl := func(file string) string {
		var b strings.Builder
		for name, file := range map[string]string{"app": file, "rest": "one.db"} {
			fmt.Fprintf(&b, "database %q {\n  driver = \"sqlite\"\n  dsn = %q\n}\n", name, filepath.Join(dir, file))
			fmt.Fprintf(&b, "integration %q {\n  probe = core.database\n  interval = \"0s\"\n  config {\n    database = database.%s\n    query = \"SELECT key FROM kv\"\n  }\n}\n", name, name)
		}
		return b.String()
	}
	h := build(t, "")
	h.bundle()
	h.reload(hcl("one.db"))
	if got := h.status(); got != "app=healthy rest=healthy" {
		t.Fatal(got)
	}
	old, rest := h.bound("app"), h.bound("rest").Databases
	old.Databases.Retain() // as a run does

	h.reload(hcl("two.db"))
	if !h.lastReport("app").Stored {
		t.Error("a result of another database is not marked as stored")
	}
	if h.lastReport("rest").CheckedAt == nil || !h.bound("rest").Databases.Same(rest) {
		t.Error("an unchanged database was closed, or its integration lost its state")
	}
	for b, want := range map[*engine.Binding]int{old: 1, h.bound("app"): 2} {
		rows, err := b.Databases.Query(t.Context(), "app", "SELECT key FROM kv")
		if err != nil {
			t.Fatal(err)
		}
		if got := count(t, rows); got != want {
			t.Errorf("%d rows, want %d", got, want)
		}
	}
	if err := old.Databases.Release(); err != nil {
		t.Error(err)
	}
	if _, err := old.Databases.Query(t.Context(), "app", "SELECT 1"); err == nil {
		t.Error("the old database is still open")
	}
}

// bound returns the binding of an integration.
func (h *harness) bound(name string) *engine.Binding {
	h.t.Helper()
	for _, b := range h.now.bindings() {
		if b.Name == name {
			return b
		}
	}
	h.t.Fatalf("there is no integration %q", name)
	return nil
}

func count(t *testing.T, rows plugins.Rows) int {
	t.Helper()
	n := 0
	for rows.Next() {
		n++
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestReloadsKeepNoOldFiles changes one integration of a large file at a time. Those that
// did not change, and what was reported of each, must not keep the file in memory that
// they come from.
func TestReloadsKeepNoOldFiles(t *testing.T) {
	const integrations, size = 20, 1 << 20
	versions := make([]int, integrations)
	file := func() string {
		var hcl strings.Builder
		for n, version := range versions {
			hcl.WriteString(bind(fmt.Sprintf("i%d", n), "plain.healthy", fmt.Sprintf("  timeout = \"%ds\"\n  group = \"g%d\"", 2+version, version)))
		}
		return hcl.String() + strings.Repeat("# "+strings.Repeat("x", 100)+"\n", size/103)
	}
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	h := build(t, file())
	change := func(n int) {
		versions[n]++
		h.configure(file())
		if _, err := h.Reload(t.Context(), ByHTTP); err != nil {
			t.Fatal(err)
		}
		_ = h.status() // runs all
	}
	change(0)
	before := live()
	for n := range versions {
		change(n)
	}
	if grown := live() - before; grown > integrations*size/4 {
		t.Errorf("after %d reloads of %d bytes, %d bytes more are held", integrations, size, grown)
	}
}
