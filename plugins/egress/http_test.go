package egress

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

func read(t testing.TB, r *Response) string {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHTTPOverEachVersion(t *testing.T) {
	ca := newAuthority(t)
	echo := func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Echo", r.Header.Get("X-Token"))
		fmt.Fprintf(w, "%s %s %s %s %s", r.Proto, r.Method, r.URL.Query().Get("q"), r.Header.Get("User-Agent"), b)
	}
	for name, s := range map[string]*httptest.Server{
		"HTTP/1.1": ca.server(t, false, echo), "HTTP/2.0": ca.server(t, true, echo), "plain": server(t, echo),
	} {
		t.Run(name, func(t *testing.T) {
			proto := strings.Replace(name, "plain", "HTTP/1.1", 1)
			r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+s.URL), network: ca.network()})
			resp, err := r.HTTP(within(t, 10*time.Second), &Request{
				Method: "POST", URL: s.URL + "/p?q=" + r.mask, Header: []Field{{"x-token", r.mask}, {"Content-Type", "application/json"}},
				Body: []byte(`{"t":"` + r.mask + `"}`),
			})
			if err != nil {
				t.Fatal(err)
			}
			want := proto + " POST " + r.mask + ` vega {"t":"tok&en/\"canary1\""}` // escaped, it is not the whole secret
			if got := read(t, resp); got != want || resp.Status != 200 || resp.Header.Get("X-Echo") != r.mask {
				t.Errorf("%d %q %v, want %q", resp.Status, got, resp.Header, want)
			}
			if !strings.HasSuffix(resp.FinalURL, "?q="+url.QueryEscape(token)) {
				t.Errorf("final URL %q", resp.FinalURL)
			}
			secure := strings.HasPrefix(s.URL, "https")
			if p := resp.Phases; p[abi.PhaseConnect] <= 0 || (p[abi.PhaseTLS] > 0) != secure || p[abi.PhaseFirstByte] <= 0 || p[abi.PhaseTotal] < p[abi.PhaseFirstByte] {
				t.Errorf("phases %v", p)
			}
			if subject, err := resp.TLSInfo(abi.TLSSubject); secure != (err == nil) || secure && subject != "CN=Test Leaf" {
				t.Errorf("subject %q %v", subject, err)
			}
		})
	}
}

// Secrets arrive at the server where the guest wrote placeholders.
func TestSecretsArrive(t *testing.T) {
	var got *http.Request
	var sent []byte
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { got = r; sent, _ = io.ReadAll(r.Body) })
	hook := strings.Replace(s.URL, "://", "://us%20er:passw0rd@", 1) + "/services/T0%2F1/B0?a=b&c=d"
	grants := rules(t, manifest.HTTP, "POST "+s.URL)
	r := start(t, setup{rules: grants, url: hook})
	if _, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: r.url + "&t=" + r.mask, Body: []byte("a=" + r.mask), Header: []Field{{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "/services/T0%2F1/B0?a=b&c=d&t=tok%26en%2F%22canary1%22"; got.RequestURI != want || string(sent) != "a="+url.QueryEscape(token) {
		t.Errorf("received %q %q, want %q", got.RequestURI, sent, want)
	}
	if user, password, _ := got.BasicAuth(); user != "us er" || password != "passw0rd" {
		t.Errorf("basic auth %q %q", user, password)
	}
	user := "me"
	if _, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: s.URL, BasicUser: &user, BasicPass: &r.mask, Body: []byte(r.mask)}); err != nil {
		t.Fatal(err)
	}
	if u, p, _ := got.BasicAuth(); u != "me" || p != token || string(sent) != token || got.Host != s.Listener.Addr().String() {
		t.Errorf("%q %q %q %q", u, p, sent, got.Host)
	}
}

// Whole secrets, and values that the host derived from them, are removed from a
// response, compressed or not. This is a safety net: a target that escapes them
// reveals them.
func TestEchoedSecretsAreHidden(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("me:" + token))
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a="+token)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprintf(z, "raw %s escaped %s form %s auth %s json ", token, url.PathEscape(token), url.QueryEscape(token), r.Header.Get("Authorization"))
		fmt.Fprint(z, `"tok\u0026en/\"canary1\"" "tok&en\/\"canary1\""`)
		z.Close()
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	user := "me"
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, BasicUser: &user, BasicPass: &r.mask})
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, resp)
	if strings.Contains(got, token) || strings.Contains(got, basic) || !strings.HasPrefix(got, "raw "+r.mask+" escaped "+url.PathEscape(token)) {
		t.Errorf("the guest sees %q", got)
	}
	if c := resp.Header.Get("Set-Cookie"); c != "a="+r.mask || resp.Header.Get("Content-Encoding") != "" {
		t.Errorf("headers %v", resp.Header)
	}
}

