package egress

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// second serves HTTP/2 without TLS, and HTTP/1.1 if first is set.
func second(t testing.TB, first bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.Protocols.SetHTTP1(first)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// askHTTP2 asks over HTTP/2 only.
func askHTTP2(t testing.TB, r *run, url string, fields ...Field) (*Response, error) {
	t.Helper()
	return r.HTTP(within(t, 10*time.Second), &Request{Method: "POST", URL: url, Body: []byte("x"), HTTP2: true, Header: fields, Redirects: 5})
}

// A request over HTTP/2 only arrives over HTTP/2, with and without TLS, with the header
// that gRPC requires; its trailers come back once the body was read.
func TestHTTP2Only(t *testing.T) {
	ca := newAuthority(t)
	echo := func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Trailer", "Announced, Missing")
		fmt.Fprintf(w, "%s %s", q.Proto, q.Header["Te"])
		w.Header().Set("Announced", "a")
		w.Header().Add(http.TrailerPrefix+"Grpc-Status", "0")
		w.Header().Add(http.TrailerPrefix+"Echo", token)
	}
	for name, url := range map[string]string{
		"TLS": ca.server(t, true, echo).URL, "prior knowledge": second(t, false, echo).URL, "beside HTTP/1.1": second(t, true, echo).URL,
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+url), network: ca.network()})
			resp, err := askHTTP2(t, r, url, Field{"te", "trailers"})
			if err != nil {
				t.Fatal(err)
			}
			if h := resp.Trailers(); len(h) > 0 {
				t.Errorf("before the end of the body: %v", h)
			}
			if got := read(t, resp); got != "HTTP/2.0 [trailers]" {
				t.Errorf("%q", got)
			}
			h := resp.Trailers()
			if h.Get("Grpc-Status") != "0" || h.Get("Announced") != "a" || h.Get("Missing") != "" || h.Get("Echo") != r.mask {
				t.Errorf("%v", h)
			}
		})
	}
}

// What only HTTP/2 allows is refused elsewhere, and so is any other value.
func TestHeaderTE(t *testing.T) {
	s := second(t, true, func(http.ResponseWriter, *http.Request) {})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+s.URL)})
	for _, c := range []struct {
		value string
		http2 bool
	}{{"trailers", false}, {"gzip", true}, {"trailers, gzip", true}, {"Trailers", true}, {"", true}} {
		_, err := r.HTTP(within(t, 10*time.Second), &Request{Method: "POST", URL: s.URL, HTTP2: c.http2, Header: []Field{{"TE", c.value}}})
		if Code(err) != abi.ErrInvalid {
			t.Errorf("%q over HTTP/2 %v: %v", c.value, c.http2, err)
		}
	}
}

// A redirect is the response: it is not followed.
func TestHTTP2OnlyFollowsNoRedirect(t *testing.T) {
	var n atomic.Int32
	s := second(t, true, func(w http.ResponseWriter, q *http.Request) { n.Add(1); http.Redirect(w, q, "/there", 307) })
	r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+s.URL)})
	resp, err := askHTTP2(t, r, s.URL)
	if err != nil || resp.Status != 307 || n.Load() != 1 {
		t.Fatal(resp, err, n.Load())
	}
	resp.Body.Close()
}

// prior serves HTTP/2 by frames, without TLS. Without settings it sends none.
func prior(t testing.TB, settings bool, serve func(f *http2.Framer, c net.Conn, stream uint32)) string {
	t.Helper()
	return "http://" + listen(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
		f := http2.NewFramer(c, c)
		if settings {
			_ = f.WriteSettings()
		}
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if h, ok := frame.(*http2.HeadersFrame); ok {
				serve(f, c, h.StreamID)
			}
		}
	})
}

// fields encodes headers.
func fields(pairs ...string) []byte {
	var b bytes.Buffer
	e := hpack.NewEncoder(&b)
	for i := 0; i < len(pairs); i += 2 {
		_ = e.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]})
	}
	return b.Bytes()
}

func headers(f *http2.Framer, stream uint32, end bool, pairs ...string) {
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: fields(pairs...), EndHeaders: true, EndStream: end})
}

