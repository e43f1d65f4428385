package egress

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// forwarder is an HTTP proxy that leads every host to one address. It answers
// with status instead if that is not 0.
type forwarder struct {
	to     string
	status int
	login  string // that it requires, user:password
	seen   []string
}

// ServeHTTP forwards a request, or makes a tunnel for CONNECT.
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.seen = append(f.seen, r.Method+" "+r.URL.String())
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(f.login))
	switch {
	case f.login != "" && r.Header.Get("Proxy-Authorization") != want:
		w.WriteHeader(http.StatusProxyAuthRequired)
	case f.status != 0:
		w.WriteHeader(f.status)
	case r.Method == http.MethodConnect:
		f.tunnel(w)
	default:
		r.Header.Del("Proxy-Authorization")
		r.RequestURI, r.URL.Host = "", f.to
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}
}

func (f *forwarder) tunnel(w http.ResponseWriter) {
	far, err := net.Dial("tcp", f.to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = far.Close()
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
	_ = near.Close()
}

// behind returns a run whose network uses f as its proxy, at address if that is
// not "".
func (f *forwarder) behind(t *testing.T, a *authority, address string, allowed []grant.Rule) *run {
	t.Helper()
	if address == "" {
		s := httptest.NewServer(f)
		t.Cleanup(s.Close)
		address = s.URL
	}
	n := a.network()
	var err error
	if n.Proxy, err = NewProxy(address, []string{".direct.test", "10.0.0.0/8"}); err != nil {
		t.Fatal(err)
	}
	return start(t, setup{rules: allowed, network: n})
}

func site(t *testing.T, a *authority, http2 bool) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %q", r.Proto, r.Host, r.URL, r.Header["Proxy-Authorization"])
	}))
	s.EnableHTTP2 = http2
	s.TLS = &tls.Config{Certificates: []tls.Certificate{a.leaf(t, time.Now().Add(time.Hour), "site.test")}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestRequestsGoThroughTheProxy(t *testing.T) {
	a := newAuthority(t)
	plain := server(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s %q", r.Proto, r.Host, r.URL, r.Header["Proxy-Authorization"])
	}).Listener.Addr().String()
	for name, c := range map[string]struct{ to, url, want, seen string }{
		"http":    {plain, "http://site.test/a?b=1", "HTTP/1.1 site.test /a?b=1 []", "GET http://site.test/a?b=1"},
		"https":   {site(t, a, false), "https://site.test/a", "HTTP/1.1 site.test /a []", "CONNECT //site.test:443"},
		"HTTP/2":  {site(t, a, true), "https://site.test/a", "HTTP/2.0 site.test /a []", "CONNECT //site.test:443"},
		"a login": {plain, "http://site.test/", "HTTP/1.1 site.test / []", "GET http://site.test/"},
	} {
		t.Run(name, func(t *testing.T) {
			f := &forwarder{to: c.to}
			address := ""
			if name == "a login" {
				f.login = "me:p@ss"
				s := httptest.NewServer(f)
				t.Cleanup(s.Close)
				address = strings.Replace(s.URL, "http://", "http://me:p%40ss@", 1)
			}
			u, _ := url.Parse(c.url)
			r := f.behind(t, a, address, rules(t, manifest.HTTP, "GET "+u.Scheme+"://"+u.Host))
			resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: c.url})
			if err != nil {
				t.Fatal(err)
			}
			if got := read(t, resp); got != c.want || strings.Join(f.seen, " ") != c.seen {
				t.Errorf("%q through %q, want %q through %q", got, f.seen, c.want, c.seen)
			}
		})
	}
}

