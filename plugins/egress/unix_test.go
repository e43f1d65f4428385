//go:build unix

package egress

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/plugins/fault"
	"vega/plugins/manifest"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

// socketAt returns a listener on a socket with a short path.
func socketAt(t testing.TB, name string) net.Listener {
	t.Helper()
	dir, err := os.MkdirTemp("", "vega-socket-") //nolint:usetesting // that of a test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// overSocket serves HTTP over a socket.
func overSocket(t testing.TB, h http.HandlerFunc) (path string) {
	t.Helper()
	l := socketAt(t, "api.sock")
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
	return l.Addr().String()
}

func TestDialSocket(t *testing.T) {
	l := socketAt(t, "app.sock")
	path := l.Addr().String()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	r := start(t, setup{rules: rules(t, manifest.Unix, path)})
	c := dial(t, r, abi.NetUnix, path)
	write(t, c, "AUTH "+r.mask+"\r\n")
	if said := readAll(t, c, 7+len(token)); said != "AUTH "+token+"\r\n" || c.RemoteAddr() != path {
		t.Errorf("%q from %s", said, c.RemoteAddr())
	}
	wants(t, c.StartTLS(within(t, 5*time.Second), "localhost"), abi.ErrInvalid)
	if _, err := c.TLSInfo(abi.TLSVersion); Code(err) != abi.ErrInvalid {
		t.Error(err)
	}

	bound := start(t, setup{rules: rules(t, manifest.Unix, path), bound: true})
	_, err := dial(t, bound, abi.NetUnix, path).Write(within(t, 5*time.Second), []byte(bound.mask))
	wantsDenial(t, bound, err, `secrets = "anywhere"`)
}

func TestSocketThatIsNotGranted(t *testing.T) {
	path := overSocket(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came through") })
	r := start(t, setup{rules: slices.Concat(
		rules(t, manifest.Unix, "GET "+path, path+"2"),
		rules(t, manifest.HTTP, "POST http://docker.test"), rules(t, manifest.Net, "tcp://docker.test:80"),
	)})
	for _, other := range []string{
		path, path + "3", path + "/", strings.Replace(path, "/", "//", 1), "/tmp/../" + path, strings.TrimPrefix(path, "/"),
		"", "/", "@" + path, "\x00" + path, path + "\x00", path + "\n", strings.ToUpper(path), "unix://" + path, "/" + strings.Repeat("a", 107),
	} {
		if _, err := r.Dial(within(t, 5*time.Second), abi.NetUnix, other); Code(err) != abi.ErrDenied {
			t.Errorf("%q: %v", other, err)
		}
		if other == "" {
			continue
		}
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: "http://docker.test/", Socket: other})
		wants(t, err, abi.ErrDenied)
		if other != path {
			_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://docker.test/", Socket: other})
			wants(t, err, abi.ErrDenied)
		}
	}
	_, err := r.Dial(within(t, 5*time.Second), abi.NetUnix, path)
	wantsDenial(t, r, err, "the connection to the socket "+path+" is not granted", `grant { unix = ["`+path+`"] }`)
	_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "POST", URL: "http://docker.test/", Socket: path})
	wantsDenial(t, r, err, "the request POST over the socket "+path+" is not granted", `grant { unix = ["POST `+path+`"] }`)
	if judged := (Judge{r.Session}).JudgeDial(abi.NetUnix, path); Code(judged) != abi.ErrDenied {
		t.Error(judged)
	}
}

func TestHTTPOverASocket(t *testing.T) {
	path := overSocket(t, func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "seen", Value: "1"})
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "http://docker.test/elsewhere", http.StatusFound)
			return
		}
		fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.Host, r.RequestURI, r.Header.Get("X-Token"), r.Header.Get("Cookie"))
	})
	network := New("")
	proxy, err := NewProxy("http://127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	network.Proxy = proxy
	r := start(t, setup{rules: slices.Concat(rules(t, manifest.Unix, "GET "+path), rules(t, manifest.HTTP, "GET http://docker.test")), bound: true, network: network})
	r.Transport = &transport.Options{ConnectTo: "127.0.0.1:1"}
	send := func(url string) (*Response, string) {
		t.Helper()
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: url, Socket: path, Redirects: 5, Header: []Field{{"X-Token", r.mask}}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(b)
	}
	for range 2 { // the cookie does not come back
		resp, body := send("http://docker.test/v1?a=b")
		if want := "GET docker.test /v1?a=b " + r.mask + " "; body != want || resp.RemoteAddr != path {
			t.Errorf("%q from %s, want %q", body, resp.RemoteAddr, want)
		}
		if resp.Phases[abi.PhaseConnect] <= 0 || resp.Phases[abi.PhaseFirstByte] <= 0 || resp.Phases[abi.PhaseTotal] <= 0 || resp.Phases[abi.PhaseDNS] != 0 {
			t.Error(resp.Phases)
		}
	}
	if resp, _ := send("http://docker.test/redirect"); resp.Status != http.StatusFound || resp.Landed != "" {
		t.Error(resp.Status, resp.Landed)
	}
	for _, url := range []string{"https://docker.test/", "ftp://docker.test/", "http://do\rcker/", "http:///x", "unix:/x", "http://docker.test:99999/", "http://docker_\x00/"} {
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: url, Socket: path})
		if code := Code(err); code != abi.ErrInvalid {
			t.Errorf("%q: %v", url, err)
		}
	}
	for _, f := range []Field{{"Host", "other"}, {"X\r\nY", "z"}, {"X", "a\r\nHost: b"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "3"}, {"Connection", "Upgrade"}, {"Upgrade", "tcp"}} {
		_, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://docker.test/", Socket: path, Header: []Field{f}})
		wants(t, err, abi.ErrInvalid)
	}
	_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "CONNECT", URL: "http://docker.test/", Socket: path})
	wants(t, err, abi.ErrInvalid)
}

