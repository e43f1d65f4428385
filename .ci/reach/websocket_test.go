package reach

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 requires it
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/net/websocket"

	"vega/daemon/realtest"
)

// upgraded answers an upgrade by hand, with further headers, and passes the connection on.
func upgraded(headers string, then func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // RFC 6455 requires it
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n", base64.StdEncoding.EncodeToString(sum[:]), headers)
		then(c)
	}
}

// waits keeps a connection until the peer closes it.
func waits(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// TestWebSocket talks to the server of golang.org/x/net, also through nginx, and to
// servers that break the protocol.
func TestWebSocket(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/echo", websocket.Server{Handler: func(c *websocket.Conn) { _, _ = io.Copy(c, c) }})
	mux.Handle("/protocol", websocket.Server{
		Handshake: func(c *websocket.Config, _ *http.Request) error { c.Protocol = []string{"graphql-ws"}; return nil },
		Handler:   func(c *websocket.Conn) { _, _ = io.Copy(c, c) },
	})
	mux.Handle("/other", upgraded("Sec-WebSocket-Protocol: other\r\n", waits))
	mux.Handle("/forbidden", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }))
	mux.Handle("/page", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a page")) }))
	mux.Handle("/silent", upgraded("", waits))
	mux.Handle("/closes", upgraded("", func(c net.Conn) { _, _ = c.Write([]byte{0x88, 6, 0x03, 0xf3, 'b', 'u', 's', 'y'}) }))
	mux.Handle("/drops", upgraded("", func(net.Conn) {}))
	mux.Handle("/garbage", upgraded("", func(c net.Conn) { _, _ = c.Write([]byte{0xff, 0xff, 0xff, 0xff}); waits(c) }))
	mux.Handle("/masked", upgraded("", func(c net.Conn) { _, _ = c.Write([]byte{0x81, 0x81, 1, 2, 3, 4, 'a'}); waits(c) }))
	mux.Handle("/large", upgraded("", func(c net.Conn) {
		_, _ = c.Write([]byte{0x82, 127, 0, 0, 0, 0, 4, 0, 0, 0}) // 64 MiB
		waits(c)
	}))
	mux.Handle("/accept", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm90IHRoZSByaWdodCBvbmU=\r\n\r\n")
		waits(c)
	}))
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	addr := web.Listener.Addr().String()
	ca := realtest.NewCA(t)
	secure := func(leaf *realtest.Leaf) string {
		s := httptest.NewUnstartedServer(mux)
		s.TLS, s.Config.ErrorLog = serves(leaf), log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.Listener.Addr().String()
	}
	through := realtest.Nginx(t, nil, fmt.Sprintf("location / { proxy_pass http://%s; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; } location /plain { proxy_pass http://%[1]s/echo; } location /dead { proxy_pass http://%s; } location /brief/ { proxy_pass http://%[1]s/; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; proxy_read_timeout 1s; }", addr, closed(t)))
	trust := transport(ca, nil)
	url := func(scheme, addr, path, more string) string {
		return fmt.Sprintf("    url = \"%s://%s%s\"\n%s", scheme, addr, path, more)
	}
	const echo = "    send   = \"status\"\n    expect = \"status\""
	check(t, "websocket", place{}, []row{
		{does: "opens", config: url("ws", addr, "/echo", ""), status: "healthy", message: addr},
		{does: "echoes", config: url("ws", addr, "/echo", echo), status: "healthy", message: addr},
		{does: "nginx in front of an echo", config: url("ws", through, "/echo", echo), status: "healthy", message: through},
		{does: "echoes over TLS", config: url("wss", secure(ca.Valid("127.0.0.1")), "/echo", echo), blocks: trust, status: "healthy", message: "wss://"},
		{does: "chooses the subprotocol", config: url("ws", addr, "/protocol", "    protocol = \"graphql-ws\""), status: "healthy", message: addr},
		{does: "answers 403", config: url("ws", addr, "/forbidden", ""), status: "unhealthy", cause: "target", message: "403"},
		{does: "is no WebSocket (200)", config: url("ws", addr, "/page", ""), status: "unhealthy", cause: "target", message: "200"},
		{does: "nginx without the upgrade", config: url("ws", through, "/plain", ""), status: "unhealthy", cause: "target", message: "400"},
		{does: "nginx, dead upstream", config: url("ws", through, "/dead", ""), status: "unhealthy", cause: "target", message: "502"},
		{does: "nginx ends it after proxy_read_timeout", config: url("ws", through, "/brief/silent", echo), status: "unhealthy", cause: "target", message: "closed the connection"},
		{does: "nginx in front of a refusal (403)", config: url("ws", through, "/forbidden", ""), status: "unhealthy", cause: "target", message: "403"},
		{does: "chooses another subprotocol", config: url("ws", addr, "/other", "    protocol = \"graphql-ws\""), status: "unhealthy", cause: "target", message: "subprotocol"},
		{does: "answers with a wrong Sec-WebSocket-Accept", config: url("ws", addr, "/accept", ""), status: "unhealthy", cause: "target", message: "Sec-WebSocket-Accept"},
		{does: "closes at once (1011 busy)", config: url("ws", addr, "/closes", echo), status: "unhealthy", cause: "target", message: "1011"},
		{does: "ends the connection without closing", config: url("ws", addr, "/drops", echo), status: "unhealthy", cause: "target", message: ""},
		{does: "is silent", lets: true, config: url("ws", addr, "/silent", echo), status: "unhealthy", cause: "timeout", message: ""},
		{does: "answers something else", lets: true, config: url("ws", addr, "/echo", "    send   = \"status\"\n    expect = \"fine\""), status: "unhealthy", cause: "timeout", message: "fine"},
		{does: "sends reserved bits", config: url("ws", addr, "/garbage", echo), status: "unhealthy", cause: "target", message: ""},
		{does: "masks its frames", config: url("ws", addr, "/masked", echo), status: "unhealthy", cause: "target", message: ""},
		{does: "sends a frame of 64 MiB", config: url("ws", addr, "/large", echo), status: "unknown", cause: "probe", message: "1MiB"},
		{does: "expired certificate", config: url("wss", secure(ca.Expired("127.0.0.1")), "/echo", echo), blocks: trust, status: "unhealthy", cause: "target", message: "expired"},
		{does: "port closed", config: url("ws", closed(t), "/", ""), status: "unhealthy", cause: "target", message: "refuses the connection"},
	})
}

