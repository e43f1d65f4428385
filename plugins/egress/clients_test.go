package egress

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// get sends a GET request and returns the body.
func get(t testing.TB, r *run, url string) (string, error) {
	t.Helper()
	resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "GET", URL: url, Redirects: 10})
	if err != nil {
		return "", err
	}
	return read(t, resp), nil
}

// A page that sets a cookie and redirects to itself is reached, and the cookie
// is sent again in the same run, but not in another.
func TestCookiesAreKeptWithinARun(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, q *http.Request) {
		if c, err := q.Cookie("session"); err == nil && c.Value == "1" {
			fmt.Fprint(w, "in "+q.Header.Get("Cookie"))
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
		http.Redirect(w, q, q.URL.Path, http.StatusFound)
	})
	allowed := setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)}
	r := start(t, allowed)
	for range 2 {
		if got, err := get(t, r, s.URL+"/"); got != "in session=1" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	resp, err := start(t, allowed).HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL + "/"})
	if err != nil || resp.Status != http.StatusFound {
		t.Fatal("another run has the cookie", err)
	}
	resp.Body.Close()
	resp, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL + "/", Header: []Field{{"Cookie", "a=b; session=1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, resp); got != "in a=b; session=1" {
		t.Errorf("with a cookie of its own: %q", got)
	}
}

// A cookie goes only where a browser would send it: not to another site, not to
// another path, and not over http if it came over https.
func TestCookiesStayWithTheirSite(t *testing.T) {
	ca := newAuthority(t)
	var got atomic.Value
	far := server(t, func(_ http.ResponseWriter, q *http.Request) { got.Store(q.Header.Get("Cookie")) })
	other := strings.Replace(far.URL, "127.0.0.1", "localhost", 1)
	var to string
	set := func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/deep" {
			http.Redirect(w, q, to, http.StatusFound)
			return
		}
		for _, c := range []http.Cookie{
			{Name: "plain", Value: "1"},
			{Name: "path", Value: "1", Path: "/elsewhere"},
			{Name: "other", Value: "1", Domain: "localhost"},
			{Name: "suffix", Value: "1", Domain: "com"},
			{Name: "secure", Value: "1", Secure: true},
		} {
			http.SetCookie(w, &c)
		}
		http.Redirect(w, q, to, http.StatusFound)
	}
	near, secure := server(t, set), ca.server(t, true, set)
	for _, c := range []struct{ name, from, to, want string }{
		{"another host", near.URL, other, ""},
		{"the same host", near.URL, far.URL + "/", "plain=1; secure=1"}, // the port does not count, and loopback is secure
		{"a path", near.URL, far.URL + "/elsewhere/x", "path=1; plain=1; secure=1"},
		{"from https to http", secure.URL, far.URL + "/", ""},
	} {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+near.URL, "GET "+secure.URL, "GET "+far.URL, "GET "+other), network: ca.network()})
		to = c.to
		if _, err := get(t, r, c.from+"/"); err != nil || got.Load() != c.want {
			t.Errorf("%s: %q %v, want %q", c.name, got.Load(), err, c.want)
		}
	}
}

// A cookie goes back as it came, whatever characters its value has.
func TestCookiesGoBackAsTheyCame(t *testing.T) {
	for _, pair := range []string{`a={"x":1,"y":"z"}`, `a="quoted"`, `a="b c"`, "a=b c", "a=b,c", `a=b\c`, "a=", "a=b=c==", "a=caf\u00e9"} {
		s := server(t, func(w http.ResponseWriter, q *http.Request) {
			if got := q.Header.Get("Cookie"); got != "" {
				fmt.Fprint(w, got)
				return
			}
			w.Header().Set("Set-Cookie", pair+"; Path=/; HttpOnly")
			http.Redirect(w, q, "/", http.StatusFound)
		})
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
		if got, err := get(t, r, s.URL+"/"); got != pair || err != nil {
			t.Errorf("%s: %q %v", pair, got, err)
		}
	}
}

