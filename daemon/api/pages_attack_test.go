package api

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"vega/daemon/web"
)

// wire sends requests over the network, from an address of this machine.
type wire struct {
	http.Transport
	h *testServer
}

// over returns a handler that passes requests on to a server.
func over(h *testServer, from string) *wire {
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	w := &wire{h: h}
	w.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return d.DialContext(ctx, network, h.limiter.Addr().String())
	}
	h.t.Cleanup(w.CloseIdleConnections)
	return w
}

// ServeHTTP passes a request on.
func (c *wire) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Scheme, r.URL.Host, r.RequestURI = "http", r.Host, ""
	res, err := c.RoundTrip(r)
	if err != nil {
		c.h.t.Fatal(err)
	}
	defer res.Body.Close()
	for name, values := range res.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

// opened serves a dashboard with a key.
func opened(t *testing.T, o ServerOptions, s web.Settings) *testServer {
	t.Helper()
	if o.Limits.Connections == 0 {
		o.Limits = Limits{Connections: 20, PerClient: 10, Spare: 2, Trusted: o.Limits.Trusted}
	}
	s.Dashboard = true
	return open(t, &fake{}, o, func(h *Server) { h.api.site.Set(s) })
}

func TestBruteForceIsLimited(t *testing.T) {
	h := opened(t, ServerOptions{Limits: Limits{Trusted: proxies(t, "127.0.0.9/32")}}, web.Settings{})
	attacker := newBrowser(t, over(h, "127.0.0.2"), "127.0.0.1:8000")
	for n := range 5 {
		attacker.header.Set("X-Forwarded-For", "203.0.113."+string(rune('1'+n))) // no trusted proxy: it doesn't count
		if w := attacker.login("guess", ""); w.Code != 403 {
			t.Fatalf("%d: %d", n, w.Code)
		}
	}
	for _, guess := range []string{"guess", key} { // the right key must not stand out
		w := attacker.login(guess, "")
		if w.Code != 429 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "Try again in ") || len(attacker.cookies) != 0 {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	owner := newBrowser(t, over(h, "127.0.0.3"), "127.0.0.1:8000")
	for range 10 {
		if w := owner.login(key, ""); w.Code != 303 {
			t.Errorf("from another address: %d", w.Code)
		}
	}
	proxied := newBrowser(t, over(h, "127.0.0.9"), "127.0.0.1:8000")
	for n := range 8 {
		proxied.header.Set("X-Forwarded-For", "203.0.113."+string(rune('1'+n)))
		if w := proxied.login("guess", ""); w.Code != 403 {
			t.Errorf("client %d of a trusted proxy: %d", n, w.Code)
		}
	}
	if log := h.log.String(); strings.Contains(log, "guess") || strings.Contains(log, key) || !strings.Contains(log, `"msg":"dashboard: login rejected"`) {
		t.Error(log)
	}
}

// TestForeignFormsAreRejected sends a form as a page of another site makes a browser send
// it.
func TestForeignFormsAreRejected(t *testing.T) {
	a := site(t, web.Settings{Origin: "https://ops.example.com:8443", Prefix: "/vega"})
	if err := a.SetExternal("https://ops.example.com:8443/vega"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, host, origin, fetch string
		status                    int
	}{
		{"own page", "127.0.0.1:8000", "http://127.0.0.1:8000", "same-origin", 303},
		{"own page over plain HTTP", "192.0.2.7:8000", "http://192.0.2.7:8000", "", 303},
		{"through a proxy that keeps Host", "ops.example.com", "https://ops.example.com:8443", "same-origin", 303},
		{"through a proxy that changes Host", "127.0.0.1:8000", "https://ops.example.com:8443", "", 303},
		{"no browser", "127.0.0.1:8000", "none", "", 303},
		{"another site", "127.0.0.1:8000", "https://evil.example", "cross-site", 403},
		{"another site over plain HTTP", "192.0.2.7:8000", "http://evil.example", "", 403},
		{"a file or a frame without an origin", "127.0.0.1:8000", "null", "cross-site", 403},
		{"the same over plain HTTP", "192.0.2.7:8000", "null", "", 403},
		{"another port of the host", "127.0.0.1:8000", "http://127.0.0.1:9000", "same-site", 403},
		{"another name under the domain", "ops.example.com", "https://wiki.example.com", "same-site", 403},
		{"the name as plain HTTP", "ops.example.com", "http://ops.example.com:8443", "cross-site", 403},
	} {
		b := newBrowser(t, a, tt.host)
		b.header.Set("Origin", tt.origin)
		if tt.origin == "none" {
			b.header["Origin"] = []string{""}
		}
		if tt.fetch != "" {
			b.header.Set("Sec-Fetch-Site", tt.fetch)
		}
		if w := b.login(key, ""); w.Code != tt.status || (len(b.cookies) == 1) != (tt.status == 303) {
			t.Errorf("%s: %d %v", tt.name, w.Code, b.cookies)
		}
	}
}

// TestNamesOfStrangersAreRejected checks that a web site that makes its own name resolve to
// vega's address reaches no page.
func TestNamesOfStrangersAreRejected(t *testing.T) {
	a := site(t, web.Settings{})
	for host, status := range map[string]int{
		"127.0.0.1:8000": 200, "[::1]:8000": 200, "localhost:8000": 200, "vega:8000": 200, "192.0.2.7": 200, "vega.localhost:8000": 200,
		"evil.example:8000": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example:8000": 421, "evil.example.": 421, "<script>.example": 421,
	} {
		for _, method := range []string{"GET", "POST"} {
			b := newBrowser(t, a, host)
			w := b.send(method, "/login", url.Values{"key": {key}})
			if want := map[string]int{"GET": status, "POST": map[int]int{200: 303, 421: 421}[status]}[method]; w.Code != want {
				t.Errorf("%s %s: %d", method, host, w.Code)
			}
			if w.Code == 421 && (!strings.Contains(w.Body.String(), "external_url = ") || strings.Contains(w.Body.String(), "<script>.") || len(b.cookies) > 0) {
				t.Errorf("%s: %s", host, w.Body)
			}
		}
	}
	if w := newBrowser(t, a, "evil.example").get("/nowhere"); w.Code != 404 {
		t.Errorf("unknown path: %d", w.Code)
	}
}

// TestSessionIsNotFixed checks that nobody can choose the session of somebody else.
func TestSessionIsNotFixed(t *testing.T) {
	a := site(t, web.Settings{})
	b := newBrowser(t, a, "127.0.0.1:8000")
	const chosen = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	b.cookies["vega-8000"] = chosen
	b.login(key, "")
	if b.cookies["vega-8000"] == chosen {
		t.Fatal("the login took a token from the browser")
	}
	first := b.cookies["vega-8000"]
	b.login(key, "")
	again := newBrowser(t, a, "127.0.0.1:8000")
	again.cookies["vega-8000"] = first
	if w := again.get("/"); w.Code != 303 {
		t.Errorf("the session before the login lasts: %d", w.Code)
	}
	used := b.cookies["vega-8000"]
	b.send("POST", "/logout", nil)
	again.cookies["vega-8000"] = used
	if w := again.get("/"); w.Code != 303 {
		t.Errorf("the session lasts after the logout: %d", w.Code)
	}
	for _, odd := range []string{"", "x", strings.Repeat("A", 8000), first + "="} {
		again.cookies["vega-8000"] = odd
		if w := again.get("/"); w.Code != 303 {
			t.Errorf("%.10q: %d", odd, w.Code)
		}
	}
}

// TestSessionsEndWithTheirKey checks that a key that is gone or has other scopes now leaves
// no session with its old rights.
func TestSessionsEndWithTheirKey(t *testing.T) {
	a := site(t, web.Settings{})
	b := newBrowser(t, a, "127.0.0.1:8000")
	b.login(key, "")
	a.SetKeys([]Key{{Name: "renamed", Value: key, Scopes: []Scope{Metrics}}})
	if w := b.get("/"); w.Code != 403 || !strings.Contains(w.Body.String(), "read") {
		t.Errorf("fewer scopes: %d %s", w.Code, w.Body)
	}
	a.SetKeys(nil)
	a.SetKeys([]Key{{Name: "ci", Value: key}})
	if w := b.get("/"); w.Code != 303 {
		t.Errorf("the key was gone: %d", w.Code)
	}
}

// TestKeysThatCantLook checks that a key without the scope read gets no session.
func TestKeysThatCantLook(t *testing.T) {
	b := newBrowser(t, site(t, web.Settings{}), "127.0.0.1:8000")
	if w := b.login(strings.Repeat("s", 40), ""); w.Code != 403 || len(b.cookies) != 0 || !strings.Contains(w.Body.String(), "lacks the scope read") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := b.login(strings.Repeat("l", 40), ""); w.Code != 303 || b.get("/").Code != 200 {
		t.Errorf("%d", w.Code)
	}
}

// TestLoginLeadsNowhereElse checks that the address after a login is one of vega's.
func TestLoginLeadsNowhereElse(t *testing.T) {
	for _, prefix := range []string{"", "/vega"} {
		a := site(t, web.Settings{Prefix: prefix})
		for next, want := range map[string]string{
			"/integrations/a?x=1": "/integrations/a?x=1", "/integrations/a%2Fb": "/integrations/a%2Fb", "/incidents?q=%26#top": "/incidents?q=%26",
			"": "/", "//evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "https://evil.example/": "/", "javascript:alert(1)": "/",
			"///evil.example": "/", "/\t/evil.example": "/", "/%0d%0aSet-Cookie:x": "/", "evil": "/", "/login?next=/login": "/", "/logout": "/", "/%5Cevil.example": "/%5Cevil.example",
			"/%2Fevil.example": "/", "@evil.example": "/", ".evil.example": "/", "/" + strings.Repeat("a", 3000): "/",
		} {
			b := newBrowser(t, a, "127.0.0.1:8000")
			for range 2 { // the second is already logged in
				if w := b.login(key, next); w.Code != 303 || w.Header().Get("Location") != prefix+want {
					t.Errorf("%q: %d %q", next, w.Code, w.Header().Get("Location"))
				}
			}
			if w := b.get("/login?next=" + url.QueryEscape(next)); w.Code != 303 || w.Header().Get("Location") != prefix+want {
				t.Errorf("%q when logged in: %d %q", next, w.Code, w.Header().Get("Location"))
			}
		}
	}
}

// TestAuthHeader checks that only a trusted proxy can say who sends a request, and that it
// counts for pages alone.
func TestAuthHeader(t *testing.T) {
	h := opened(t, ServerOptions{Limits: Limits{Trusted: proxies(t, "127.0.0.9/32")}}, web.Settings{AuthHeader: "X-Forwarded-User", AuthScopes: []Scope{Read}})
	proxied, direct := newBrowser(t, over(h, "127.0.0.9"), "127.0.0.1:8000"), newBrowser(t, over(h, "127.0.0.2"), "127.0.0.1:8000")
	for _, b := range []*browser{proxied, direct} {
		b.header.Set("X-Forwarded-User", "ada@example.com")
	}
	if w := direct.get("/"); w.Code != 303 {
		t.Errorf("from an address that is no proxy: %d", w.Code)
	}
	if w := proxied.get("/"); w.Code != 200 || !strings.Contains(w.Body.String(), "ada@example.com") {
		t.Errorf("from the proxy: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/admin/plugins", "/v1/memories"} {
		if w := proxied.get(path); w.Code != 401 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if log := h.log.String(); !strings.Contains(log, `"key":"ada@example.com"`) {
		t.Error("the access log does not have the person")
	}
	proxied.header.Set("Origin", "https://evil.example")
	proxied.header.Set("Sec-Fetch-Site", "cross-site")
	if w := proxied.send("POST", "/logout", nil); w.Code != 403 {
		t.Errorf("a form of another site: %d", w.Code)
	}
	for _, values := range [][]string{{"ada", "root"}, {""}, {" "}, {strings.Repeat("a", 300)}, {"a\xffb"}} {
		proxied.header["X-Forwarded-User"] = values
		if w := proxied.get("/"); w.Code != 303 {
			t.Errorf("%.20q: %d", values, w.Code)
		}
	}
	proxied.header.Set("X-Forwarded-User", "<script>")
	if w := proxied.get("/"); strings.Contains(w.Body.String(), "<script>") || !strings.Contains(w.Body.String(), "&lt;script&gt;") {
		t.Errorf("%s", w.Body)
	}
}

// TestSessionBehindAuthHeader checks that the session of one person does not serve the next
// one at the same browser.
func TestSessionBehindAuthHeader(t *testing.T) {
	h := opened(t, ServerOptions{Limits: Limits{Trusted: proxies(t, "127.0.0.9/32")}}, web.Settings{AuthHeader: "X-Forwarded-User", AuthScopes: []Scope{Read}})
	b := newBrowser(t, over(h, "127.0.0.9"), "127.0.0.1:8000")
	b.header.Set("X-Forwarded-User", "ada")
	if w := b.get("/"); strings.Contains(w.Body.String(), "Log out") || !strings.Contains(w.Body.String(), "Use a key") {
		t.Errorf("ada without a key: %s", w.Body)
	}
	if w := b.get("/login"); w.Code != 200 {
		t.Errorf("the login of a person that the proxy names: %d", w.Code)
	}
	b.login(key, "")
	if w := b.get("/"); !strings.Contains(w.Body.String(), "ci") {
		t.Errorf("ada with a key: %s", w.Body)
	}
	b.header.Set("X-Forwarded-User", "bob")
	if w := b.get("/"); w.Code != 200 || !strings.Contains(w.Body.String(), "bob") {
		t.Errorf("bob: %d %s", w.Code, w.Body)
	}
	b.header.Del("X-Forwarded-User")
	if w := b.get("/"); w.Code != 303 {
		t.Errorf("nobody: %d", w.Code)
	}
}

// TestCookieOfASession checks name and attributes of the cookie wherever browsers reach
// vega.
func TestCookieOfASession(t *testing.T) {
	for _, tt := range []struct {
		name, external, host, origin, want string
		header                             http.Header
	}{
		{"plain", "", "127.0.0.1:8000", "http://127.0.0.1:8000", "vega-8000=; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax", nil},
		{"external", "https://ops.example.com", "ops.example.com", "https://ops.example.com", "__Host-vega=; Path=/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax", nil},
		{"external with a path", "https://ops.example.com/vega", "ops.example.com", "https://ops.example.com", "__Secure-vega=; Path=/vega; Max-Age=43200; HttpOnly; Secure; SameSite=Lax", nil},
		{"proxy that changes Host", "https://ops.example.com/vega", "127.0.0.1:8000", "https://ops.example.com", "__Secure-vega-8000=; Path=/vega; Max-Age=43200; HttpOnly; Secure; SameSite=Lax", nil},
		{"directly, past the proxy", "https://ops.example.com", "192.0.2.7:8000", "http://192.0.2.7:8000", "vega-8000=; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax", nil},
		{"header of a stranger", "", "127.0.0.1:8000", "http://127.0.0.1:8000", "vega-8000=; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax", http.Header{"X-Forwarded-Proto": {"https"}}},
	} {
		u, err := url.Parse(tt.external)
		if err != nil {
			t.Fatal(err)
		}
		s := web.Settings{Prefix: u.Path}
		if u.Host != "" {
			s.Origin = "https://" + u.Host
		}
		a := site(t, s)
		if err := a.SetExternal(tt.external); err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, a, tt.host)
		b.header.Set("Origin", tt.origin)
		for name, values := range tt.header {
			b.header[name] = values
		}
		w := b.login(key, "")
		name, rest, _ := strings.Cut(w.Header().Get("Set-Cookie"), "=")
		_, rest, _ = strings.Cut(rest, ";")
		if got := name + "=;" + rest; got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
		b.header.Del("Origin")
		if w := b.get(u.Path + "/"); w.Code != 200 {
			t.Errorf("%s: the cookie does not count: %d", tt.name, w.Code)
		}
	}
}

// TestWeakerCookiesDontCount checks that a cookie that plain HTTP, or another site under the
// domain, can set is not a session of a browser that uses HTTPS.
func TestWeakerCookiesDontCount(t *testing.T) {
	a := site(t, web.Settings{Origin: "https://ops.example.com"})
	if err := a.SetExternal("https://ops.example.com"); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, a, "ops.example.com")
	b.header.Set("Origin", "https://ops.example.com")
	b.login(key, "")
	b.cookies = map[string]string{"vega": b.cookies["__Host-vega"]}
	if w := b.get("/"); w.Code != 303 {
		t.Errorf("%d", w.Code)
	}
}

// TestMessagesAreVegas checks that an address can't make vega show a text, and that no
// message is kept for strangers, since there are places for 1,000.
func TestMessagesAreVegas(t *testing.T) {
	a := site(t, web.Settings{})
	b := newBrowser(t, a, "127.0.0.1:8000")
	b.login(key, "")
	if w := b.get("/?done=Call+555"); strings.Contains(w.Body.String(), "Call 555") {
		t.Error(w.Body)
	}
	stranger := newBrowser(t, a, "127.0.0.1:8000")
	if to := stranger.send("POST", "/logout", nil).Header().Get("Location"); to != "/login" {
		t.Errorf("a stranger who logs out is led to %s", to)
	}
}

// TestSlowLoginHoldsNoPlace checks that forms that never end keep nobody out, who has a key
// or wants to log in.
func TestSlowLoginHoldsNoPlace(t *testing.T) {
	h := opened(t, ServerOptions{Limits: Limits{Connections: 10, PerClient: 4, Spare: 2}}, web.Settings{})
	for n := range 40 {
		h.dial("127.0.0." + string(rune('2'+n%4))).say("POST /login HTTP/1.1\r\nHost: v\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nkey=")
	}
	if got := h.dial().ask("/admin/plugins", withKey).status(); got != 200 {
		t.Errorf("operator: %d", got)
	}
	if w := newBrowser(t, over(h, "127.0.0.1"), "127.0.0.1:8000").login(key, ""); w.Code != 303 {
		t.Errorf("login: %d", w.Code)
	}
}

// TestLargeLogin checks forms that are too large or broken.
func TestLargeLogin(t *testing.T) {
	h := opened(t, ServerOptions{}, web.Settings{})
	b := newBrowser(t, over(h, "127.0.0.1"), "127.0.0.1:8000")
	if w := b.login(strings.Repeat("a", 5000), ""); w.Code != 413 {
		t.Errorf("5,000 bytes: %d %s", w.Code, w.Body)
	}
	c := h.dial().say("POST /login HTTP/1.1\r\nHost: v\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
	if status := c.status(); status != 400 {
		t.Errorf("broken chunks: %d", status)
	}
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/login", strings.NewReader(`{"key":"`+key+`"}`))
	r.Host = "127.0.0.1:8000"
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	over(h, "127.0.0.1").ServeHTTP(w, r)
	if w.Code != 403 || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("no form: %d", w.Code)
	}
}