func TestNothingIsSentWithoutGrant(t *testing.T) {
	var hits atomic.Int32
	s := server(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	port := s.Listener.Addr().(*net.TCPAddr).Port
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL, "GET http://localhost:1", "TRACE "+s.URL, "CONNECT "+s.URL)})
	for _, c := range []struct{ method, url, say string }{
		{"POST", s.URL, "http = [\"POST " + s.URL + "\"]"},
		{"GET", strings.Replace(s.URL, "http", "https", 1), "GET https://127.0.0.1"},
		{"GET", fmt.Sprintf("http://[::ffff:127.0.0.1]:%d", port+1), "127.0.0.1"},
		{"GET", fmt.Sprintf("http://2130706433:%d/", port), "looks like a number"},
		{"GET", fmt.Sprintf("http://0x7f.1:%d/", port), "looks like a number"},
		{"GET", fmt.Sprintf("http://127.1:%d/", port), "looks like a number"},
		{"GET", fmt.Sprintf("http://127.0.0.1:%d@evil.example/", port), "evil.example"},
		{"GET", fmt.Sprintf("http://evil.example\\@127.0.0.1:%d/", port), ""},
		{"GET", "file:///etc/passwd", ""},
		{"GET", "http://" + r.mask + ".example/", ""},
		{"GET", s.URL + "\r\nX: y", ""},
		{"CONNECT", s.URL, ""},
		{"TRACE", s.URL, ""},
		{"track", s.URL, ""},
		{"GE T", s.URL, ""},
	} {
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: c.method, URL: c.url})
		if c.say == "" {
			if code := Code(err); code != abi.ErrInvalid && code != abi.ErrDenied {
				t.Errorf("%s %q: %v", c.method, c.url, err)
			}
			continue
		}
		wantsDenial(t, r, err, c.say)
	}
	if hits.Load() != 0 {
		t.Errorf("%d requests arrived", hits.Load())
	}
}

func TestRefusedHeaders(t *testing.T) {
	s := server(t, func(http.ResponseWriter, *http.Request) {})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	for _, f := range []Field{
		{"X", "a\r\nHost: evil"},
		{"X", "a\nb"},
		{"X\r\nY", "a"},
		{"X:", "a"},
		{"", "a"},
		{"X Y", "a"},
		{"X", "\x00"},
		{"Host", "evil"},
		{"hOsT", "evil"},
		{"Content-Length", "1"},
		{"Transfer-Encoding", "chunked"},
		{"Connection", "x"},
		{"Upgrade", "h2c"},
		{"Proxy-Authorization", "x"},
		{"Expect", "100-continue"},
		{"Accept-Encoding", "br"},
		{"X", strings.Repeat("a", maxHeader)},
	} {
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, Header: []Field{f}})
		wants(t, err, abi.ErrInvalid)
	}
	user := "a:b"
	_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, BasicUser: &user})
	wants(t, err, abi.ErrInvalid)
}

func TestPlainTextNeedsConsent(t *testing.T) {
	names := serveDNS(t, "")
	grants := rules(t, manifest.HTTP, "POST http://absent.test")
	user := "me"
	for name, q := range map[string]func(r *run) *Request{
		"url":    func(r *run) *Request { return &Request{URL: "http://absent.test/" + r.mask} },
		"header": func(r *run) *Request { return &Request{URL: "http://absent.test/", Header: []Field{{"A", r.mask}}} },
		"body":   func(r *run) *Request { return &Request{URL: "http://absent.test/", Body: []byte(r.mask)} },
		"basic": func(r *run) *Request {
			return &Request{URL: "http://absent.test/", BasicUser: &user, BasicPass: &r.mask}
		},
	} {
		r := start(t, setup{rules: grants, network: New(names.addr)})
		req := q(r)
		req.Method = "POST"
		_, err := r.HTTP(within(t, 5*time.Second), req)
		if names.asked.Load() != 0 {
			t.Errorf("%s: the name was looked up", name)
		}
		wantsDenial(t, r, err, "plaintext = true", "http://absent.test:80")
		r = start(t, setup{rules: grants, plaintext: true, network: New(names.addr)})
		req = q(r)
		req.Method = "POST"
		_, err = r.HTTP(within(t, 5*time.Second), req)
		wants(t, err, abi.ErrDNS)
		names.asked.Store(0)
	}
}

