package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/api/scope"
	"vega/daemon/catalog"
	"vega/daemon/databases"
	"vega/daemon/diagnostics"
	"vega/daemon/live"
	"vega/daemon/monitor"
	"vega/policies"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite"
)

// hostile is text that a target, a plugin or a caller might send. Its parts stay apart, so
// that a test finds each of them.
const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>` + "\x1b[31m\u202e"

// machineSources has what the pages of the machine show.
type machineSources struct {
	Sources
	stats   databases.Stats
	resets  int
	systems []monitor.System // one for each call; the last one again and again
	plugins []catalog.Report
	chats   store.Conversations
}

func (f *machineSources) DatabaseStats(context.Context) databases.Stats { return f.stats }
func (f *machineSources) ResetDatabaseStats()                           { f.resets++ }
func (f *machineSources) Plugins() []catalog.Report                     { return f.plugins }
func (*machineSources) Live() *live.Board                               { return live.New() }
func (f *machineSources) Conversations() store.Conversations            { return f.chats }

func (f *machineSources) System(context.Context) (monitor.System, error) {
	s := f.systems[0]
	if len(f.systems) > 1 {
		f.systems = f.systems[1:]
	}
	return s, nil
}

// visitor asks a site as a viewer with scopes.
type visitor struct {
	site   *Site
	scopes []scope.Scope
}

func visit(t *testing.T, f Sources, scopes ...scope.Scope) visitor {
	t.Helper()
	s := New(f, nil, slog.New(slog.DiscardHandler))
	s.Set(Settings{Dashboard: true, Prefix: "/vega"})
	t.Cleanup(s.Close)
	return visitor{s, scopes}
}

// do sends a request. The error is that of the page, or the status if the viewer may not.
func (v visitor) do(t *testing.T, method, address string, form url.Values) (*httptest.ResponseRecorder, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	parts := strings.Split(r.URL.EscapedPath(), "/")
	for _, route := range v.site.Routes() {
		values, ok := match(strings.Split(route.Path, "/"), parts)
		if !ok || route.Method != method {
			continue
		}
		w := httptest.NewRecorder()
		q := &Request{Request: r, route: &route, site: v.site, w: w, param: func(name string) string { return values[name] }, Viewer: Viewer{Name: "ann", Scopes: v.scopes, known: true}}
		if !q.Viewer.May(route.Scope) {
			return w, &Error{Status: http.StatusForbidden}
		}
		return w, q.serve()
	}
	t.Fatalf("no route for %s %s", method, address)
	return nil, nil
}

func match(path, parts []string) (map[string]string, bool) {
	values := map[string]string{}
	if len(path) != len(parts) {
		return nil, false
	}
	for n, p := range path {
		name, variable := strings.CutPrefix(p, ":")
		if !variable && p != parts[n] {
			return nil, false
		}
		values[name], _ = url.PathUnescape(parts[n])
	}
	return values, true
}

// page returns a page, which must have nothing of hostile but text.
func (v visitor) page(t *testing.T, address string) string {
	t.Helper()
	w, err := v.do(t, http.MethodGet, address, nil)
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
	body := w.Body.String()
	for _, bad := range []string{"<script>alert", "<img src=x", "\x1b", "\u202e", " style=", "javascript:", `"'>`} {
		if strings.Contains(body, bad) {
			t.Errorf("%s has %q", address, bad)
		}
	}
	if strings.Count(body, "<h1") != 1 {
		t.Errorf("%s has not one h1", address)
	}
	return body
}

func contains(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(body, w) {
			t.Errorf("no %q in %s", w, body)
		}
	}
}

func inOrder(t *testing.T, body string, want ...string) {
	t.Helper()
	for _, w := range want {
		_, rest, ok := strings.Cut(body, w)
		if !ok {
			t.Fatalf("no %q after the one before, in %s", w, body)
		}
		body = rest
	}
}

func statementOf(text string, slow int64, advice *sqlite.Advice) databases.AdvisedStatement {
	return databases.AdvisedStatement{Statement: profile.Statement{Statement: text, Fingerprint: text, Function: hostile, Figures: profile.Figures{Total: 100, Slow: slow, P99MS: 1500}}, Advice: advice}
}

