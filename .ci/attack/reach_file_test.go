package attack

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// socketIn serves HTTP on a socket in a directory, and counts what arrives.
func socketIn(t *testing.T, path string) (l *listener) {
	t.Helper()
	return listen(t, "unix", path, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
}

// shortDir returns a new directory with a short path, for sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(scratch, "") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// reaches attacks with calls that all must fail, and requires that nothing arrives.
func reaches(t *testing.T, what string, private *listener, grants string, calls ...string) {
	t.Helper()
	d, lines := scripted(t, "file", "", "", fmt.Sprintf("  grant {\n    unix = [%s]\n  }", grants), calls...)
	if lines == nil {
		report(t, d, strings.Contains(d.written(), "bad grant"), "%s: refused before the run: %.200s", what, d.written())
		return
	}
	n, text := private.received()
	report(t, d, n == 0, "%s: %d connections %.60q; %.500s", what, n, text, strings.Join(lines, "; "))
}

func get(path string) []string { return []string{"request|GET|http://x/", "unix|" + path, "send|"} }

// Goes to a socket by a link of the same name.
func TestSocketByLink(t *testing.T) {
	dir := shortDir(t)
	private := socketIn(t, dir+"/private.sock")
	if err := os.Symlink(dir+"/private.sock", dir+"/app.sock"); err != nil {
		t.Fatal(err)
	}
	reaches(t, "the socket is a link", private, fmt.Sprintf("\"GET %s/app.sock\", \"%[1]s/app.sock\"", dir), append(get(dir+"/app.sock"), "dial|3|"+dir+"/app.sock", "write|GET / HTTP/1.0<CR><LF><CR><LF>")...)
}

// Goes to a socket in a directory that another user links to.
func TestSocketByLinkedDirectory(t *testing.T) {
	dir := shortDir(t)
	if err := errors.Join(os.Mkdir(dir+"/private", 0o755), os.Mkdir(dir+"/open", 0o777), os.Chmod(dir+"/open", 0o777), os.Symlink(dir+"/private", dir+"/open/app")); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(dir+"/open/app", 65534, 65534); err != nil {
		t.Skip("only root can make another user's link:", err)
	}
	private := socketIn(t, dir+"/private/app.sock")
	reaches(t, "another user's directory is a link", private, fmt.Sprintf("\"GET %s/open/app/app.sock\", \"%[1]s/open/app/app.sock\"", dir), append(get(dir+"/open/app/app.sock"), "dial|3|"+dir+"/open/app/app.sock", "write|GET / HTTP/1.0<CR><LF><CR><LF>")...)
}

// Replaces the socket by a link, and back, while a probe connects again and again.
func TestSocketSwapped(t *testing.T) {
	dir := shortDir(t)
	private := socketIn(t, dir+"/private.sock")
	socketIn(t, dir+"/own.sock")
	if err := errors.Join(os.Symlink(dir+"/private.sock", dir+"/link"), os.Link(dir+"/own.sock", dir+"/app.sock")); err != nil {
		t.Fatal(err)
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			next := fmt.Sprintf("%s/next%d", dir, i%2)
			if i%2 == 0 {
				_ = os.Symlink(dir+"/private.sock", next) // a race that is lost changes nothing
			} else {
				_ = os.Link(dir+"/own.sock", next) // likewise
			}
			_ = os.Rename(next, dir+"/app.sock") // likewise
		}
	}()
	var script []string
	for range 8 {
		script = append(script, "dial|3|"+dir+"/app.sock", "write|GET / HTTP/1.0<CR><LF><CR><LF>")
		script = append(script, get(dir+"/app.sock")...)
	}
	d, lines := scripted(t, "file", "", "", fmt.Sprintf("  grant {\n    unix = [\"GET %s/app.sock\", \"%[1]s/app.sock\"]\n  }", dir), script...)
	for range 30 {
		d.check(time.Minute)
	}
	close(stop)
	<-done
	n, _ := private.received()
	report(t, d, n == 0 && lines != nil, "%d connections by the link in 31 runs of 16 attempts; %.200s", n, strings.Join(lines, "; "))
}

// Writes the path in other forms, and names other sockets.
func TestSocketElsewhere(t *testing.T) {
	dir := shortDir(t)
	socketIn(t, dir+"/app.sock")
	private := socketIn(t, dir+"/private.sock")
	if err := os.Mkdir(dir+"/sub", 0o755); err != nil {
		t.Fatal(err)
	}
	var calls []string
	for _, path := range []string{dir + "/private.sock", dir + "/sub/../private.sock", dir + "/app.sock/../private.sock", "private.sock", dir + "//private.sock", dir + "/./private.sock", dir + "/app.sock<LF>", "@" + dir + "/private.sock", "/proc/self/cwd/../private.sock", ""} {
		calls = append(calls, "dial|3|"+path)
		calls = append(calls, get(path)...)
	}
	reaches(t, "other paths", private, fmt.Sprintf("\"GET %s/app.sock\", \"%[1]s/app.sock\"", dir), calls...)
}

// Connects to an abstract socket.
func TestAbstractSocket(t *testing.T) {
	private := socketIn(t, "@vega-attack-abstract")
	reaches(t, "an abstract socket", private, `"@vega-attack-abstract"`, "dial|3|@vega-attack-abstract", "dial|3|<LF>vega-attack-abstract")
	_ = private
}

func TestAbstractSocketByCall(t *testing.T) {
	dir := shortDir(t)
	private := socketIn(t, "@vega-attack-abstract2")
	socketIn(t, dir+"/app.sock")
	reaches(t, "an abstract socket", private, fmt.Sprintf("%q", dir+"/app.sock"), "dial|3|@vega-attack-abstract2", "dial|3|<NUL>vega-attack-abstract2", "dial|0|@vega-attack-abstract2")
}