// A server that does not answer over HTTP/2, or answers it wrongly, is asked once and
// told apart, whatever it speaks instead.
func TestHTTP2OnlyFailures(t *testing.T) {
	ca := newAuthority(t)
	hello := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }
	answered := func(then func(f *http2.Framer, c net.Conn, stream uint32)) string {
		return prior(t, true, func(f *http2.Framer, c net.Conn, stream uint32) {
			headers(f, stream, false, ":status", "200", "content-type", "application/grpc")
			then(f, c, stream)
		})
	}
	says := func(text string) string {
		return "http://" + listen(t, func(c net.Conn) {
			_, _ = io.WriteString(c, text)
			if strings.HasPrefix(text, "\x15") {
				_ = c.Close()
			}
			drain(c)
		})
	}
	without := ca.server(t, true, hello)
	insists := listen(t, func(c net.Conn) { // a server that has another protocol only
		config := without.TLS.Clone()
		config.NextProtos = []string{"http/1.1"}
		_ = tls.Server(c, config).HandshakeContext(t.Context())
	})
	for _, c := range []struct {
		name, url string
		code      abi.Errno
		says      string
	}{
		{"HTTP/1.1 without TLS", server(t, hello).URL, abi.ErrTarget, "it answers in HTTP/1.1, and this request needs HTTP/2"},
		{"an answer of HTTP/1.0", says("HTTP/1.0 400 Bad Request\r\n\r\n"), abi.ErrTarget, "it answers in HTTP/1.1"},
		{"HTTP/1.1 with TLS", ca.server(t, false, hello).URL, abi.ErrTLS, "none of the protocols that vega offers (ALPN h2)"},
		{"another protocol insisted on", "https://" + insists, abi.ErrTLS, "none of the protocols that vega offers (ALPN h2)"},
		{"TLS, asked without", says("\x15\x03\x03\x00\x02\x02\x0a"), abi.ErrTarget, "it speaks TLS on this port: write https://"},
		{"TLS that closes, asked without", strings.Replace(without.URL, "https", "http", 1), abi.ErrReset, ""},
		{"SMTP", says("220 mail.example.com ESMTP\r\n"), abi.ErrTarget, `it does not speak HTTP/2: it begins with "220 mail."`},
		{"a short greeting", says("hi\r\n"), abi.ErrTimeout, "timed out waiting for the HTTP/2 settings"},
		{"another first frame", says(string(frame(framePing, 0, 0, make([]byte, 8)))), abi.ErrTarget, "it does not speak HTTP/2"},
		{"silence after the connection", says(""), abi.ErrTimeout, "timed out waiting for the HTTP/2 settings of 127.0.0.1"},
		{"silence after the settings", prior(t, true, func(*http2.Framer, net.Conn, uint32) {}), abi.ErrTimeout, "timed out waiting for a response from 127.0.0.1"},
		{"headers that do not end", prior(t, true, func(f *http2.Framer, _ net.Conn, stream uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: fields(":status", "200")})
		}), abi.ErrTimeout, "timed out waiting for a response"},
		{"silence after the headers", answered(func(*http2.Framer, net.Conn, uint32) {}), abi.ErrTimeout, "timed out reading the response"},
		{"silence within the data", answered(func(f *http2.Framer, _ net.Conn, stream uint32) { _ = f.WriteData(stream, false, []byte{0, 0, 0, 0}) }), abi.ErrTimeout, "timed out reading the response"},
		{"trailers that do not end", answered(func(f *http2.Framer, _ net.Conn, stream uint32) {
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: fields("grpc-status", "0"), EndStream: true})
		}), abi.ErrTimeout, "timed out reading the response"},
		{"closed after the settings", prior(t, true, func(_ *http2.Framer, c net.Conn, _ uint32) { _ = c.Close() }), abi.ErrReset, "waiting for a response"}, // closed or reset, as the kernel says
		{"closed within the data", answered(func(f *http2.Framer, c net.Conn, stream uint32) {
			_ = f.WriteData(stream, false, []byte{0})
			_ = c.Close()
		}), abi.ErrReset, "reading the response"}, // closed or reset, as the kernel says
		{"reset instead of an answer", prior(t, true, func(f *http2.Framer, _ net.Conn, stream uint32) { _ = f.WriteRSTStream(stream, http2.ErrCodeInternal) }), abi.ErrTarget, "it resets the request with the HTTP/2 error INTERNAL_ERROR"},
		{"reset within the data", answered(func(f *http2.Framer, _ net.Conn, stream uint32) {
			_ = f.WriteRSTStream(stream, http2.ErrCodeEnhanceYourCalm)
		}), abi.ErrTarget, "it resets the request with the HTTP/2 error ENHANCE_YOUR_CALM; it limits this client"},
		{"going away instead of an answer", prior(t, true, func(f *http2.Framer, _ net.Conn, _ uint32) { _ = f.WriteGoAway(0, http2.ErrCodeInternal, nil) }), abi.ErrTarget, "it ends the connection with the HTTP/2 error INTERNAL_ERROR"},
		{"a status that is an errno", prior(t, true, func(f *http2.Framer, _ net.Conn, stream uint32) { headers(f, stream, true, ":status", "-12") }), abi.ErrTarget, "the status -12"},
		{"a status whose lower half is an errno", prior(t, true, func(f *http2.Framer, _ net.Conn, stream uint32) {
			headers(f, stream, true, ":status", "4294967284")
		}), abi.ErrTarget, "the status 4294967284"},
		{"HTTP/1.1 required", prior(t, true, func(f *http2.Framer, _ net.Conn, stream uint32) {
			_ = f.WriteRSTStream(stream, http2.ErrCodeHTTP11Required)
		}), abi.ErrTarget, "HTTP_1_1_REQUIRED; let it take this request over HTTP/2"},
		{"a frame of 16 MiB", answered(func(_ *http2.Framer, c net.Conn, stream uint32) {
			_, _ = c.Write([]byte{0xff, 0xff, 0xff, 0, 0, 0, 0, 0, byte(stream)})
		}), abi.ErrTarget, "frame too large"},
		{"trailers before the end", answered(func(f *http2.Framer, _ net.Conn, stream uint32) { headers(f, stream, false, "grpc-status", "0") }), abi.ErrTarget, "PROTOCOL_ERROR"},
		{"trailers of 1 MiB", answered(func(f *http2.Framer, _ net.Conn, stream uint32) {
			block := fields("grpc-status", "0", "x", strings.Repeat("~", 1<<20))
			_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block[:1<<14], EndStream: true})
			for rest := block[1<<14:]; len(rest) > 0; rest = rest[min(len(rest), 1<<14):] {
				_ = f.WriteContinuation(stream, len(rest) <= 1<<14, rest[:min(len(rest), 1<<14)])
			}
		}), abi.ErrTarget, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+c.url), network: ca.network()})
			var err error
			ask := func(limit time.Duration) bool {
				var resp *Response
				resp, err = r.HTTP(within(t, limit), &Request{Method: "POST", URL: c.url, Body: []byte("x"), HTTP2: true})
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
					if err == nil {
						t.Fatalf("the trailers are %.100v", resp.Trailers())
					}
				}
				return strings.Contains(err.Error(), c.says)
			}
			if c.code == abi.ErrTimeout {
				withLongerLimits(ask)
			} else {
				ask(realtest.Patience)
			}
			if Code(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d %v, want %d …%s…", Code(err), err, c.code, c.says)
			}
			t.Log(err)
		})
	}
}