// TestDatabasePage shows the databases with a problem first, and of these the plan and the
// advice of slow statements.
func TestDatabasePage(t *testing.T) {
	f := &machineSources{}
	f.stats.Report = databases.Report{Name: "vega", Driver: "sqlite", Notes: []string{}, Statements: []databases.AdvisedStatement{statementOf("SELECT quick", 0, &sqlite.Advice{Text: "Page by key.", Rewrite: "SELECT paged"})}}
	f.stats.Databases = []databases.Report{
		{
			Name: "orders" + hostile, Driver: "sqlite", Notes: []string{"note " + hostile},
			Stats: profile.Stats{SlowMS: 50, Failed: []profile.Query{{Error: "*pgconn.PgError: " + hostile, Statement: hostile, CorrelationID: hostile}}, Open: []profile.OpenRows{{Statement: hostile}}, Pools: []profile.Pool{{Name: hostile}}},
			Slow:  []databases.AdvisedQuery{{Query: profile.Query{Fingerprint: "SELECT slow" + hostile, Plan: "SCAN orders " + hostile, CorrelationID: "c0ffee"}}},
			Statements: []databases.AdvisedStatement{statementOf("SELECT other", 1, nil), statementOf("SELECT slow"+hostile, 7, &sqlite.Advice{
				Text: "Create an index on customer." + hostile, Plan: []string{"SCAN o " + hostile}, Problems: []string{"reads the whole table " + hostile}, Rewrite: hostile,
				Indexes: []sqlite.Index{{SQL: "CREATE INDEX x ON o (customer)", BytesPerRow: 12, TotalBytes: 2048}}, StepsBefore: 9000, StepsAfter: 12, PlanAfter: []string{"SEARCH o USING INDEX x"},
			})},
			File: &sqlite.Info{Path: hostile, Tables: map[string]int64{hostile: 3}, Indexes: []sqlite.IndexInfo{{Name: hostile, Finding: &sqlite.Finding{Text: "never used " + hostile, SQL: "DROP INDEX y"}}}},
		},
		{Name: "down", Driver: "postgres", Unavailable: "refuses the connection " + hostile},
		{Name: "pg", Driver: "postgres", Server: &databases.ServerStats{
			Version: hostile, Connections: databases.ServerConnections{ByState: map[string]int64{hostile: 2}}, Tables: []databases.ServerTable{{Table: hostile}},
			MissingIndexes: []databases.ScannedTable{{Table: hostile, Hint: "create an index " + hostile}}, Statements: []databases.ServerStatement{{Statement: hostile}, {}}, StatementsUnavailable: hostile,
		}},
	}
	body := visit(t, f, scope.Read).page(t, "/database")
	inOrder(t, body, "down", "orders", "pg", "vega", `id="database-2"`, "refuses the connection", `id="database-1"`, "SELECT slow", "7 of 100 slow", "p99 1.5 s",
		"Create an index on customer.", "CREATE INDEX x ON o (customer)", "SCAN o ", "reads the whole table", "SEARCH o USING INDEX x", "SCAN orders", "c0ffee", "SELECT other",
		"DROP INDEX y", `id="database-3"`, "create an index ", "hidden: the role", `id="database-0"`, "SELECT quick")
	if strings.Contains(body, "SELECT paged") {
		t.Error("a statement of vega itself is to be changed")
	}
	if strings.Contains(body, "/database/reset") {
		t.Error("a viewer who may only read gets a button")
	}
	if _, err := visit(t, f, scope.Read, scope.Write).do(t, http.MethodPost, "/database/reset", nil); err == nil || f.resets != 0 {
		t.Error("a viewer without the scope admin resets the statistics")
	}
	contains(t, visit(t, f).page(t, "/database"), `action="/vega/database/reset"`)
	if w, err := visit(t, f).do(t, http.MethodPost, "/database/reset", nil); err != nil || w.Code != http.StatusSeeOther || f.resets != 1 {
		t.Errorf("%d %v, %d resets", w.Code, err, f.resets)
	}
}

// TestManyStatements bounds the page of a database that sees thousands of statements.
func TestManyStatements(t *testing.T) {
	f := &machineSources{}
	for range 5000 {
		f.stats.Statements = append(f.stats.Statements, statementOf(strings.Repeat("SELECT x, ", 100), 3, nil))
	}
	if n := len(visit(t, f).page(t, "/database")); n > 1<<20 {
		t.Errorf("%d bytes", n)
	}
}

func f64(v float64) *float64 { return &v }