// Uses a socket that is granted for GET in another way.
func TestSocketMethod(t *testing.T) {
	dir := shortDir(t)
	own := socketIn(t, dir+"/app.sock")
	at := dir + "/app.sock"
	reaches(t, "granted: GET", own, fmt.Sprintf("\"GET %s\"", at), "request|POST|http://x/containers/x/stop", "unix|"+at, "send|", "request|DELETE|http://x/", "unix|"+at, "send|", "request|get|http://x/", "unix|"+at, "send|",
		"dial|3|"+at, "write|POST / HTTP/1.0<CR><LF><CR><LF>", "request|GET <CR><LF>|http://x/", "unix|"+at, "send|", "request|POST|http://x/", "send|")
}

// Smuggles a second request into the one that is granted.
func TestSocketSmuggledRequest(t *testing.T) {
	dir := shortDir(t)
	own := socketIn(t, dir+"/app.sock")
	at := dir + "/app.sock"
	body := "POST /stop HTTP/1.1<CR><LF>Host: x<CR><LF><CR><LF>"
	d, lines := scripted(t, "file", "", "", fmt.Sprintf("  grant {\n    unix = [\"GET %s\"]\n  }", at),
		"request|GET|http://x/<CR><LF><CR><LF>"+body, "unix|"+at, "send|", "request|GET|http://x/", "unix|"+at, "header|X-A|b<CR><LF><CR><LF>"+body, "send|",
		"request|GET|http://x/", "unix|"+at, "header|Content-Length|0", "header|Transfer-Encoding|chunked", "send|"+body, "request|GET|http://x<CR><LF>X-Smuggled: 1/", "unix|"+at, "send|", "request|GET|http://x/", "unix|"+at, "header|Upgrade|tcp", "header|Connection|Upgrade", "send|")
	if lines == nil {
		t.Fatal(d.written())
	}
	_, text := own.received()
	wrong := ""
	for request := range strings.SplitSeq(text, "\n---\n") {
		head, rest, _ := strings.Cut(request, "\r\n\r\n")
		sized := strings.Contains(strings.ToLower(head), fmt.Sprintf("content-length: %d", len(rest)))
		if request != "" && (!strings.HasPrefix(head, "GET / HTTP/1.1\r\n") || strings.Contains(strings.ToLower(head), "upgrade") || strings.Contains(strings.ToLower(head), "transfer-encoding") || rest != "" && !sized) {
			wrong += fmt.Sprintf("%q ", request)
		}
	}
	report(t, d, wrong == "", "arrived wrongly: %.400s; %.300s", wrong, strings.Join(lines, "; "))
}

// http2Server answers over HTTP/2 without TLS.
func http2Server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL + "/"
}

// Has the token come back in trailers, whole.
func TestTrailersEchoSecret(t *testing.T) {
	url := http2Server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "Grpc-Message, X-Echo")
		_, _ = w.Write([]byte("body"))
		w.Header().Set("Grpc-Message", r.Header.Get("Authorization"))
		w.Header().Set("X-Echo", "a"+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+"b")
	})
	d, lines := scripted(t, "request", "", fmt.Sprintf("    url = %q\n    token = env(\"TOKEN\")", url), "", "request|POST|"+url, "option|4|1", "header|Authorization|Bearer <TOKEN>", "send|x", "read", "read", "trailer|Grpc-Message", "trailer|X-Echo")
	if lines == nil {
		t.Fatal(d.written())
	}
	got := strings.Join(lines, "; ")
	report(t, d, !strings.Contains(got, token) && strings.Contains(got, "body"), "%.600s", strings.ReplaceAll(got, token, "(the token)"))
}

// floodHTTP2 speaks HTTP/2 by hand and floods the client with frames.
func floodHTTP2(t *testing.T, what string, frame []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var sent atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = c.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0}) // SETTINGS
				many := []byte(strings.Repeat(string(frame), 1+8192/len(frame)))
				for {
					n, err := c.Write(many)
					if sent.Add(int64(n)); err != nil {
						return
					}
				}
			}()
		}
	}()
	url := "http://" + l.Addr().String() + "/"
	hcl := fmt.Sprintf("integration \"attack\" {\n  probe    = guest.request\n  interval = \"0s\"\n  timeout  = \"5s\"\n  config {\n    url = %q\n    send = %q\n  }\n}\n", url, "request|POST|"+url+"\noption|4|1\nsend|x\nread")
	d := home(t, hcl, guestFile(t)).start()
	before := d.settle()
	end := d.meanwhile()
	got := d.check(2 * time.Minute)["attack"]
	end()
	d.measure()
	grown := d.peak - before
	report(t, d, got.Name != "" && grown < 64<<20 && d.answered == d.asked && !strings.HasPrefix(got.Details["2"], "2"), "%s: %d MiB sent, %d MiB more; %s %s %.200s", what, sent.Load()>>20, grown>>20, got.Status, got.Cause, got.Details["2"]+got.Message)
}

func TestHTTP2Pings(t *testing.T) {
	floodHTTP2(t, "PING frames", append([]byte{0, 0, 8, 6, 0, 0, 0, 0, 0}, make([]byte, 8)...))
}

func TestHTTP2Settings(t *testing.T) {
	floodHTTP2(t, "SETTINGS frames", []byte{0, 0, 0, 4, 0, 0, 0, 0, 0})
}

func TestHTTP2Headers(t *testing.T) {
	floodHTTP2(t, "CONTINUATION frames", append([]byte{0, 0x20, 0, 9, 0, 0, 0, 0, 1}, make([]byte, 0x2000)...))
}
