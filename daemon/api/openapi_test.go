package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/realtest"
	"vega/daemon/realtest/tiny"
	"vega/store"
)

// contract is an OpenAPI document that answers are checked against. Its schemas
// allow no field that they do not describe, so that none is missing there.
type contract struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	paths    map[string]any
	seen     map[string]bool // "getHealth 200"
}

const documentName = "openapi.json"

func newContract(t *testing.T, document string) *contract {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil || !strings.Contains(document, `"openapi":`) {
		t.Fatalf("%v: %.300s", err, document)
	}
	forbidMore(doc)
	c := &contract{t: t, compiler: jsonschema.NewCompiler(), paths: doc.(map[string]any)["paths"].(map[string]any), seen: map[string]bool{}}
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource(documentName, doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// forbidMore makes every schema with properties allow no others.
func forbidMore(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, properties := v["properties"].(map[string]any)
		if _, set := v["additionalProperties"]; properties && !set {
			v["additionalProperties"] = false
		}
		for _, in := range v {
			forbidMore(in)
		}
	case []any:
		for _, in := range v {
			forbidMore(in)
		}
	}
}

// operation returns an operation, and the JSON pointer to it.
func (c *contract) operation(method, path string) (map[string]any, string) {
	c.t.Helper()
	item, _ := c.paths[path].(map[string]any)
	o, ok := item[strings.ToLower(method)].(map[string]any)
	if !ok {
		c.t.Fatalf("%s %s is not described", method, path)
	}
	return o, "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(path) + "/" + strings.ToLower(method)
}

// check checks an answer against what the document says about its operation.
func (c *contract) check(method, path string, got reply) {
	c.t.Helper()
	o, at := c.operation(method, path)
	status := strconv.Itoa(got.status)
	response, ok := o["responses"].(map[string]any)[status].(map[string]any)
	if !ok {
		c.t.Errorf("%s %s: the status %s is not described: %.300s", method, path, status, got.body)
		return
	}
	c.seen[o["operationId"].(string)+" "+status] = true
	for name := range response["headers"].(map[string]any) {
		if got.header.Get(name) == "" {
			c.t.Errorf("%s %s: %s has no header %s", method, path, status, name)
		}
	}
	content, ok := response["content"].(map[string]any)
	if method == http.MethodHead || !ok {
		if got.body != "" {
			c.t.Errorf("%s %s: %s has a body that is not described: %.300s", method, path, status, got.body)
		}
		return
	}
	kind, _, err := mime.ParseMediaType(got.header.Get("Content-Type"))
	if _, ok := content[kind]; !ok || err != nil {
		c.t.Errorf("%s %s: %s has the Content-Type %q", method, path, status, got.header.Get("Content-Type"))
		return
	}
	if kind == "text/plain" {
		text, err := json.Marshal(got.body)
		if err != nil {
			c.t.Fatal(err)
		}
		got.body = string(text)
	}
	c.validate(at+"/responses/"+status+"/content/"+strings.ReplaceAll(kind, "/", "~1")+"/schema", got.body, method+" "+path+" "+status)
}

func (c *contract) validate(at, body, what string) {
	c.t.Helper()
	schema, err := c.compiler.Compile(documentName + at)
	if err != nil {
		c.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		c.t.Errorf("%s: %v\n%.2000s", what, err, body)
	}
}

// described is a real daemon whose answers are checked.
type described struct {
	*contract
	url, file string
	api       *API
}

const (
	describedHCL = `
data_dir = "data"
server { port = 8000 }
database "shop" {
  driver = "sqlite"
  dsn    = "shop.db"
}
metric "orders" {
  database = database.vega
  query    = "SELECT 'open' AS state, 7 AS n"
  value    = "n"
  labels   = ["state"]
}
threshold "memory" {
  metric  = system.memory.process_rss
  warning = "1MiB"
}
integration "good" {
  probe      = plain.healthy
  interval   = "1h"
  depends_on = [integration.bad]
}
integration "bad" { probe = plain.unhealthy }
integration "web" {
  probe    = tiny.get
  interval = "0s"
  config { url = "http://127.0.0.1:1/" }
}
scrape_module "web" {
  probe   = tiny.get
  targets = ["http://127.0.0.1:1/"]
}
integration "off" {
  probe   = plain.healthy
  enabled = false
}
integration "lost" { probe = plain.unknown }
notifier "hook" {
  type = "webhook"
  url  = "http://127.0.0.1:1/"
}
alert "health-checks" {
  integrations = ["*"]
  status       = ["unhealthy"]
  after        = 1
}
`
	someone = "0123456789abcdef-reads-nothing-here"
)

// openDescribed serves a daemon with integrations of every status.
func openDescribed(t *testing.T) *described {
	t.Helper()
	dir := t.TempDir()
	d := &described{file: filepath.Join(dir, "vega.hcl")}
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"vega.hcl": []byte(describedHCL), "plugins/tiny.wasm": tiny.Web(t, "tiny"), "plugins/broken.wasm": []byte("\x00asm"),
		"plugins/plain.wasm": tiny.Plain(t, "plain", "1", tiny.AnswerParameter),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(scan config.Scan) config.Reading { return config.Read(d.file, config.Options{Scan: scan}) }
	reading := read(nil)
	if reading.Config == nil {
		t.Fatal(&config.InvalidError{Diagnostics: reading.Diagnostics})
	}
	log := slog.New(slog.DiscardHandler)
	vega, err := daemon.Open(t.Context(), reading.Config, daemon.Options{Log: log, Read: read})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := vega.Close(); err != nil {
			t.Error(err)
		}
	})
	d.api = New(vega, log)
	d.api.SetKeys([]Key{{Name: "all", Value: key}, {Name: "none", Value: someone, Scopes: []Scope{"nothing"}}})
	if err := d.api.SetExternal("https://ops.example.com/vega"); err != nil {
		t.Fatal(err)
	}
	s, err := Listen(t.Context(), d.api, ServerOptions{Host: "127.0.0.1", Limits: Limits{Connections: 100, PerClient: 100, Spare: 4}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve() }()
	t.Cleanup(func() { _ = s.Drain(context.Background()) })
	d.url = s.URL()
	d.contract = newContract(t, d.ask("GET", "/openapi.json", "").body)
	d.ask("GET", "/readyz", "")
	d.check("GET", "/readyz", d.ask("GET", "/readyz", "")) // 503
	go func() { _ = vega.Run(t.Context()) }()
	return d
}