func TestBodyLimits(t *testing.T) {
	block := bytes.Repeat([]byte("x"), 32<<10)
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = w.Write(block[:1000])
			return
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 8192 { // 256 MiB in 256 KiB
				if _, err := z.Write(block); err != nil {
					return
				}
			}
			return
		case "/empty-blocks":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for z.Flush() == nil && r.Context().Err() == nil {
			}
			return
		case "/br":
			w.Header().Set("Content-Encoding", "br")
		case "/headers":
			for i := range 100 {
				w.Header().Set(fmt.Sprint("X-", i), string(block[:1024]))
			}
		}
		for r.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	for _, c := range []struct {
		path      string
		max, want int64
		code      abi.Errno
	}{
		{"/exact", 1000, 1000, 0},
		{"/exact", 999, 999, abi.ErrTooLarge},
		{"/endless", 0, DefaultBody, abi.ErrTooLarge},
		{"/endless", 1 << 40, HardBody, abi.ErrTooLarge},
		{"/bomb", 0, DefaultBody, abi.ErrTooLarge},
		{"/empty-blocks", 1000, 0, abi.ErrTooLarge},
		{"/br", 0, 0, abi.ErrIO},
	} {
		resp, err := r.HTTP(within(t, 20*time.Second), &Request{Method: "GET", URL: s.URL + c.path, MaxBody: c.max})
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		if n != c.want || Code(err) != c.code {
			t.Errorf("%s up to %d: %d bytes, %v", c.path, c.max, n, err)
		}
		resp.Body.Close()
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
			t.Errorf("%s: reading a closed body succeeded", c.path)
		}
	}
	_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL + "/headers"})
	wants(t, err, abi.ErrTooLarge)
}

// A body is read as other clients read it: what no registered coding names is not
// encoded, and what follows a gzip stream does not count. What vega can't decode
// says nothing about the target.
func TestContentCodings(t *testing.T) {
	zip := func(parts ...string) (all string) {
		for _, p := range parts {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, p)
			_ = z.Close()
			all += b.String()
		}
		return all
	}
	for _, c := range []struct {
		codings    []string
		body, want string
		code       abi.Errno
		own        bool
		says       string
	}{
		{codings: []string{"utf-8"}, body: "hello", want: "hello"},
		{codings: []string{"none"}, body: "hello", want: "hello"},
		{codings: []string{"aws-chunked,gzip"}, body: zip("hello"), want: "hello"},
		{codings: []string{"identity", "GZIP"}, body: zip("hello"), want: "hello"},
		{codings: []string{"gzip"}, body: zip("hel", "", "lo"), want: "hello"},
		{codings: []string{"gzip"}, body: zip("hello") + "\x00\x00\x00\x00", want: "hello"},
		{codings: []string{"gzip"}, body: zip("hello") + "\x1f", want: "hello"},
		{codings: []string{"gzip"}},
		{codings: []string{"gzip"}, body: zip("hello")[:20], code: abi.ErrTarget, says: "arrived whole, but its gzip data is cut off"},
		{codings: []string{"gzip"}, body: zip("hello")[:3], code: abi.ErrTarget, says: "is cut off"},
		{codings: []string{"gzip"}, body: "hello", code: abi.ErrTarget, says: "is not gzip"},
		{codings: []string{"gzip"}, body: "hello, which is not gzip", code: abi.ErrTarget},
		{codings: []string{"br"}, body: "x", code: abi.ErrIO, own: true},
		{codings: []string{"gzip", "br"}, body: "x", code: abi.ErrIO, own: true},
		{codings: []string{"gzip, gzip"}, body: "x", code: abi.ErrIO, own: true},
	} {
		s := server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"] = c.codings
			_, _ = io.WriteString(w, c.body)
		})
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL + "/"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(resp.Body)
		if c.code == 0 && string(got) != c.want || Code(err) != c.code || (fault.Of(err) != nil) != c.own {
			t.Errorf("%q: %q %v", c.codings, got, err)
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q: %v, want %q", c.codings, err, c.says)
		}
		resp.Body.Close()
	}
}