// TestDiagnosticsPage shows each warning with its evidence and what to do, the errors
// first, once the evidence was found.
func TestDiagnosticsPage(t *testing.T) {
	warned := monitor.System{Status: policies.LevelError, Warnings: []monitor.Warning{
		{
			Resource: "system.memory.percent", Status: policies.LevelWarning, Value: 91, Unit: policies.Percent, Threshold: 90, ThresholdBy: "memory" + hostile, SetAt: "vega.hcl:7",
			Explanation: "Memory is 91 %." + hostile, WhatToDo: "Stop the largest process." + hostile, Evidence: monitor.EvidenceReady, Sentences: []string{"most memory: " + hostile},
			Behind: &diagnostics.Evidence{
				TopMemory: []diagnostics.ProcessUse{{PID: 7, Name: hostile, RSS: 1 << 30}}, TopCPU: []diagnostics.ProcessUse{{Name: hostile}}, Goroutines: []diagnostics.GoroutineGroup{{Function: hostile}},
				OpenFiles: map[string]int{hostile: 1}, Connections: &diagnostics.Connections{ByStatus: map[string]int{hostile: 1}, Remotes: []diagnostics.Remote{{Address: hostile}}},
				DataFiles: &diagnostics.DataFiles{Largest: []diagnostics.FileSize{{Name: hostile}}}, Unavailable: map[string]string{"x": hostile},
			},
		},
		{Resource: "system.disks", Subject: "/data" + hostile, Status: policies.LevelError, Explanation: "It hangs.", WhatToDo: "Check the disk."},
	}, Unjudged: []monitor.Unjudged{{Resource: "system.x", Threshold: "mine" + hostile, Reason: hostile}, {Resource: "system.y", BuiltIn: true, Reason: hostile}}}
	warned.Disks = []diagnostics.Disk{{Path: "/data" + hostile, Percent: f64(50)}}
	warned.Unavailable = map[string]string{"cpu.system_percent": hostile}
	warned.Process.Username, warned.Process.Executable = new(string), new(string)
	*warned.Process.Executable = hostile
	pending := warned
	pending.Warnings = []monitor.Warning{{Resource: "system.memory.percent", Evidence: monitor.EvidencePending}}
	f := &machineSources{systems: []monitor.System{pending, warned}}
	body := visit(t, f, scope.Read).page(t, "/diagnostics")
	inOrder(t, body, "error", "system.disks of /data", "It hangs.", "Check the disk.", "system.memory.percent", "Memory is 91 %.", "Stop the largest process.", "most memory: ", "Since",
		"pid 7", "1 GiB", "Thresholds that vega can&#39;t judge", "mine", "1 built-in threshold", "Memory", "Processors", "Disk /data", "50 %", "error")
	f = &machineSources{systems: []monitor.System{{Status: policies.LevelHealthy}}}
	contains(t, visit(t, f).page(t, "/diagnostics"), "No resource has reached a threshold.", "no reason is known")
}

// TestPendingEvidence says that evidence is still to come, after two seconds.
func TestPendingEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pending := monitor.System{Warnings: []monitor.Warning{{Resource: "system.memory.percent", Evidence: monitor.EvidencePending}}}
		began := time.Now()
		contains(t, visit(t, &machineSources{systems: []monitor.System{pending}}).page(t, "/diagnostics"), "vega is still looking for the cause")
		if took := time.Since(began); took < evidenceTimeout || took > evidenceTimeout+evidenceInterval {
			t.Errorf("it took %s", took)
		}
	})
}

// TestPluginsPage shows refused modules first, with the reason, and who signed each.
func TestPluginsPage(t *testing.T) {
	many := make([]string, 1000)
	for n := range many {
		many[n] = "a/b?" + hostile
	}
	f := &machineSources{plugins: []catalog.Report{
		{Name: "core", Version: "1.0", Bundled: true, Trusted: true, State: "loaded", Digest: "aa11", Integrations: many},
		{Name: "extra", Bundled: true, State: "unused"},
		{Name: "mine" + hostile, Version: hostile, Description: hostile, File: "plugins/mine.wasm", State: "loaded", Signer: "ABCD", Trusted: true, Probes: []catalog.ProbeReport{
			{Name: hostile, Summary: hostile, Capabilities: []catalog.CapabilityReport{{Kind: "http", Reason: "to ask " + hostile, Optional: true, Hosts: []string{hostile}}}},
		}},
		{File: "plugins/bad" + hostile + ".wasm", State: "refused", Reason: "it is signed by a key that is not trusted " + hostile, Signer: "EF01"},
	}}
	body := visit(t, f, scope.Read).page(t, "/plugins")
	inOrder(t, body, "Not in service", "not trusted", "plugins/bad", "EF01", "not verified", "In service", "core", "aa11", "part of vega", `href="/vega/integrations/a%2Fb%3F`, "and 900 more",
		"mine", "ABCD", "verified by plugins.trusted_keys", "http", "(optional)", "to ask ", "1 bundled plugin that no integration uses", "extra")
}

