package api

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vega/daemon/web"
)

// site returns an API with a dashboard, the key "ci", and a key that may only scrape.
func site(t *testing.T, s web.Settings) *API {
	t.Helper()
	a := New(&fake{}, discard)
	a.SetKeys([]Key{{Name: "ci", Value: key}, {Name: "scrape", Value: strings.Repeat("s", 40), Scopes: []Scope{Metrics}}, {Name: "look", Value: strings.Repeat("l", 40), Scopes: []Scope{Read}}})
	s.Dashboard = true
	a.site.Set(s)
	return a
}

// browser keeps cookies, and sends what browsers send with a page or a form.
type browser struct {
	t       *testing.T
	to      http.Handler
	host    string
	cookies map[string]string
	header  http.Header
}

func newBrowser(t *testing.T, to http.Handler, host string) *browser {
	return &browser{t, to, host, map[string]string{}, http.Header{"Accept": {"text/html,*/*;q=0.8"}}}
}

func (b *browser) send(method, target string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, target, strings.NewReader(form.Encode()))
	r.Host, r.Header = b.host, b.header.Clone()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if r.Header.Get("Origin") == "" {
			r.Header.Set("Origin", "http://"+b.host)
		}
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.to.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return w
}

func (b *browser) get(target string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.send(http.MethodGet, target, nil)
}

func (b *browser) login(value, next string) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.send(http.MethodPost, "/login", url.Values{"key": {value}, "next": {next}})
}

func TestLoginLeadsBack(t *testing.T) {
	b := newBrowser(t, site(t, web.Settings{}), "127.0.0.1:8000")
	if w := b.get("/?q=status%3Aunhealthy"); w.Code != 303 || w.Header().Get("Location") != "/login?next=%2F%3Fq%3Dstatus%253Aunhealthy" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if w := b.login(" "+key+"\r\n", "/?q=status%3Aunhealthy"); w.Code != 303 || w.Header().Get("Location") != "/?q=status%3Aunhealthy" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if w := b.get("/"); w.Code != 200 || !strings.Contains(w.Body.String(), "ci") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	w := b.send("POST", "/logout", nil)
	if w.Code != 303 || len(b.cookies) != 0 {
		t.Fatalf("%d %v", w.Code, b.cookies)
	}
	if w := b.get(w.Header().Get("Location")); !strings.Contains(w.Body.String(), "You are logged out.") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestHeadersOfEveryAnswer checks what limits the browser on pages, redirects, errors and
// files.
func TestHeadersOfEveryAnswer(t *testing.T) {
	a := site(t, web.Settings{})
	b := newBrowser(t, a, "127.0.0.1:8000")
	files := strings.Split(b.get("/login").Body.String(), `href="`)
	style := ""
	for _, f := range files {
		if name, _, ok := strings.Cut(f, `"`); ok && strings.HasSuffix(name, ".css") {
			style = name
		}
	}
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 303},
		{"GET", "/login", 200},
		{"HEAD", "/login", 200},
		{"POST", "/login", 403},
		{"POST", "/logout", 303},
		{"GET", style, 200},
		{"GET", "/static/none.css", 404},
		{"GET", "/nowhere", 404},
		{"PUT", "/login", 405},
		{"GET", "/static/..%2f..%2fgo.mod", 404},
	} {
		w := b.send(tt.method, tt.path, nil)
		h := w.Header()
		if w.Code != tt.status || !strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';") || !strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'; base-uri 'none'") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" || h.Get("X-Correlation-ID") == "" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: %d %v", tt.method, tt.path, w.Code, h)
		}
		if cache := h.Get("Cache-Control"); cache != "no-store" && (w.Code != 200 || tt.path != style || cache != "public, max-age=31536000, immutable") {
			t.Errorf("%s %s: %s", tt.method, tt.path, cache)
		}
	}
}