// TestProxyRepeatsItsLogin checks that the login of a proxy is hidden in what the proxy, or
// whatever answers at its address, repeats of a request.
func TestProxyRepeatsItsLogin(t *testing.T) {
	const password = "passw0rd-of-the-proxy"
	login := base64.StdEncoding.EncodeToString([]byte("me:" + password))
	for name, answer := range map[string]string{
		"in a malformed header": "HTTP/1.1 200 OK\r\nX: %s\x00\r\n\r\n",
		"in a status line":      "%s",
		"in a body":             "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s",
		"in a header":           "HTTP/1.1 200 OK\r\nConnection: close\r\nX: %s\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			proxy := listen(t, func(c net.Conn) {
				got, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil || got.Header.Get("Proxy-Authorization") != "Basic "+login {
					t.Errorf("the proxy got %v, %v", got, err)
				}
				fmt.Fprintf(c, answer, login+" "+password)
			})
			r := (&forwarder{}).behind(t, newAuthority(t), "http://me:"+password+"@"+proxy, rules(t, manifest.HTTP, "GET http://site.test"))
			said := ""
			resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "http://site.test/"})
			if err != nil {
				said = err.Error()
			} else {
				said = fmt.Sprint(resp.Header) + read(t, resp)
			}
			if said == "" || strings.Contains(said, login) || strings.Contains(said, password) {
				t.Errorf("%s", said)
			}
		})
	}
}

// TestProxyAtFault checks that a failure of the proxy is vega's and not the
// target's, and that what the proxy reports of the target is the target's.
func TestProxyAtFault(t *testing.T) {
	a := newAuthority(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	_ = l.Close()
	garbage := listen(t, func(c net.Conn) { readRequest(c); _, _ = c.Write([]byte("SSH-2.0-x\r\n")); drain(c) })
	denies := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }).Listener.Addr().String()
	for name, c := range map[string]struct {
		f       forwarder
		address string
		own     bool
		want    string
	}{
		"refused":       {address: "http://" + nobody, own: true, want: "the proxy " + nobody + " can't be reached: connection refused"},
		"no such host":  {address: "http://proxy.invalid:3128", own: true, want: "the proxy proxy.invalid:3128 can't be reached"},
		"not a proxy":   {address: "http://" + garbage, own: true, want: "does not speak HTTP"},
		"login":         {f: forwarder{login: "me:secret"}, own: true, want: "asks for a login (407)"},
		"wrong login":   {address: "http://me:other@" + denies, own: true, want: "does not accept the login in network.proxy (407)"},
		"hangs up":      {address: "http://" + listen(t, func(c net.Conn) { readRequest(c) }), own: true, want: "closes the connection without an answer"},
		"policy":        {f: forwarder{status: 403}, own: true, want: `add "site.test" to network.no_proxy`},
		"not a tunnel":  {f: forwarder{status: 501}, own: true, want: "answers 501 to a request for a tunnel to site.test:443"},
		"another page":  {f: forwarder{status: 404}, own: true, want: "check that a proxy runs at that address"},
		"a login page":  {f: forwarder{status: 302}, own: true, want: "answers 302"},
		"too many":      {f: forwarder{status: 429}, own: true, want: "answers 429"},
		"proxy broken":  {f: forwarder{status: 500}, own: true, want: "answers 500"},
		"no gateway":    {f: forwarder{status: 503}, want: "it answers 503 Service Unavailable"},
		"target down":   {f: forwarder{status: 502}, want: "can't connect to site.test:443: it answers 502 Bad Gateway"},
		"gateway waits": {f: forwarder{status: 504}, want: "it answers 504 Gateway Timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			r := c.f.behind(t, a, c.address, rules(t, manifest.HTTP, "GET https://site.test"))
			_, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "https://site.test"})
			if err == nil || !strings.Contains(err.Error(), c.want) || (fault.Of(err) != nil) != c.own {
				t.Errorf("%v (own %v), want %q", err, fault.Of(err) != nil, c.want)
			}
		})
	}
	f := forwarder{login: "me:secret"}
	r := f.behind(t, a, "", rules(t, manifest.HTTP, "GET http://site.test"))
	if _, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "http://site.test"}); fault.Of(err) == nil {
		t.Errorf("407 to a forwarded request: %v", err)
	}
	squid := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Squid-Error", "ERR_ACCESS_DENIED 0")
		w.WriteHeader(http.StatusForbidden)
	})
	r = new(forwarder).behind(t, a, squid.URL, rules(t, manifest.HTTP, "GET http://site.test"))
	if _, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "http://site.test"}); fault.Of(err) == nil || !strings.Contains(err.Error(), "refuses to connect to site.test (403)") {
		t.Errorf("403 of Squid to a forwarded request: %v", err)
	}
	for name, address := range map[string]string{"not HTTP": garbage, "hangs up": listen(t, func(c net.Conn) { readRequest(c) })} {
		r := new(forwarder).behind(t, a, "http://"+address, rules(t, manifest.HTTP, "GET http://site.test"))
		_, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: "http://site.test"})
		if fault.Of(err) == nil || !strings.Contains(err.Error(), "did not answer a forwarded request") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A proxy that accepts connections and hangs is distinguished from a target that does not
