package egress

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

func TestRedirects(t *testing.T) {
	var last *http.Request
	var hits atomic.Int32
	far := server(t, func(_ http.ResponseWriter, r *http.Request) { last = r; hits.Add(1) })
	near := server(t, nil)
	near.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = r
		switch r.URL.Path {
		case "/far":
			http.Redirect(w, r, far.URL+"/there", http.StatusFound)
		case "/same":
			http.Redirect(w, r, "/end?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/otherhost", "/leak", "/post":
			to := strings.Replace(near.URL, "127.0.0.1", "localhost", 1) + "/end"
			if r.URL.Path == "/leak" {
				to += "?" + r.URL.RawQuery
			}
			code := http.StatusFound
			if r.URL.Path == "/post" {
				code = http.StatusPermanentRedirect
			}
			http.Redirect(w, r, to, code)
		case "/meta":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case "/secrethost":
			http.Redirect(w, r, "http://"+r.Header.Get("X-Host")+".evil.example/", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		}
	})
	local := strings.Replace(near.URL, "127.0.0.1", "localhost", 1)
	grants := rules(t, manifest.HTTP, "GET "+near.URL, "POST "+near.URL, "GET "+local, "POST "+local)
	do := func(path string, edit func(*run, *Request)) (*run, *Response, error) {
		r := start(t, setup{rules: grants})
		q := &Request{Method: "GET", URL: near.URL + path, Redirects: 10, Header: []Field{{"X-Token", r.mask}, {"X-Plain", "p"}, {"Authorization", "Bearer x"}, {"Cookie", "a=b"}}}
		if edit != nil {
			edit(r, q)
		}
		resp, err := r.HTTP(within(t, 5*time.Second), q)
		if err == nil {
			resp.Body.Close()
		}
		return r, resp, err
	}

	r, _, err := do("/far", nil)
	wantsDenial(t, r, err, `http = ["GET `+far.URL+`"]`, "redirected from "+near.URL)
	if hits.Load() != 0 {
		t.Error("a host without a grant was reached")
	}
	if _, resp, err := do("/far", func(_ *run, q *Request) { q.Redirects = 0 }); err != nil || resp.Status != 302 || resp.Header.Get("Location") != far.URL+"/there" {
		t.Errorf("not following: %v %v", resp, err)
	}
	r, _, err = do("/meta", nil)
	wantsDenial(t, r, err, "169.254.169.254")
	r, _, err = do("/file", nil)
	if wants(t, err, abi.ErrTarget); len(r.denied) != 0 {
		t.Error("no grant could allow it:", r.denied)
	}
	_, _, err = do("/loop", func(_ *run, q *Request) { q.Redirects = 3 })
	if wants(t, err, abi.ErrTarget); !strings.Contains(err.Error(), "3 redirects") {
		t.Error(err)
	}
	r, resp, err := do("/same?k=v", nil)
	if err != nil || last.URL.String() != "/end?k=v" || last.Header.Get("X-Token") != token || last.Header.Get("Authorization") == "" {
		t.Errorf("same host: %v %v %v", last.URL, last.Header, err)
	}
	if !strings.HasSuffix(resp.FinalURL, "/end?k=v") || resp.Landed != near.URL+"/end" || len(r.denied) != 0 {
		t.Errorf("%q %q %q", resp.FinalURL, resp.Landed, r.denied)
	}
	if _, _, err := do("/otherhost", nil); err != nil || last.Host[:9] != "localhost" || last.Header.Get("X-Token")+last.Header.Get("Authorization")+last.Header.Get("Cookie") != "" || last.Header.Get("X-Plain") != "p" {
		t.Errorf("other host: %v %v", last, err)
	}
	if _, _, err := do("/otherhost", func(_ *run, q *Request) { q.Method, q.Body = "POST", []byte("x") }); err != nil || last.Method != "GET" || last.ContentLength != 0 {
		t.Errorf("POST was changed to %v %v", last, err)
	}
	r, _, err = do("/leak", func(r *run, q *Request) { q.URL += "?" + r.mask })
	wantsDenial(t, r, err, "the request has a secret in its URL or body")
	r, _, err = do("/post", func(r *run, q *Request) { q.Method, q.Body = "POST", []byte(r.mask) })
	wantsDenial(t, r, err, "the request has a secret in its URL or body")
}

func TestRedirectToHostMadeOfSecret(t *testing.T) {
	const canary = "Canary0123456789"
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+r.Header.Get("X")+".evil.example/", http.StatusFound)
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL), url: s.URL + "/" + canary, bound: true})
	_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, Redirects: 1, Header: []Field{{"X", strings.TrimPrefix(r.url, s.URL+"/")}}})
	if err == nil {
		t.Fatal("it was followed")
	}
	for _, told := range append(r.denied, err.Error()) {
		if told = r.vault.Redact(told); strings.Contains(strings.ToLower(told), strings.ToLower(canary)) {
			t.Error(told)
		}
	}
}