// A server that sets cookies without end costs no more than the limit.
func TestCookiesAreLimited(t *testing.T) {
	n := 0
	s := server(t, func(w http.ResponseWriter, q *http.Request) {
		for range 50 {
			n++
			http.SetCookie(w, &http.Cookie{Name: fmt.Sprint("c", n), Value: strings.Repeat("x", 900)})
		}
		http.Redirect(w, q, "/", http.StatusFound)
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	if _, err := get(t, r, s.URL); err == nil || !strings.HasSuffix(err.Error(), "stopped after 10 redirects at "+s.URL+"; repair what redirects in a circle, or set the URL that it should lead to") {
		t.Error(err)
	}
}

// rawHTTP2 serves HTTP/2 by frames, and HTTP/1.1 to a client that offers only
// that. It counts both.
func rawHTTP2(t testing.TB, ca *authority, serve func(f *http2.Framer, stream uint32)) (addr string, two, one *atomic.Int32) {
	two, one = new(atomic.Int32), new(atomic.Int32)
	config := ca.server(t, true, func(http.ResponseWriter, *http.Request) {}).TLS.Clone()
	config.NextProtos = []string{"h2", "http/1.1"}
	return listen(t, func(c net.Conn) {
		secured := tls.Server(c, config)
		if secured.HandshakeContext(t.Context()) != nil {
			return
		}
		if secured.ConnectionState().NegotiatedProtocol != "h2" {
			one.Add(1)
			readRequest(secured)
			fmt.Fprint(secured, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none")
			return
		}
		_, _ = io.ReadFull(secured, make([]byte, len(http2.ClientPreface)))
		f := http2.NewFramer(secured, secured)
		_ = f.WriteSettings()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if h, ok := frame.(*http2.HeadersFrame); ok {
				two.Add(1)
				serve(f, h.StreamID)
			}
		}
	}), two, one
}

// A server that requires HTTP/1.1 is asked again over HTTP/1.1, once, unless
// the request may have had an effect. Other errors are not hidden that way.
func TestServerRequiresHTTP1(t *testing.T) {
	ca := newAuthority(t)
	reset := func(code http2.ErrCode) func(*http2.Framer, uint32) {
		return func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, code) }
	}
	goAway := func(last uint32, code http2.ErrCode) func(*http2.Framer, uint32) {
		return func(f *http2.Framer, _ uint32) {
			_ = f.WriteGoAway(last, code, []byte("speak 1.1"))
			if last > 0 {
				_ = f.WriteRSTStream(1, code)
			}
		}
	}
	for _, c := range []struct {
		name, method string
		serve        func(*http2.Framer, uint32)
		again        int32
	}{
		{"reset", "GET", reset(http2.ErrCodeHTTP11Required), 1},
		{"reset, idempotent", "PUT", reset(http2.ErrCodeHTTP11Required), 1},
		{"reset, not idempotent", "POST", reset(http2.ErrCodeHTTP11Required), 0},
		{"go away, unread", "POST", goAway(0, http2.ErrCodeHTTP11Required), 1},
		{"go away, read", "GET", goAway(1, http2.ErrCodeHTTP11Required), 1},
		{"go away, read, not idempotent", "POST", goAway(1, http2.ErrCodeHTTP11Required), 0},
		{"another code", "GET", reset(http2.ErrCodeInternal), 0},
		{"go away with another code", "GET", goAway(0, http2.ErrCodeEnhanceYourCalm), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			addr, two, one := rawHTTP2(t, ca, c.serve)
			url := "https://" + addr
			r := start(t, setup{rules: rules(t, manifest.HTTP, c.method+" "+url), network: ca.network()})
			resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: c.method, URL: url, Body: []byte("x")})
			if err == nil {
				if got := read(t, resp); got != "one" {
					t.Errorf("the body is %q", got)
				}
			}
			if two.Load() != 1 || one.Load() != c.again || (err == nil) != (c.again == 1) {
				t.Errorf("%d requests over HTTP/2, %d over HTTP/1.1: %v", two.Load(), one.Load(), err)
			}
		})
	}
}

// TestRequestThatWasNotTaken checks that a request which the server did not look
// at is sent again, once, over a new connection, whatever its method, and that a
// server which ends the exchange with an error is reported.
func TestRequestThatWasNotTaken(t *testing.T) {
	ca := newAuthority(t)
	for _, c := range []struct {
		name   string
		end    func(f *http2.Framer, stream uint32)
		always bool // also the second time
		sent   int32
		says   string
	}{
		{"refused", func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, http2.ErrCodeRefusedStream) }, false, 2, ""},
		{"refused twice", func(f *http2.Framer, stream uint32) { _ = f.WriteRSTStream(stream, http2.ErrCodeRefusedStream) }, true, 2, "resets the request with the HTTP/2 error REFUSED_STREAM"},
		{"shutting down", func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) }, false, 2, ""},
		{"shutting down twice", func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeNo, nil) }, true, 2, ""},
		{"too many requests", func(f *http2.Framer, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil) }, true, 1, "ends the connection with the HTTP/2 error ENHANCE_YOUR_CALM; it limits this client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var n atomic.Int32
			addr, two, one := rawHTTP2(t, ca, func(f *http2.Framer, stream uint32) {
				if n.Add(1) == 1 || c.always {
					c.end(f, stream)
					return
				}
				_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte{0x88}, EndHeaders: true, EndStream: true}) // :status 200
			})
			url := "https://" + addr
			r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+url), network: ca.network()})
			resp, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "POST", URL: url, Body: []byte("x")})
			if err == nil {
				resp.Body.Close()
			} else if code := Code(err); code != abi.ErrTarget && code != abi.ErrReset {
				t.Errorf("errno %d: %v", code, err)
			} else if !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
			if two.Load() != c.sent || one.Load() != 0 || (err == nil) == c.always {
				t.Errorf("%d requests over HTTP/2, %d over HTTP/1.1: %v", two.Load(), one.Load(), err)
			}
		})
	}
}

