package egress

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/sdk/abi"
)

// Anything not granted is denied in the same way and immediately: a guest learns
// neither which ports are open nor which names exist.
func TestDenialsRevealNothing(t *testing.T) {
	var connected atomic.Int32
	open := listen(t, func(net.Conn) { connected.Add(1) })
	closed := listen(t, nil)
	names := serveDNS(t, "known.test. 1 IN A 127.0.0.1")
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET http://granted.test"), network: New(names.addr)})
	// The context has ended, so that a denial that took a lookup, a connection
	// or any other wait would time out.
	ended := within(t, 0)
	shapes := map[string]map[string]bool{}
	for range 50 {
		for _, address := range []string{open, closed, "known.test:80", "absent.test:80", "192.0.2.1:80"} {
			for kind, ask := range map[string]func() error{
				"http": func() error {
					_, err := r.HTTP(ended, &Request{Method: "GET", URL: "http://" + address + "/"})
					return err
				},
				"tcp": func() error { _, err := r.Dial(ended, abi.NetTCP, address); return err },
				"tls": func() error { _, err := r.Dial(ended, abi.NetTLS, address); return err },
				"udp": func() error { _, err := r.Dial(ended, abi.NetUDP, address); return err },
			} {
				err := ask()
				var d *grant.Denial
				if !errors.As(err, &d) {
					t.Fatalf("%s %s: %v", kind, address, err)
				}
				host, port, _ := net.SplitHostPort(address)
				shape := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(err.Error(), ":"+port, ""), host, "HOST"), "\n", "")
				if shapes[kind] == nil {
					shapes[kind] = map[string]bool{}
				}
				shapes[kind][shape] = true
			}
		}
	}
	for kind, seen := range shapes {
		if len(seen) != 1 {
			t.Errorf("%s is denied in %d ways: %v", kind, len(seen), seen)
		}
	}
	if connected.Load() != 0 || names.asked.Load() != 0 {
		t.Errorf("%d connections were made and %d names looked up", connected.Load(), names.asked.Load())
	}
}

// However the parts of a request are written, exactly one request arrives, with
// only the intended headers.
func TestOneRequestArrives(t *testing.T) {
	const evil = "GET /evil HTTP/1.1\r\nHost: evil\r\n\r\n"
	heads := make(chan string, 100)
	addr := listen(t, func(c net.Conn) {
		b := bufio.NewReader(c)
		for {
			q, err := http.ReadRequest(b)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(q.Body) // a short body shows in the comparison
			heads <- fmt.Sprintf("%s %s %s %d", q.Method, q.URL.Path, q.Host, len(body))
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET http://"+addr, "POST http://"+addr)})
	for _, q := range []*Request{
		{Method: "POST", Body: []byte("0\r\n\r\n" + evil)},
		{Method: "GET", Body: []byte(evil)},
		{Method: "POST", Header: []Field{{"Content-Length", "0"}}, Body: []byte(evil)},
		{Method: "POST", Header: []Field{{"content-length", "0"}, {"Content-Length", "7"}}, Body: []byte(evil)},
		{Method: "POST", Header: []Field{{"Transfer-Encoding", "chunked"}}, Body: []byte("0\r\n\r\n" + evil)},
		{Method: "POST", Header: []Field{{"Transfer-Encoding ", "chunked"}}},
		{Method: "POST", Header: []Field{{"Transfer_Encoding\r\nTransfer-Encoding", "chunked"}}},
		{Method: "GET", Header: []Field{{"X", "a\r\n\r\n" + evil}}},
		{Method: "GET", Header: []Field{{"X", "a\r\n folded"}}},
		{Method: "GET", Header: []Field{{"X", "a\rb"}}},
		{Method: "GET", Header: []Field{{"X", "\u560d\u560aHost: evil"}}},
		{Method: "GET", Header: []Field{{"Host", "evil"}}},
		{Method: "GET", Header: []Field{{"X\x00", "a"}}},
		{Method: "GET / HTTP/1.1\r\nHost: evil\r\n\r\nGET"},
	} {
		q.URL = "http://" + addr + "/meant"
		resp, err := r.HTTP(within(t, 5*time.Second), q)
		if err != nil {
			wants(t, err, abi.ErrInvalid)
			continue
		}
		resp.Body.Close()
		want := fmt.Sprintf("%s /meant %s %d", q.Method, addr, len(q.Body))
		if got := <-heads; got != want {
			t.Errorf("%q arrived, want %q", got, want)
		}
	}
	for _, path := range []string{"/a b", "/a\r\nX: y", "/%0d%0aX:%20y", "/a\tb", "/\u010d\u010aHost: evil"} {
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://" + addr + path})
		if err != nil {
			wants(t, err, abi.ErrInvalid)
			continue
		}
		resp.Body.Close()
		if got := <-heads; !strings.HasSuffix(got, " "+addr+" 0") {
			t.Errorf("%q arrived", got)
		}
	}
	if len(heads) > 0 {
		t.Errorf("%d extra requests: %s", len(heads), <-heads)
	}
}

// A body that arrives one byte at a time, forever, ends at the run's deadline.
func TestDribbledBody(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, "a")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(2 * time.Millisecond)
		}
	})
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	withLongerLimits(func(limit time.Duration) bool {
		resp, err := r.HTTP(within(t, limit), &Request{Method: "GET", URL: s.URL})
		if err != nil { // the headers did not arrive in time
			wants(t, err, abi.ErrTimeout)
			return false
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		wants(t, err, abi.ErrTimeout)
		return true
	})
}

// Userinfo never decides where a request goes, and is never sent as such.
func TestUserinfo(t *testing.T) {
	got := make(chan string, 20)
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { got <- r.RequestURI + " " + r.Host })
	host := strings.TrimPrefix(s.URL, "http://")
	r := start(t, setup{rules: rules(t, manifest.HTTP, "GET "+s.URL)})
	for _, target := range []string{
		"http://evil.example@" + host + "/", "http://evil.example:80@" + host + "/", "http://evil.example%2f@" + host + "/",
		"http://a:b@" + host + "/",
	} {
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: target})
		if err != nil {
			if code := Code(err); code != abi.ErrInvalid && code != abi.ErrDenied {
				t.Errorf("%s: %v", target, err)
			}
			continue
		}
		resp.Body.Close()
		if arrived := <-got; arrived != "/ "+host {
			t.Errorf("%s arrived as %q", target, arrived)
		}
	}
	for _, target := range []string{
		"http://" + host + "@evil.invalid/", "http://" + host + "%40evil.invalid/", "http://" + host + "\\@evil.invalid/",
		"http://" + host + "#@evil.invalid:80@x/", "http://" + host + ":@evil.invalid/", "http:// " + host + "@evil.invalid/",
	} {
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: target})
		if err == nil {
			resp.Body.Close()
			if arrived := <-got; arrived != "/ "+host {
				t.Errorf("%s arrived as %q", target, arrived)
			}
			continue
		}
		if code := Code(err); code != abi.ErrInvalid && code != abi.ErrDenied {
			t.Errorf("%s: %v", target, err)
		}
	}
}