// ask sends a request with headers, given as names and values.
func (d *described) ask(method, path, body string, header ...string) reply {
	r, err := http.NewRequestWithContext(context.Background(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	for n := 0; n < len(header); n += 2 {
		if r.Header.Set(header[n], header[n+1]); header[n] == "Host" {
			r.Host = header[n+1]
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		panic(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		panic(err)
	}
	return reply{res.StatusCode, res.Header, string(b)}
}

const (
	keyHeader  = "X-API-Key"
	typeHeader = "Content-Type"
)

// succeed sends every request that succeeds, in an order in which each can.
func (d *described) succeed() {
	for _, r := range []struct{ method, path, request, body string }{
		{"GET", "/healthz", "", ""},
		{"GET", "/readyz", "", ""},
		{"GET", "/openapi.json", "", ""},
		{"GET", "/metrics", "", ""},
		{"GET", "/probe", "?module=web&target=http://127.0.0.1:1/", ""},
		{"GET", "/admin/integrations", "", ""},
		{"GET", "/admin/integrations/health", "?timeout=1m", ""},
		{"GET", "/admin/integrations/health", "?max_age=1h&name=good&name=%6Cost", ""},
		{"GET", "/admin/integrations", "?status=unhealthy&status=disabled", ""},
		{"GET", "/admin/integrations/{name}", "good", ""},
		{"GET", "/admin/integrations/{name}", "web", ""},
		{"GET", "/admin/integrations/{name}", "off", ""},
		{"GET", "/admin/integrations/{name}", "lost", ""},
		{"GET", "/admin/integrations/{name}/runs", "good", ""},
		{"GET", "/admin/integrations/{name}/runs", "%6Cost/runs?limit=1&since=1h&status=unknown", ""},
		{"GET", "/admin/integrations/{name}/uptime", "good", ""},
		{"GET", "/admin/integrations/{name}/uptime", "off", ""},
		{"GET", "/admin/integrations/{name}/uptime", "good/uptime?window=7d", ""},
		{"GET", "/admin/integrations/{name}/history", "good", ""},
		{"GET", "/admin/integrations/{name}/history", "good/history?metric=total_ms&from=2d&step=30m", ""},
		{"GET", "/admin/metrics", "", ""},
		{"GET", "/admin/metrics/{name}/history", "orders/history?labels=state%3Dopen", ""},
		{"GET", "/admin/plugins", "", ""},
		{"GET", "/admin/config/validate", "", ""},
		{"GET", "/admin/config/plan", "", ""},
		{"POST", "/admin/config/reload", "", ""},
		{"GET", "/admin/database/stats", "", ""},
		{"POST", "/admin/database/reset-stats", "", ""},
		{"GET", "/admin/diagnostics/system", "", ""},
		{"GET", "/admin/diagnostics/health-summary", "", ""},
		{"GET", "/admin/incidents", "?open=true", ""},
		{"GET", "/admin/incidents/{id}", "1", ""},
		{"POST", "/admin/incidents/{id}/ack", "1", `{"comment":"on it","duration":"1h"}`},
		{"GET", "/admin/incidents", "", ""},
		{"DELETE", "/admin/incidents/{id}/ack", "1", ""},
		{"POST", "/admin/silences", "", `{"integrations":["bad"],"duration":"1h","comment":"c"}`},
		{"GET", "/admin/silences", "", ""},
		{"GET", "/admin/incidents/{id}", "1", ""},
		{"DELETE", "/admin/silences/{id}", "1", ""},
		{"POST", "/admin/notifiers/{name}/test", "hook", ""},
		{"POST", "/admin/notifiers/{name}/retry", "hook", ""},
		{"GET", "/admin/alerts", "", ""},
		{"GET", "/admin/notifiers", "", ""},
		{"POST", "/v1/conversations", "", `{"session_id":"s","source":"cli","prompt":"p","response":"r","ts":"2026-01-02T03:04:05Z"}`},
		{"GET", "/v1/conversations", "?session=s&reviewed=false&limit=1", ""},
		{"GET", "/v1/conversations/{id}", "1", ""},
		{"PATCH", "/v1/conversations/{id}", "1", `{"reviewed":true}`},
		{"DELETE", "/v1/conversations/{id}", "1", ""},
		{"PUT", "/v1/memories/{key}", "k", `{"value":"v"}`},
		{"GET", "/v1/memories", "", ""},
		{"GET", "/v1/memories/{key}", "k", ""},
		{"DELETE", "/v1/memories/{key}", "k", ""},
	} {
		if r.path == "/admin/incidents/{id}" {
			d.untilFound("/admin/incidents/1")
		}
		before, after, _ := strings.Cut(r.path, "{")
		_, after, _ = strings.Cut(after, "}")
		if strings.Contains(r.request, after) {
			after = ""
		}
		header := []string{keyHeader, key}
		if r.body != "" {
			header = append(header, typeHeader, "application/json")
			d.checkBody(r.method, r.path, r.body)
		}
		d.check(r.method, r.path, d.ask(r.method, before+r.request+after, r.body, header...))
		if r.method == "GET" {
			d.check("HEAD", r.path, d.ask("HEAD", before+r.request+after, "", header...))
		}
	}
}

// untilFound waits until a path is found: an incident opens soon after the run that it is
// about.
func (d *described) untilFound(path string) {
	d.t.Helper()
	for end := time.Now().Add(realtest.Patience); d.ask("GET", path, "", keyHeader, key).status != http.StatusOK; {
		if time.Now().After(end) {
			d.t.Fatalf("%s was not found within %v", path, realtest.Patience)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// checkBody checks a body that the API accepts.
func (d *described) checkBody(method, path, body string) {
	_, at := d.operation(method, path)
	d.validate(at+"/requestBody/content/application~1json/schema", body, "the body of "+method+" "+path)
}

// fail sends requests that every route rejects.
func (d *described) fail() {
	for _, r := range d.api.routes() {
		documented, path := r.operation().Path, r.path
		for _, name := range r.pathParams() {
			path = strings.Replace(path, ":"+name, map[string]string{"name": "nobody", "id": "999", "key": "nothing"}[name], 1)
		}
		for method, body := range map[string]string{r.method: "", "HEAD": ""} {
			if method == "HEAD" && (r.method != "GET" || r.noHead) {
				continue
			}
			try := func(query string, body string, header ...string) {
				d.check(method, documented, d.ask(method, path+query, body, header...))
			}
			if r.path != "/healthz" && r.path != "/readyz" {
				try("?vega=1", body, keyHeader, key)
			}
			if r.public() {
				continue
			}
			try("", body)
			try("", body, keyHeader, someone)
			try("", body, keyHeader, key, "Host", "evil.example.net")
			if len(r.pathParams()) > 0 {
				valid := body
				if r.body != nil {
					valid = map[bool]string{true: `{"reviewed":true}`, false: "{}"}[r.tag() == "conversations"]
				}
				if r.method != "PUT" { // which creates it
					try("", valid, keyHeader, key, typeHeader, "application/json")
				}
			}
			if r.body != nil {
				try("", "{}", keyHeader, key)
				try("", `{"unknown":1}`, keyHeader, key, typeHeader, "application/json")
				d.check(method, documented, d.tooLong(method, path))
			}
		}
	}
}

// tooLong sends a request whose body is announced as too long.
func (d *described) tooLong(method, path string) reply {
	r := httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody)
	r.ContentLength = 1 << 40
	r.Header.Set(keyHeader, key)
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

// misconfigure makes the configuration on disk invalid, or need a restart.
func (d *described) misconfigure() {
	for _, hcl := range []string{"nonsense = 1\n", strings.Replace(describedHCL, "8000", "8001", 1)} {
		if err := os.WriteFile(d.file, []byte(hcl), 0o600); err != nil {
			d.t.Fatal(err)
		}
		d.check("POST", "/admin/config/reload", d.ask("POST", "/admin/config/reload", "", keyHeader, key))
		d.check("GET", "/admin/config/validate", d.ask("GET", "/admin/config/validate", "", keyHeader, key))
		d.check("GET", "/admin/config/plan", d.ask("GET", "/admin/config/plan", "", keyHeader, key))
		d.check("HEAD", "/admin/config/plan", d.ask("HEAD", "/admin/config/plan", "", keyHeader, key))
	}
}

// ends matches the paths of what ends, which can't be changed then.
var ends = regexp.MustCompile(`^/admin/(incidents|silences)/`)

// TestAnswersMatchTheirDescription checks real answers of a real daemon, with every
// status that the document names, against the schemas of the document.
func TestAnswersMatchTheirDescription(t *testing.T) {
	d := openDescribed(t)
	d.succeed()
	d.fail()
	d.push()
	d.misconfigure()
	for _, path := range slices.Sorted(maps.Keys(d.paths)) {
		for method, o := range d.paths[path].(map[string]any) {
			o := o.(map[string]any)
			for status := range o["responses"].(map[string]any) {
				switch {
				case status == "default", status == "500", status == "503": // TestFailuresMatchTheirDescription
				case status == "507": // TestFullDiskMatchesItsDescription
				case status == "408": // TestLateBodyIsAnswered
				case status == "409" && ends.MatchString(path): // TestIncidentsOverHTTP, TestSilencesOverHTTP
				case status == "404" && method == "put": // PUT creates what does not exist
				case !d.seen[fmt.Sprint(o["operationId"], " ", status)]:
					t.Errorf("%s %s: no answer with the status %s was checked", method, path, status)
				}
			}
		}
	}
}

// TestFailuresMatchTheirDescription checks internal errors and refusals, which every
// route describes in the same way.
func TestFailuresMatchTheirDescription(t *testing.T) {
	f := &fake{reload: daemon.ErrClosing}
	a := New(f, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	c := newContract(t, send(t, a, "GET", "/openapi.json").Body.String())
	for _, path := range []string{"/admin/integrations/health?name=fails", "/admin/integrations/health?name=panics"} {
		w := send(t, a, "GET", path, keyHeader, key)
		c.check("GET", "/admin/integrations/health", reply{w.Code, w.Header(), w.Body.String()})
	}
	w := send(t, a, "POST", "/admin/config/reload", keyHeader, key)
	c.check("POST", "/admin/config/reload", reply{w.Code, w.Header(), w.Body.String()})
	f.reload = &store.UnavailableError{Reason: "the disk is full; free some space", Err: errors.New("write to the store /secret/path: full")}
	w = send(t, a, "POST", "/admin/config/reload", keyHeader, key)
	c.check("POST", "/admin/config/reload", reply{w.Code, w.Header(), w.Body.String()})
	if body := w.Body.String(); w.Code != 503 || !strings.Contains(body, "vega can't use its store for now: the disk is full; free some space") || strings.Contains(body, "/secret/path") {
		t.Errorf("%d %s", w.Code, body)
	}
	w = send(t, refuse("too many"), "GET", "/healthz")
	c.check("GET", "/healthz", reply{w.Code, w.Header(), w.Body.String()})
}

// TestFullDiskMatchesItsDescription checks the answers to writes while the disk is full.
func TestFullDiskMatchesItsDescription(t *testing.T) {
	a := New(&fake{fakeAlerting: fakeAlerting{full: true}}, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	c := newContract(t, send(t, a, "GET", "/openapi.json").Body.String())
	for _, tt := range []struct{ method, path, described, body string }{
		{"POST", "/v1/conversations", "/v1/conversations", `{"session_id": "s", "source": "x", "prompt": "p", "response": "r"}`},
		{"PATCH", "/v1/conversations/1", "/v1/conversations/{id}", `{"reviewed": true}`},
		{"DELETE", "/v1/conversations/1", "/v1/conversations/{id}", ""},
		{"PUT", "/v1/memories/k", "/v1/memories/{key}", `{"value": "v"}`},
		{"DELETE", "/v1/memories/k", "/v1/memories/{key}", ""},
		{"POST", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", `{}`},
		{"DELETE", "/admin/incidents/1/ack", "/admin/incidents/{id}/ack", ""},
		{"POST", "/admin/silences", "/admin/silences", `{"alerts": ["memory"], "duration": "1h", "comment": "c"}`},
		{"DELETE", "/admin/silences/1", "/admin/silences/{id}", ""},
		{"POST", "/admin/notifiers/chat/retry", "/admin/notifiers/{name}/retry", ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
		r.Header.Set(keyHeader, key)
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		c.check(tt.method, tt.described, reply{w.Code, w.Header(), w.Body.String()})
		if body := w.Body.String(); w.Code != http.StatusInsufficientStorage || w.Header().Get("Retry-After") != "5" ||
			!strings.Contains(body, "the disk is full; free some space") || strings.Contains(body, "/secret/path") {
			t.Errorf("%s %s: %d %v %s", tt.method, tt.path, w.Code, w.Header(), body)
		}
	}
}

// TestOtherErrorsMatchTheirDescription checks the errors that belong to no operation.
func TestOtherErrorsMatchTheirDescription(t *testing.T) {
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	c := newContract(t, send(t, a, "GET", "/openapi.json").Body.String())
	for _, tt := range []struct {
		status       int
		method, path string
		header       []string
	}{
		{404, "GET", "/nowhere", nil},
		{404, "HEAD", "/nowhere", nil},
		{404, "GET", "/admin/integrations/a/b/c", []string{keyHeader, key}},
		{401, "GET", "/admin/nowhere", nil},
		{401, "OPTIONS", "/admin/integrations", []string{"Origin", "https://example.com", "Access-Control-Request-Method", "GET"}},
		{405, "OPTIONS", "/admin/integrations", []string{keyHeader, key}},
		{405, "POST", "/healthz", nil},
		{405, "TRACE", "/readyz", nil},
		{405, "BREW", "/openapi.json", nil},
		{405, "PUT", "/admin/integrations/%FF%00", []string{keyHeader, key}},
		{431, "GET", "/healthz", []string{"X-Long", strings.Repeat("x", maxHeader)}},
	} {
		w := send(t, a, tt.method, tt.path, tt.header...)
		if w.Code != tt.status || w.Header().Get("X-Correlation-ID") == "" || w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: %d %v", tt.method, tt.path, w.Code, w.Header())
		}
		c.validate("#/components/responses/Problem/content/application~1problem+json/schema", w.Body.String(), tt.method+" "+tt.path)
	}
}

// TestRouterMatchesTheDocument compares what the router accepts, without the pages, with
// the paths and methods of the document.
func TestRouterMatchesTheDocument(t *testing.T) {
	a := New(&fake{}, discard)
	c := newContract(t, send(t, a, "GET", "/openapi.json").Body.String())
	var routed, documented []string
	for _, r := range a.engine.Routes() {
		if a.rows[strings.Replace(r.Method, "HEAD", "GET", 1)+" "+r.Path] != nil {
			continue
		}
		path := regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}")
		routed = append(routed, r.Method+" "+path)
	}
	for path, item := range c.paths {
		for method := range item.(map[string]any) {
			documented = append(documented, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routed)
	slices.Sort(documented)
	if !slices.Equal(routed, documented) {
		t.Errorf("the router has\n%s\nand the document\n%s", routed, documented)
	}
}

// TestDocumentIsConsistent checks what a validator of OpenAPI checks, and that every
// route and parameter is described.
func TestDocumentIsConsistent(t *testing.T) {
	a := New(&fake{}, discard)
	if err := a.SetExternal("https://ops.example.com/vega/"); err != nil {
		t.Fatal(err)
	}
	w := send(t, a, "GET", "/openapi.json")
	if kind := w.Header().Get("Content-Type"); w.Code != 200 || kind != "application/json" {
		t.Fatalf("%d %s", w.Code, kind)
	}
	var d struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]struct {
			OperationID string
			Summary     string
			Scope       string `json:"x-scope"`
			Security    []map[string][]string
			Parameters  []struct {
				Name, In, Description string
				Required              bool
			}
		}
		Components struct {
			Schemas         map[string]any
			SecuritySchemes map[string]any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.OpenAPI != "3.1.0" || len(d.Servers) != 1 || d.Servers[0].URL != "https://ops.example.com/vega" {
		t.Errorf("%s %v", d.OpenAPI, d.Servers)
	}
	c, ids := newContract(t, w.Body.String()), map[string]bool{}
	for name := range d.Components.Schemas {
		if _, err := c.compiler.Compile(documentName + "#/components/schemas/" + name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	described := 0
	for _, r := range a.routes() {
		o, ok := d.Paths[r.operation().Path][strings.ToLower(r.method)]
		if !ok || o.Summary == "" || ids[o.OperationID] || o.Scope != string(r.scope) || (len(o.Security) == 0) != r.public() {
			t.Errorf("%s %s: %+v", r.method, r.path, o)
		}
		ids[o.OperationID] = true
		if len(o.Parameters) != len(r.pathParams())+len(r.params) {
			t.Errorf("%s %s: %d parameters", r.method, r.path, len(o.Parameters))
		}
		for _, p := range o.Parameters {
			if p.Description == "" || p.Required != (p.In == "path") || (p.In == "path") != strings.Contains(r.path, ":"+p.Name) {
				t.Errorf("%s %s: %+v", r.method, r.path, p)
			}
		}
		for _, s := range o.Security {
			for scheme := range s {
				if d.Components.SecuritySchemes[scheme] == nil {
					t.Errorf("%s %s: no scheme %s", r.method, r.path, scheme)
				}
			}
		}
		described++
	}
	for _, item := range d.Paths {
		described -= len(item)
		if _, head := item["head"]; head {
			described++
		}
	}
	if described != 0 {
		t.Errorf("%d more routes than operations", described)
	}
}