// Without TLS, too, a server that sends what is no response is cut off.
func TestEndlessFramesWithoutTLS(t *testing.T) {
	for name, piece := range map[string][]byte{
		"ping": frame(framePing, 0, 0, make([]byte, 8)), "settings": frame(frameSettings, 0, 0, []byte{0, 3, 0, 0, 0, 100}),
		"window": frame(frameWindow, 0, 99, []byte{0, 0, 0, 1}),
	} {
		t.Run(name, func(t *testing.T) {
			url := prior(t, true, func(_ *http2.Framer, c net.Conn, _ uint32) { _ = forever(c, piece) })
			r := start(t, setup{rules: rules(t, manifest.HTTP, "POST "+url)})
			_, err := askHTTP2(t, r, url)
			if Code(err) != abi.ErrTarget || !strings.Contains(err.Error(), "768 KiB that are not part of its response") {
				t.Error(err)
			}
		})
	}
}

// Through a proxy, HTTP/2 without TLS goes by CONNECT: a proxy forwards HTTP/1.1.
func TestHTTP2OnlyThroughTheProxy(t *testing.T) {
	a := newAuthority(t)
	plain := second(t, false, func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", r.Proto, r.Host) }).Listener.Addr().String()
	for _, c := range []struct{ to, url, seen string }{
		{plain, "http://site.test:50051", "CONNECT //site.test:50051"},
		{site(t, a, true), "https://site.test", "CONNECT //site.test:443"},
	} {
		f := &forwarder{to: c.to}
		r := f.behind(t, a, "", rules(t, manifest.HTTP, "POST "+c.url))
		resp, err := askHTTP2(t, r, c.url+"/")
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, resp); !strings.HasPrefix(got, "HTTP/2.0 site.test") || strings.Join(f.seen, " ") != c.seen {
			t.Errorf("%q through %q, want %q", got, f.seen, c.seen)
		}
	}
}