// TestCookiesAreNoKeys checks that a session counts for pages alone, and a key for the API
// alone.
func TestCookiesAreNoKeys(t *testing.T) {
	a := site(t, web.Settings{})
	b := newBrowser(t, a, "127.0.0.1:8000")
	b.login(key, "")
	for _, path := range []string{"/admin/integrations", "/v1/conversations", "/admin/nowhere", "/admin", "/openapi.json/../admin/plugins"} {
		if w := b.get(path); w.Code != 401 && w.Code != 404 || w.Header().Get("Content-Type") == "text/html; charset=utf-8" && strings.HasPrefix(path, "/admin") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := b.send("POST", "/admin/config/reload", nil); w.Code != 401 {
		t.Errorf("reload by cookie: %d", w.Code)
	}
	stranger := newBrowser(t, a, "127.0.0.1:8000")
	stranger.header.Set("X-API-Key", key)
	stranger.header.Set("Authorization", "Bearer "+key)
	if w := stranger.get("/"); w.Code != 303 {
		t.Errorf("page by key: %d", w.Code)
	}
	if w := stranger.send("POST", "/login?key="+key, nil); w.Code != 403 || len(stranger.cookies) != 0 {
		t.Errorf("login by a key in the address or a header: %d %v", w.Code, stranger.cookies)
	}
}

// TestDrainEndsStreams checks that a drain does not wait for the open stream of a browser,
// and that an open stream keeps its own client from nothing.
func TestDrainEndsStreams(t *testing.T) {
	h := opened(t, ServerOptions{Limits: Limits{Connections: 8, PerClient: 2, Spare: 1}}, web.Settings{})
	b := newBrowser(t, over(h, "127.0.0.1"), "vega")
	b.login(key, "")
	stream := func() *caller {
		c := h.dial().say("GET /events HTTP/1.1\r\nHost: vega\r\nAccept: text/event-stream\r\nCookie: vega=" + b.cookies["vega"] + "\r\n\r\n")
		if line, err := c.r.ReadString('\n'); err != nil || !strings.Contains(line, " 200 ") {
			t.Fatalf("%q %v", line, err)
		}
		return c
	}
	for range 5 {
		stream()
		if w := b.get("/"); w.Code != 200 {
			t.Fatalf("next to streams: %d", w.Code)
		}
	}
	open := stream()
	if err := h.Drain(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := io.Copy(io.Discard, open.r); err != nil {
		t.Errorf("the stream did not end, but broke: %v", err)
	}
}

// TestActionsAreLogged checks that the log has who did what, and whether it was done.
func TestActionsAreLogged(t *testing.T) {
	var log bytes.Buffer
	a := New(&fake{}, slog.New(slog.NewTextHandler(&log, nil)))
	a.SetKeys([]Key{{Name: "ci", Value: key}, {Name: "scrape", Value: strings.Repeat("s", 40), Scopes: []Scope{Metrics}}})
	a.site.Set(web.Settings{Dashboard: true})
	b := newBrowser(t, a, "127.0.0.1:8000")
	b.login(strings.Repeat("s", 40), "")
	b.login(key, "")
	silence := url.Values{"integrations": {"orders"}, "duration": {"1h"}, "comment": {"move"}}
	for _, tt := range []struct {
		path   string
		form   url.Values
		status int
		want   string
	}{
		{"/silences", nil, 400, `msg="dashboard: action failed" action=/silences by="key ci" status=400`},
		{"/silences", silence, 303, `msg="dashboard: action" action=/silences by="key ci"`},
		{"/incidents/9/ack", url.Values{"comment": {strings.Repeat("x", 1<<17)}}, 413, ""},
		{"/conversations/x", nil, 404, `msg="dashboard: action failed" action=/conversations/x by="key ci" err=`},
		{"/logout", nil, 303, `msg="dashboard: logged out" by="key ci"`},
	} {
		before := log.Len()
		w := b.send(http.MethodPost, tt.path, tt.form)
		if line := log.String()[before:]; w.Code != tt.status || !strings.Contains(line, tt.want) || strings.Count(line, "dashboard: ") != strings.Count(tt.want, "dashboard: ") {
			t.Errorf("POST %s %v: %d %s", tt.path, tt.form, w.Code, line)
		}
	}
	for _, want := range []string{`msg="dashboard: login rejected" by="key scrape"`, `msg="dashboard: logged in" by="key ci"`} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("the log lacks %s: %s", want, &log)
		}
	}
}