func chats(t *testing.T) store.Conversations {
	t.Helper()
	s, err := sqlite.Open(t.Context(), t.TempDir()+"/vega.db")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func say(t *testing.T, s store.Conversations, c store.Conversation) int64 {
	t.Helper()
	id, err := s.LogConversation(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestConversationPages lists, filters, shows and marks conversations.
func TestConversationPages(t *testing.T) {
	f := &machineSources{chats: chats(t)}
	v := visit(t, f, scope.Conversations)
	contains(t, v.page(t, "/conversations"), "There are no conversations.")
	for n := range conversationsShown + 2 {
		say(t, f.chats, store.Conversation{SessionID: "s&" + hostile, Source: hostile, Model: hostile, Prompt: "question " + hostile, Response: "answer " + hostile, At: time.Unix(int64(n), 0)})
	}
	big := say(t, f.chats, store.Conversation{SessionID: "other", Source: "chat", Prompt: strings.Repeat("é", 1<<20), Response: "", At: time.Unix(1000, 0)})
	body := v.page(t, "/conversations")
	contains(t, body, "Older", "éé…", "question &lt;script&gt;", "not reviewed")
	if len(body) > 200<<10 {
		t.Errorf("the list has %d bytes", len(body))
	}
	_, next, _ := strings.Cut(body, `<a href="/vega`)
	for !strings.Contains(strings.SplitN(next, `"`, 2)[0], "cursor=") {
		_, next, _ = strings.Cut(next, `<a href="/vega`)
	}
	next = strings.ReplaceAll(strings.SplitN(next, `"`, 2)[0], "&amp;", "&")
	if body := v.page(t, next); strings.Count(body, "question ") != 3 || !strings.Contains(body, "Newest") {
		t.Errorf("the second page: %s", body)
	}
	contains(t, v.page(t, "/conversations?session=none"), "No conversation matches.")
	if body := v.page(t, "/conversations?source=chat&reviewed=false"); strings.Contains(body, "question") || !strings.Contains(body, "éé") {
		t.Errorf("filtered: %s", body)
	}
	at := "/conversations/" + policies.Count.Format(float64(big))
	body = v.page(t, at)
	contains(t, body, "These are the first 64 KiB of 2 MiB.", "It is empty.", `action="/vega`+at+`"`, "Mark as reviewed")
	if w, err := v.do(t, http.MethodGet, at+"/prompt", nil); err != nil || w.Body.Len() != 2<<20 || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%v: %d bytes, %v", err, w.Body.Len(), w.Header())
	}
	if w, err := v.do(t, http.MethodPost, at, url.Values{"reviewed": {"true"}}); err != nil || w.Code != http.StatusSeeOther {
		t.Errorf("%d %v", w.Code, err)
	}
	contains(t, v.page(t, at), "Mark as not reviewed")
	contains(t, v.page(t, "/conversations/1"), "question &lt;script&gt;", "answer &lt;script&gt;")
}

// TestConversationErrors says what is wrong with an address or a form.
func TestConversationErrors(t *testing.T) {
	f := &machineSources{chats: chats(t)}
	v := visit(t, f, scope.Conversations)
	for address, want := range map[string]int{
		"/conversations?reviewed=maybe": 400, "/conversations/0": 404, "/conversations/+1": 404, "/conversations/01": 404, "/conversations/99999999999999999999": 404, "/conversations/x%2Fy": 404,
	} {
		_, err := v.do(t, http.MethodGet, address, nil)
		if e, ok := errors.AsType[*Error](err); !ok || e.Status != want {
			t.Errorf("%s: %v, want %d", address, err, want)
		}
	}
	for _, address := range []string{"/conversations?cursor=x", "/conversations/7"} {
		if _, err := v.do(t, http.MethodGet, address, nil); err == nil {
			t.Errorf("%s: no error", address)
		}
	}
	id := say(t, f.chats, store.Conversation{SessionID: "s", Source: "x", At: time.Unix(1, 0)})
	at := "/conversations/" + policies.Count.Format(float64(id))
	for _, form := range []url.Values{nil, {"reviewed": {""}}, {"reviewed": {"TRUE"}}} {
		if _, err := v.do(t, http.MethodPost, at, form); err == nil {
			t.Errorf("%v: no error", form)
		}
	}
	if _, err := v.do(t, http.MethodPost, "/conversations/7", url.Values{"reviewed": {"true"}}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if _, err := v.do(t, http.MethodGet, at+"/session_id", nil); err == nil {
		t.Error("a part that is no text is answered")
	}
	for _, address := range []string{"/conversations", at, at + "/prompt"} {
		if _, err := visit(t, f, scope.Read, scope.Write).do(t, http.MethodGet, address, nil); err == nil {
			t.Errorf("%s: a viewer without the scope conversations reads it", address)
		}
	}
}
