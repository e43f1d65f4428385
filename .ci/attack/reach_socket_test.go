package attack

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 requires it
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// websocketServer answers upgrades and passes the connection on.
func websocketServer(t *testing.T, then func(net.Conn)) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 requires it
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		then(c)
	}))
	t.Cleanup(web.Close)
	return "ws" + strings.TrimPrefix(web.URL, "http") + "/"
}

// granted returns a grant for the origin of a URL.
func granted(url string) string {
	return fmt.Sprintf("  grant {\n    websocket = [%q]\n  }", strings.TrimSuffix(url, "/"))
}

// Smuggles headers, or a second request, into the upgrade.
func TestWebSocketSmuggledHeaders(t *testing.T) {
	l := listen(t, "tcp", "127.0.0.1:0", "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
	url := "ws://" + l.Addr().String() + "/"
	script := []string{"request|GET|" + url, "header|X-Honest|1", "open"}
	for _, h := range []string{
		"X-A|b<CR><LF>Host: other", "X-A<CR><LF>X-Smuggled|b", "X-A: b<LF>X-Smuggled|c", "Upgrade|h2c", "Connection|close", "Sec-WebSocket-Key|AAAAAAAAAAAAAAAAAAAAAA==",
		"Sec-WebSocket-Version|8", "Sec-WebSocket-Extensions|permessage-deflate", "Host|other.example", "Transfer-Encoding|chunked", "Content-Length|100", "host |other.example", "Sec-WebSocket-Accept|x", "Proxy-Authorization|x", "TE|trailers",
	} {
		script = append(script, "request|GET|"+url, "header|"+h, "open")
	}
	script = append(script, "request|GET|"+url+"?<CR><LF>X-Smuggled: 1", "open", "request|GET / HTTP/1.1<CR><LF>X-Smuggled: 1<CR><LF>|"+url, "open", "request|POST|"+url, "open")
	d, lines := scripted(t, "socket", "", "", granted(url), script...)
	if lines == nil {
		t.Fatal(d.written())
	}
	n, text := l.received()
	wrong := ""
	for request := range strings.SplitSeq(text, "\n---\n") {
		lower := strings.ToLower(request)
		for _, bad := range []string{"x-smuggled", "other", "h2c", "connection: close", "aaaaaaaaaaaaaaaaaaaaaa==", "version: 8", "permessage", "transfer-encoding", "content-length", "sec-websocket-accept", "proxy-auth", "te: "} {
			if strings.Contains(lower, bad) {
				wrong += bad + " "
			}
		}
		if request != "" && (!strings.HasPrefix(request, "GET / HTTP/1.1\r\n") || strings.Count(lower, "sec-websocket-key:") != 1 || strings.Count(lower, "host:") != 1) {
			wrong += fmt.Sprintf("%q ", request)
		}
	}
	report(t, d, wrong == "" && n > 0, "%d upgrades arrived; smuggled: %q; %.200s", n, wrong, strings.Join(lines[:6], "; "))
}

// Follows a redirect in answer to an upgrade, with the token, to another host.
func TestWebSocketRedirect(t *testing.T) {
	other := listen(t, "tcp", "127.0.0.1:0", "")
	l := listen(t, "tcp", "127.0.0.1:0", fmt.Sprintf("HTTP/1.1 302 Found\r\nLocation: ws://%s/\r\nContent-Length: 0\r\n\r\n", other.Addr()))
	url := "ws://" + l.Addr().String() + "/"
	d, lines := scripted(t, "socket", "", fmt.Sprintf("    url = %q\n    token = env(\"TOKEN\")", url), "", "request|GET|"+url, "header|Authorization|Bearer <TOKEN>", "option|0|10", "open")
	n, text := other.received()
	report(t, d, n == 0 && lines != nil, "%d connections to the other host: %.100q; %.300s", n, text, strings.Join(lines, "; "))
}

// Opens a WebSocket to what was not granted, and by other calls than its own.
func TestWebSocketElsewhere(t *testing.T) {
	other := listen(t, "tcp", "127.0.0.1:0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	l := listen(t, "tcp", "127.0.0.1:0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	url, at := "ws://"+l.Addr().String()+"/", other.Addr().String()
	d, lines := scripted(t, "socket", "", "", granted(url),
		"request|GET|ws://"+at+"/", "open", "request|GET|ws://"+l.Addr().String()+"@"+at+"/", "open", "request|GET|http://"+at+"/", "open", "request|GET|http://"+l.Addr().String()+"/", "send|", "request|GET|ws://[::ffff:127.0.0.1]:"+strings.Split(at, ":")[1]+"/", "open", "request|GET|ws:"+at+"/", "open")
	n, text := other.received()
	own, first := l.received()
	report(t, d, n == 0 && lines != nil && own == 0, "%d connections elsewhere %.100q, %d plain requests to the target %.60q; %.300s", n, text, own, first, strings.Join(lines, "; "))
}

// Sends the token as a message, to a host that is only granted.
func TestWebSocketSecretToThirdParty(t *testing.T) {
	got := make(chan string, 100)
	collect := func(c net.Conn) { b, _ := io.ReadAll(io.LimitReader(c, 4096)); got <- string(b) }
	third, own := websocketServer(t, collect), websocketServer(t, collect)
	d, lines := scripted(t, "socket", "", fmt.Sprintf("    url = %q\n    token = env(\"TOKEN\")", own), fmt.Sprintf("  grant {\n    websocket = [%q]\n  }", strings.TrimSuffix(third, "/")),
		"request|GET|"+third, "header|X-Token|<TOKEN>", "open", "say|<TOKEN>", "say|a<TOKEN>b")
	if lines == nil {
		report(t, d, strings.Contains(d.written(), "error[VEGA053]"), "refused before the run: VEGA053")
		return
	}
	seen := unmasked(drain(got))
	report(t, d, !strings.Contains(seen, token), "the third party received %.100q; %.400s", seen, strings.Join(lines, "; "))
}

// Sends the token as a message to its own target over plain text, by a stranger's plugin.
func TestWebSocketSecretInPlainText(t *testing.T) {
	got := make(chan string, 100)
	own := strings.Replace(websocketServer(t, func(c net.Conn) { b, _ := io.ReadAll(io.LimitReader(c, 4096)); got <- string(b) }), "127.0.0.1", "localtest.example", 1)
	port := own[strings.LastIndex(own, ":")+1:]
	d, lines := scripted(t, "socket", "", fmt.Sprintf("    url = %q\n    token = env(\"TOKEN\")", own), fmt.Sprintf("  connect_to = \"127.0.0.2:%s\"", strings.TrimSuffix(port, "/")),
		"request|GET|"+own, "header|X-Token|<TOKEN>", "open", "request|GET|"+own, "open", "say|<TOKEN>")
	if lines == nil {
		report(t, d, strings.Contains(d.written(), "error["), "refused before the run: %.300s", d.written())
		return
	}
	seen := unmasked(drain(got))
	report(t, d, !strings.Contains(seen, token), "the target received %.100q; %.400s", seen, strings.Join(lines, "; "))
}

func drain(got chan string) (all string) {
	for {
		select {
		case s := <-got:
			all += s
		default:
			return all
		}
	}
}

// unmasked returns the payloads of small masked frames.
func unmasked(b string) (text string) {
	for len(b) >= 6 {
		n := int(b[1] & 127)
		if n > 125 || len(b) < 6+n {
			return text + b
		}
		for i := range n {
			text += string(rune(b[6+i] ^ b[2+i%4]))
		}
		b = b[6+n:]
	}
	return text
}

// receives reads 100 messages of a server, and reports the memory that it took.
func receives(t *testing.T, what string, then func(net.Conn)) {
	t.Helper()
	url := websocketServer(t, then)
	hcl := fmt.Sprintf("integration \"attack\" {\n  probe    = guest.socket\n  interval = \"0s\"\n  timeout  = \"5s\"\n%s\n  config {\n    send = %q\n  }\n}\n", granted(url),
		"request|GET|"+url+"\nopen\nrepeat|100\nreceive")
	d := home(t, hcl, guestFile(t)).start()
	before := d.settle()
	end := d.meanwhile()
	got := d.check(2 * time.Minute)["attack"]
	end()
	d.measure()
	grown := d.peak - before
	report(t, d, got.Name != "" && grown < 48<<20 && d.answered == d.asked, "%s: %s %s, %d MiB more; %.200s", what, got.Status, got.Cause, grown>>20, got.Details["3"]+got.Message)
}

func TestWebSocketLargeFrame(t *testing.T) {
	receives(t, "a frame of 64 MiB", func(c net.Conn) {
		_, _ = c.Write([]byte{0x82, 127, 0, 0, 0, 0, 4, 0, 0, 0})
		for range 64 {
			if _, err := c.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	})
}

func TestWebSocketHugeLength(t *testing.T) {
	receives(t, "a frame of 2^63 bytes", func(c net.Conn) {
		_, _ = c.Write([]byte{0x82, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		_, _ = io.Copy(io.Discard, c)
	})
}

func TestWebSocketEndlessFragments(t *testing.T) {
	receives(t, "endless fragments", func(c net.Conn) {
		first := byte(0x02)
		part := append([]byte{0, 126, 0x04, 0x00}, make([]byte, 1024)...)
		for {
			part[0] = first
			if _, err := c.Write(part); err != nil {
				return
			}
			first = 0
		}
	})
}

func TestWebSocketEmptyFragments(t *testing.T) {
	receives(t, "endless empty fragments", func(c net.Conn) {
		_, _ = c.Write([]byte{0x02, 0})
		for {
			if _, err := c.Write(make([]byte, 8192)); err != nil {
				return
			}
		}
	})
}

func TestWebSocketPingFlood(t *testing.T) {
	var sent atomic.Int64
	receives(t, "endless pings", func(c net.Conn) {
		ping := []byte(strings.Repeat("\x89\x02hi", 2048))
		for {
			n, err := c.Write(ping)
			if sent.Add(int64(n)); err != nil {
				return
			}
		}
	})
}