// Headers over the limit are vega's limit over HTTP/2, too, and not a mistake of
// the server.
func TestLongHeaders(t *testing.T) {
	ca := newAuthority(t)
	one := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("a", 100_000)) }
	many := func(w http.ResponseWriter, _ *http.Request) {
		for n := range 100 {
			w.Header().Set(fmt.Sprint("X-", n), fmt.Sprint(n, strings.Repeat("x", 1000)))
		}
	}
	for name, url := range map[string]string{
		"one over HTTP/1": server(t, one).URL, "one over HTTP/2": ca.server(t, true, one).URL,
		"many over HTTP/1": server(t, many).URL, "many over HTTP/2": ca.server(t, true, many).URL,
	} {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url), network: ca.network()})
		if _, err := get(t, r, url); Code(err) != abi.ErrTooLarge || !strings.Contains(err.Error(), "headers exceed 64 KiB") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Older servers say that a body has no transfer coding, which browsers accept.
func TestIdentityTransferCoding(t *testing.T) {
	for _, head := range []string{
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nServer: x\r\ntransfer-encoding:Identity \r\n\r\n",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nTransfer-Encoding: identity\n\n",
	} {
		url := "http://" + listen(t, func(c net.Conn) {
			readRequest(c)
			fmt.Fprint(c, head+"ok")
		})
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url)})
		if got, err := get(t, r, url); got != "ok" || err != nil {
			t.Errorf("%q: %q %v", head, got, err)
		}
	}
	inPieces := "http://" + listen(t, func(c net.Conn) {
		readRequest(c)
		for _, piece := range []string{"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-", "Encoding: identity\r", "\n\r\nok"} {
			fmt.Fprint(c, piece)
			time.Sleep(10 * time.Millisecond)
		}
	})
	pieces := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+inPieces)})
	if got, err := get(t, pieces, inPieces); got != "ok" || err != nil {
		t.Errorf("in pieces: %q %v", got, err)
	}
	url := "http://" + listen(t, func(c net.Conn) {
		readRequest(c)
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, identity\r\n\r\nok")
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url)})
	if _, err := get(t, r, url); err == nil {
		t.Error("another coding is ignored, too")
	}
}

// Interim responses come before the response: a few dozen are fine, an endless
// number is not.
func TestInterimResponses(t *testing.T) {
	ca := newAuthority(t)
	hints := func(w http.ResponseWriter, q *http.Request) {
		n := 40
		if q.URL.Path == "/endless" {
			n = 400
		}
		w.Header().Set("Link", "</a.css>; rel=preload")
		for range n {
			w.WriteHeader(http.StatusEarlyHints)
		}
		fmt.Fprint(w, "ok")
	}
	for name, url := range map[string]string{"HTTP/1.1": server(t, hints).URL, "HTTP/2": ca.server(t, true, hints).URL} {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url), network: ca.network()})
		if got, err := get(t, r, url); got != "ok" || err != nil {
			t.Errorf("%s: %q %v", name, got, err)
		}
		if _, err := get(t, r, url+"/endless"); err == nil || !strings.Contains(err.Error(), "only interim responses") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What does not speak HTTP is said to, and how it begins.
func TestAnotherProtocol(t *testing.T) {
	say := func(text string) string {
		return listen(t, func(c net.Conn) { fmt.Fprint(c, text); readRequest(c) })
	}
	for text, want := range map[string]string{
		"\x15\x03\x01\x00\x02\x02\x16":           "it speaks HTTPS: write https://",
		"SSH-2.0-OpenSSH_9.2\r\n":                `it does not speak HTTP: it begins with "SSH-2.0-OpenSSH_9.2\r\n"`,
		"220 mail.example.com ESMTP\r\n":         "it does not speak HTTP",
		"-ERR wrong number of arguments\r\n\r\n": "it does not speak HTTP",
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n": "switches to another protocol",
	} {
		url := "http://" + say(text)
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+url)})
		if _, err := get(t, r, url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The body is converted only if the guest asks for it, and the limit names
// itself.
func TestBodyAsUTF8(t *testing.T) {
	encoded, err := simplifiedchinese.GBK.NewEncoder().String("服务正常")
	if err != nil {
		t.Fatal(err)
	}
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=GBK")
		fmt.Fprint(w, encoded)
	})
	for converted, want := range map[bool]string{true: "服务正常", false: encoded} {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, UTF8: converted})
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, resp); got != want {
			t.Errorf("%v: %q", converted, got)
		}
	}
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, MaxBody: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err = io.ReadAll(resp.Body); Code(err) != abi.ErrTooLarge || !strings.Contains(err.Error(), "exceeds its limit of 4B") {
		t.Error(err)
	}
}