// HTTP/2 goes over a socket, too, with trailers, by prior knowledge.
func TestHTTP2OverASocket(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		fmt.Fprintf(w, "%s %s", q.Proto, q.Host)
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	}))
	_ = s.Listener.Close()
	s.Listener = socketAt(t, "grpc.sock")
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	path := s.Listener.Addr().String()
	old := overSocket(t, func(http.ResponseWriter, *http.Request) {})
	r := start(t, setup{rules: rules(t, manifest.Unix, "POST "+path, "POST "+old)})
	q := &Request{Method: "POST", URL: "http://shop/", Socket: path, HTTP2: true, Header: []Field{{"TE", "trailers"}}}
	resp, err := r.HTTP(within(t, 5*time.Second), q)
	if err != nil {
		t.Fatal(err)
	}
	if body := read(t, resp); body != "HTTP/2.0 shop" || resp.Trailers().Get("Grpc-Status") != "0" || resp.RemoteAddr != path {
		t.Errorf("%q, %v from %s", body, resp.Trailers(), resp.RemoteAddr)
	}
	q.Socket = old
	_, err = r.HTTP(within(t, 5*time.Second), q)
	if wants(t, err, abi.ErrTarget); !strings.Contains(err.Error(), "it answers in HTTP/1.1, and this request needs HTTP/2") {
		t.Error(err)
	}
}

// A cookie of a host stays with it, although a request over a socket names the host.
func TestCookiesOfAHostAreNotSentOverASocket(t *testing.T) {
	var came []string
	path := overSocket(t, func(w http.ResponseWriter, r *http.Request) {
		came = append(came, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "socket", Value: "1"})
	})
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		came = append(came, r.Header.Get("Cookie"))
		http.SetCookie(w, &http.Cookie{Name: "host", Value: "1"})
	})
	r := start(t, setup{rules: slices.Concat(rules(t, manifest.Unix, "GET "+path), rules(t, manifest.HTTP, "GET "+s.URL))})
	for _, socket := range []string{"", path, ""} {
		resp, err := r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: s.URL, Socket: socket})
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if !slices.Equal(came, []string{"", "", "host=1"}) {
		t.Errorf("%q", came)
	}
}

// A socket that stalls, hangs up or speaks something else is at fault, in each phase of an
// exchange.
func TestBadServerAtASocket(t *testing.T) {
	for name, of := range map[string]struct {
		serve func(net.Conn)
		code  abi.Errno
	}{
		"silent":        {func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }, abi.ErrTimeout},
		"half a line":   {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200"); _, _ = io.Copy(io.Discard, c) }, abi.ErrTimeout},
		"half headers":  {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nX: "); _, _ = io.Copy(io.Discard, c) }, abi.ErrTimeout},
		"hangs up":      {func(net.Conn) {}, abi.ErrReset},
		"another":       {func(c net.Conn) { _, _ = io.WriteString(c, "220 mail ESMTP\r\n") }, abi.ErrTarget},
		"endless lines": {func(c net.Conn) { _, _ = io.Copy(c, endless('x')) }, abi.ErrTarget},
	} {
		t.Run(name, func(t *testing.T) {
			l := socketAt(t, "api.sock")
			path := l.Addr().String()
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go func() {
						_, _ = c.Read(make([]byte, 1024))
						of.serve(c)
						_ = c.Close()
					}()
				}
			}()
			r := start(t, setup{rules: rules(t, manifest.Unix, "GET "+path)})
			limit := 5 * time.Second
			if of.code == abi.ErrTimeout {
				limit = 300 * time.Millisecond
			}
			_, err := r.HTTP(within(t, limit), &Request{Method: "GET", URL: "http://x/", Socket: path})
			wants(t, err, of.code)
			if fault.Of(err) != nil || err == nil || !strings.Contains(err.Error(), path) {
				t.Error(err)
			}
		})
	}
}

// endless reads as one byte without end.
type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func TestSocketThatIsALink(t *testing.T) {
	path := overSocket(t, func(http.ResponseWriter, *http.Request) { t.Error("a request came through") })
	link := path + ".link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	r := start(t, setup{rules: rules(t, manifest.Unix, "GET "+link, link, path+"2")})
	_, err := r.Dial(within(t, 5*time.Second), abi.NetUnix, link)
	wantsDenial(t, r, err, "connecting to the socket "+link+" is refused: it is a symbolic link")
	_, err = r.HTTP(within(t, 5*time.Second), &Request{Method: "GET", URL: "http://x/", Socket: link})
	wantsDenial(t, r, err, "it is a symbolic link")
	_, err = r.Dial(within(t, 5*time.Second), abi.NetUnix, path+"2")
	wants(t, err, abi.ErrRefused)
	if !strings.Contains(err.Error(), "connecting to "+path+"2: there is no socket at this path") {
		t.Error(err)
	}
}