func TestDeadlineAndFailures(t *testing.T) {
	loris := listen(t, func(c net.Conn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-A: ")
		for {
			if _, err := fmt.Fprint(c, "a"); err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	half := listen(t, func(c net.Conn) {
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
		_, _ = io.Copy(io.Discard, c)
	})
	cut := listen(t, func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"); readRequest(c) })
	closes := listen(t, readRequest)
	closed := listen(t, nil)
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	defer selfSigned.Close()
	secure := strings.TrimPrefix(selfSigned.URL, "https://")
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET http://"+loris, "GET http://"+half, "GET http://"+cut, "GET http://"+closes, "GET http://"+closed, "GET https://"+secure, "GET https://"+loris, "GET http://name.invalid")})
	for _, c := range []struct {
		url, say string
		code     abi.Errno
	}{
		{"http://" + loris, "timed out waiting for a response from " + loris, abi.ErrTimeout},
		{"http://" + half, "timed out reading the response", abi.ErrTimeout},
		{"http://" + cut, "closed early", abi.ErrReset},
		{"http://" + closes, "waiting for a response", abi.ErrReset},
		{"http://" + closed, "connection refused", abi.ErrRefused},
		{"https://" + secure, "certificate", abi.ErrTLS},
		{"https://" + loris, "it speaks plain HTTP on this port; write http://", abi.ErrTLS},
	} {
		var err error
		try := func(limit time.Duration) bool {
			var resp *Response
			if resp, err = r.HTTP(within(t, limit), &Request{Method: "GET", URL: c.url + "/" + r.mask}); err == nil {
				_, err = io.ReadAll(resp.Body)
			}
			return err != nil && strings.Contains(err.Error(), c.say)
		}
		if c.code == abi.ErrTimeout {
			withLongerLimits(try)
		} else {
			try(realtest.Patience)
		}
		wants(t, err, c.code)
		if err != nil && !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v does not contain %q", c.url, err, c.say)
		}
	}
}

// listen serves each connection. If serve is nil, it returns a free port on
// which nothing listens.
func listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	if serve == nil {
		return "127.0.0.1:" + realtest.FreePort(t)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	return l.Addr().String()
}

// drain reads until the peer closes.
func drain(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// readRequest reads the headers of a request, so that closing does not reset the
// connection.
func readRequest(c net.Conn) {
	r := bufio.NewReader(c)
	for line := "-"; line != "\r\n" && line != ""; line, _ = r.ReadString('\n') {
	}
}

func TestServerAnswersBeforeTheBodyIsRead(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) })
	r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+s.URL)})
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: s.URL, Body: make([]byte, 8<<20)})
	if err != nil || resp.Status != http.StatusRequestEntityTooLarge {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
}

func TestCodeOfForeignErrors(t *testing.T) {
	for err, want := range map[error]abi.Errno{
		&grant.Denial{}: abi.ErrDenied, fmt.Errorf("x: %w", &grant.Denial{}): abi.ErrDenied, io.ErrUnexpectedEOF: abi.ErrReset,
		&net.DNSError{IsTimeout: true}: abi.ErrIO, &net.DNSError{IsNotFound: true}: abi.ErrDNS, errors.New("x"): abi.ErrIO, net.ErrClosed: abi.ErrClosed,
	} {
		if got := Code(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
	if Code(nil) != 0 {
		t.Error("nil has an errno")
	}
}

// A caller learns whether the server may have seen a request that failed.
func TestSentIsSetOnceARequestIsWritten(t *testing.T) {
	closes, closed := listen(t, readRequest), listen(t, nil)
	for url, want := range map[string]bool{"http://" + closes: true, "http://" + closed: false} {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url), noSecret: true})
		if _, err := r.HTTP(within(t, realtest.Patience), &Request{Method: "GET", URL: url}); err == nil || r.Sent != want {
			t.Errorf("%s: sent is %t, want %t (%v)", url, r.Sent, want, err)
		}
	}
}