func TestDowngradeDropsSecrets(t *testing.T) {
	ca := newAuthority(t)
	var last *http.Request
	plain := server(t, func(_ http.ResponseWriter, r *http.Request) { last = r })
	secure := ca.server(t, true, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL+r.URL.RequestURI(), http.StatusFound)
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+secure.URL, "GET "+plain.URL), network: ca.network(), plaintext: true})
	q := &Request{Method: "GET", URL: secure.URL, Redirects: 1, Header: []Field{{"X-Token", r.mask}, {"Authorization", "x"}}}
	resp, err := r.HTTP(within(t, 5*time.Second), q)
	if err != nil || last.Header.Get("X-Token")+last.Header.Get("Authorization") != "" {
		t.Fatal(last, err)
	}
	resp.Body.Close()
	q.URL += "/" + r.mask
	_, err = r.HTTP(within(t, 5*time.Second), q)
	wantsDenial(t, r, err, "the request has a secret in its URL or body")
}

// A server may redirect before it has read the whole request. What is still
// being sent must not change under the sender.
func TestRedirectWhileTheBodyIsBeingSent(t *testing.T) {
	end := server(t, func(http.ResponseWriter, *http.Request) {})
	hasty := listen(t, func(c net.Conn) {
		_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: "+end.URL+"/\r\nContent-Length: 0\r\n\r\n")
		drain(c)
	})
	header := []Field{{"Authorization", "Bearer x"}, {"Content-Type", "text/plain"}}
	for range 60 - len(header) {
		header = append(header, Field{"X-" + strings.Repeat("a", len(header)), strings.Repeat("v", 900)})
	}
	for range 20 {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "POST http://"+hasty, "GET "+end.URL)})
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{
			Method: "POST", URL: "http://" + hasty, Redirects: 1, Header: header, Body: make([]byte, 1<<20),
		})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
}

// A failure at the end of a redirect names the server that failed: the one that
// redirects is in order.
func TestFailureAfterRedirectNamesTheServer(t *testing.T) {
	closed := listen(t, func(net.Conn) {})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	for to, says := range map[string]string{
		"http://" + nobody:  "connection refused",
		"http://" + closed:  "the connection was closed early",
		"https://" + closed: "it closes the connection in the handshake",
	} {
		near := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to+"/secret-path", http.StatusFound) })
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+near.URL, "GET "+to)})
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: near.URL, Redirects: 1})
		wants(t, err, abi.ErrTarget)
		if err == nil || !strings.Contains(err.Error(), "it redirects to "+to+", where the request fails: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", to, err, says)
		}
	}
}

// TestAnotherPortGetsNoSecret checks that a redirect to another port of the same
// host does not carry what the operator meant for the first.
func TestAnotherPortGetsNoSecret(t *testing.T) {
	var got http.Header
	other := server(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header })
	near := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/", http.StatusTemporaryRedirect)
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+near.URL, "GET "+other.URL, "POST "+near.URL, "POST "+other.URL)})
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: near.URL, Redirects: 3, Header: []Field{{"X-Token", r.mask}, {"X-Plain", "p"}, {"Authorization", "Bearer x"}}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got.Get("X-Token") != "" || got.Get("Authorization") != "" || got.Get("X-Plain") != "p" {
		t.Errorf("the other port got %v", got)
	}
	got = nil
	_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: near.URL, Redirects: 3, Body: []byte(r.mask)})
	wantsDenial(t, r, err)
	if got != nil {
		t.Error("a body with a secret went to the other port")
	}
}

// A Location that no client can follow is the server's mistake. No grant would
// help.
func TestRedirectThatLeadsNowhere(t *testing.T) {
	for location, says := range map[string]string{
		"mailto:ops@example.com":  "the scheme must be http or https",
		"myapp://open":            "the scheme must be http or https",
		"http://127.0.0.1:99999/": "the port must be between 1 and 65535",
		`http:\\127.0.0.1\x`:      "the host is missing",
		"http://[::1/":            "it is not a valid URL",
	} {
		near := listen(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: "+location+"\r\nContent-Length: 0\r\n\r\n")
		})
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET http://"+near)})
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://" + near, Redirects: 1})
		wants(t, err, abi.ErrTarget)
		if err == nil || !strings.Contains(err.Error(), "the redirect of http://"+near+" can't be followed: "+says) || len(r.denied) != 0 {
			t.Errorf("%s: %v, %q", location, err, r.denied)
		}
	}
}