// answer, while the proxy does.
func TestProxyThatHangs(t *testing.T) {
	a := newAuthority(t)
	hung := listen(t, drain)
	alive := listen(t, func(c net.Conn) {
		if q, err := http.ReadRequest(bufio.NewReader(c)); err == nil && q.Method == http.MethodOptions {
			fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
			return
		}
		drain(c)
	})
	for address, own := range map[string]bool{hung: true, alive: false} {
		for _, target := range []string{"http://site.test", "https://site.test"} {
			r := new(forwarder).behind(t, a, "http://"+address, rules(t, manifest.HTTP, "GET "+target))
			_, err := r.HTTP(within(t, 900*time.Millisecond), &Request{Method: "GET", URL: target})
			if err == nil || (fault.Of(err) != nil) != own || !strings.Contains(err.Error(), "the proxy "+address) {
				t.Errorf("%s, own %v: %v", target, own, err)
			}
		}
	}
}

// TestProxyLiftsNoRestriction checks that the proxy is not asked for what may
// not be reached directly, and not used for what is excepted.
func TestProxyLiftsNoRestriction(t *testing.T) {
	a := newAuthority(t)
	direct := server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "direct") }).URL
	f := &forwarder{to: "127.0.0.1:1"}
	for target, code := range map[string]abi.Errno{
		direct:                   0, // loopback
		"http://www.direct.test": abi.ErrDNS,
		"http://other.test":      abi.ErrDenied,
		"http://192.168.7.7":     abi.ErrDenied,
	} {
		rule := rules(t, manifest.HTTP, "GET "+target)
		switch target {
		case "http://other.test":
			rule = nil
		case "http://192.168.7.7":
			rule = bundled(rules(t, manifest.HTTP, "GET http://[::ffff:169.254.169.254]"))
		}
		r := f.behind(t, a, "", rule)
		resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: target})
		if Code(err) != code {
			t.Errorf("%s: %v", target, err)
		}
		if err == nil {
			read(t, resp)
		}
	}
	if len(f.seen) > 0 {
		t.Errorf("the proxy was asked for %q", f.seen)
	}
}

func TestNewProxyRefusesWithoutQuoting(t *testing.T) {
	for _, text := range []string{"canary", "ftp://canary", "http://me:canary@", "http://me:ca#nary@proxy:3128", "http://proxy:canary", "http://proxy:0", "http://me:%zzcanary@proxy", "http://me:12/canary@proxy", "http://me?canary@proxy:1", "http://me#canary@proxy:1", "://canary"} {
		_, err := NewProxy(text, nil)
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"https://me:pass@proxy.example.com", "http://me:p%2Fa%3Fs%23s@proxy.example.com:3128/"} {
		if _, err := NewProxy(text, []string{"*"}); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	var none *Proxy
	if none.handles(&url.URL{Scheme: "http", Host: "example.com"}) {
		t.Error("no proxy is used")
	}
}