// pythonWebSocket is a server of Python's package websockets.
const pythonWebSocket = `
import asyncio, http, sys, websockets

async def serve(ws, path):
    if path == "/echo":
        async for message in ws:
            await ws.send(message)
    elif path == "/policy":
        await ws.close(1008, "log in first")
    elif path == "/crash":
        raise RuntimeError("crash")
    else:
        await ws.wait_closed()

async def refuse(path, headers):
    if path == "/private" and headers.get("Authorization") != "Bearer right":
        return http.HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", "Bearer")], b"log in first"

async def main():
    async with websockets.serve(serve, "127.0.0.1", int(sys.argv[1]), process_request=refuse, subprotocols=["chat"], max_size=1000, origins=[None, "https://vega.example"]):
        await asyncio.Future()

asyncio.run(main())
`

// TestWebSocketInPython talks to a server that shares no code with vega, alone and behind
// nginx.
func TestWebSocketInPython(t *testing.T) {
	t.Parallel()
	python := pythonWith(t, "websockets")
	port := realtest.FreePort(t)
	cmd := exec.CommandContext(t.Context(), python, "-c", pythonWebSocket, port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it has nothing to save
	addr := "127.0.0.1:" + port
	realtest.Until(t, "the server listens", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
	through := realtest.Nginx(t, nil, fmt.Sprintf("location / { proxy_pass http://%s; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }", addr))
	url := func(addr, path, more string) string {
		return fmt.Sprintf("    url = \"ws://%s%s\"\n%s", addr, path, more)
	}
	const echo = "    send   = \"status\"\n    expect = \"status\""
	check(t, "websocket", place{}, []row{
		{does: "Python, echoes", config: url(addr, "/echo", echo), status: "healthy", message: "sent what was expected"},
		{does: "Python behind nginx, echoes", config: url(through, "/echo", echo), status: "healthy", message: "sent what was expected"},
		{does: "Python, with a subprotocol", config: url(addr, "/echo", "    protocol = \"chat\"\n"+echo), status: "healthy", message: "sent what was expected"},
		{does: "Python, with a subprotocol that it does not know", config: url(addr, "/echo", "    protocol = \"mqtt\"\n"+echo), status: "unhealthy", cause: "target", message: "chose none of the offered subprotocols"},
		{does: "Python, with a token", config: url(addr, "/private", "    headers = { Authorization = \"Bearer right\" }"), status: "healthy", message: "opened"},
		{does: "Python, without the token (401)", config: url(addr, "/private", ""), status: "unhealthy", cause: "target", message: "401"},
		{does: "Python, from another page (Origin)", config: url(addr, "/echo", "    headers = { Origin = \"https://other.example\" }"), status: "unhealthy", cause: "target", message: "403"},
		{does: "Python closes with 1008", config: url(addr, "/policy", echo), status: "unhealthy", cause: "target", message: "1008"},
		{does: "Python crashes in its handler (1011)", config: url(through, "/crash", echo), status: "unhealthy", cause: "target", message: "1011"},
		{does: "Python, the message is too large for it (1009)", config: url(addr, "/echo", fmt.Sprintf("    send   = %q\n    expect = \"x\"", strings.Repeat("x", 2000))), status: "unhealthy", cause: "target", message: "1009"},
		{does: "Python is silent, behind nginx", lets: true, config: url(through, "/silent", echo), status: "unhealthy", cause: "timeout", message: "it sent nothing"},
	})
}

// pythonWith returns a Python that has a package. The distribution's packages belong to
// its own Python, which may not be the first in PATH.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	why := ""
	for _, path := range []string{"/usr/bin/python3", realtest.Program(t, "python3", "python3")} {
		out, err := exec.CommandContext(t.Context(), path, "-c", "import "+module).CombinedOutput()
		if err == nil {
			return path
		}
		why = string(out)
	}
	realtest.Missing(t, fmt.Sprintf("python3-%s is not installed; run apt-get install python3-%[1]s (%s)", module, why))
	return ""
}