// TestRedirectIsFollowedAsBrowsersDo checks what is sent for a Location with a
// login, or with a query that is not ASCII.
func TestRedirectIsFollowedAsBrowsersDo(t *testing.T) {
	var got *http.Request
	end := server(t, func(_ http.ResponseWriter, r *http.Request) { got = r })
	for location, want := range map[string]struct{ uri, login, landed string }{
		"/end?q=a b&n=\u00e9\"": {"/end?q=a%20b&n=%C3%A9%22", "", "/end"},
		"/end#part":             {"/end", "", "/end"},
		"/end;s=abc?x=%41+b":    {"/end;s=abc?x=%41+b", "", "/end"},
		"/":                     {"/", "", ""},
		strings.Replace(end.URL, "//", "//bob:pw%40@", 1) + "/end": {"/end", "bob pw@", "/end"},
	} {
		near := listen(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			if location[0] == '/' {
				location = end.URL + location
			}
			_, _ = io.WriteString(c, "HTTP/1.1 302 Found\r\nLocation: "+location+"\r\nContent-Length: 0\r\n\r\n")
		})
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET http://"+near, "GET "+end.URL)})
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://" + near, Redirects: 1})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		user, password, _ := got.BasicAuth()
		if login := strings.TrimSpace(user + " " + password); got.RequestURI != want.uri || login != want.login || resp.Landed != end.URL+want.landed {
			t.Errorf("%s: sent %s with login %q, landed at %s", location, got.RequestURI, login, resp.Landed)
		}
	}
}

// Where a redirect led is not said with a path that may contain a secret.
func TestLandedHidesSecret(t *testing.T) {
	near := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "" {
			http.Redirect(w, r, "?again", http.StatusFound)
		}
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+near.URL), url: near.URL + "/" + token, bound: true})
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: r.url, Redirects: 1})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Landed != near.URL {
		t.Error(resp.Landed)
	}
}

// A server behind a redirect that does not answer is named, and its silence
// stays a timeout.
func TestTimeoutAfterRedirectNamesTheServer(t *testing.T) {
	silent := listen(t, drain)
	near := server(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "http://"+silent, http.StatusFound) })
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+near.URL, "GET http://"+silent)})
	_, err := r.HTTP(within(t, 500*time.Millisecond), &Request{Method: "GET", URL: near.URL, Redirects: 1})
	wants(t, err, abi.ErrTimeout)
	if err == nil || !strings.Contains(err.Error(), "it redirects to http://"+silent+", where the request fails: timed out waiting for a response") {
		t.Error(err)
	}
}

// A pattern counts as written by the operator: it allows the hop of a redirect, also to a
// private address, but no address that only its literal may reach.
func TestRedirectAllowedByPattern(t *testing.T) {
	far := server(t, func(http.ResponseWriter, *http.Request) {})
	near := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, far.URL+r.URL.Path, http.StatusFound)
	})
	want := rules(t, manifest.HTTP, "GET "+far.URL)[0]
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+near.URL)})
	r.grants.Pattern = func(asked grant.Rule) bool { return asked.Port == want.Port || asked.Host == "a.corp.example" }
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: near.URL, Redirects: 1})
	if err != nil || resp.Landed != far.URL {
		t.Fatalf("%+v %v", resp, err)
	}
	resp.Body.Close()
	rule := rules(t, manifest.HTTP, "GET https://a.corp.example")[0]
	for address, ok := range map[string]bool{"10.1.2.3": true, "93.184.216.34": true, "127.0.0.1": false, "169.254.169.254": false, "::1": false, "fe80::1": false} {
		if _, err := r.allowed(rule, rule.Host, []netip.Addr{netip.MustParseAddr(address)}); ok != (err == nil) {
			t.Errorf("%s: %v", address, err)
		}
	}
	r.grants.Pattern = nil
	if _, err := r.allowed(rule, rule.Host, []netip.Addr{netip.MustParseAddr("10.1.2.3")}); err == nil {
		t.Error("private without a pattern")
	}
}

// A certificate that ends soon is known also if its server only redirects.
func TestRedirectorsAreKnown(t *testing.T) {
	ca := newAuthority(t)
	at := func(h http.Handler, minutes int) string {
		s := httptest.NewUnstartedServer(h)
		s.TLS = serving(ca.leaf(t, time.Now().Add(time.Duration(minutes)*time.Minute)))
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	var accept []string
	end := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { accept = r.Header["Accept"] })
	last, plain := at(end, 50), server(t, end).URL
	soon := at(http.RedirectHandler(last+"/", http.StatusFound), 3)
	later := at(http.RedirectHandler(soon+"/", http.StatusFound), 30)
	bare := at(http.RedirectHandler(plain+"/", http.StatusFound), 30)
	grants := rules(t, manifest.HTTP, "GET "+last, "GET "+plain, "GET "+soon, "GET "+later, "GET "+bare)
	for first, want := range map[string]string{last: "", plain: "", soon: soon, later: soon, bare: bare} {
		r := start(t, setup{rules: grants, network: ca.network()})
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: first, Redirects: 10})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		fact, err := resp.TLSInfo(abi.TLSRedirects)
		lines := strings.Split(fact, "\n")
		switch {
		case first == plain:
			wants(t, err, abi.ErrInvalid)
		case want == "" && fact != "" || want != "" && (len(lines) != 3 || lines[1] != want || lines[2] != ""):
			t.Errorf("%s: %q, %v; want %q", first, fact, err, want)
		}
		if len(accept) != 1 || accept[0] != "*/*" {
			t.Errorf("Accept: %q", accept)
		}
	}
}
