package conformance_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/crypto/ssh"

	"vega/plugins/icmp"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// reach returns the outcomes of the probes that reach a target by something else than
// HTTP over TCP and connections.
func reach(t *testing.T, w *world) []outcome {
	text := manifest.Plain
	all := []outcome{
		{
			probe: "websocket", values: manifest.Values{"url": text("ws" + strings.TrimPrefix(w.plain.URL, "http"))},
			block:  rules(t, manifest.WebSocket, "ws"+strings.TrimPrefix(w.plain.URL, "http")),
			status: check.Healthy, message: "talked",
		},
		{
			probe: "unix", values: manifest.Values{"lines": text(w.linesPath), "web": text(w.webPath)}, block: rules(t, manifest.Unix, w.linesPath),
			status: check.Healthy, message: "used",
			details: map[string]string{"line": "ONE", "status": "200", "denied": "-2"},
		},
		{
			probe: "http2", values: manifest.Values{"url": text(w.second.URL), "first": text(w.plain.URL)},
			status: check.Healthy, message: "framed",
			details: map[string]string{"early": "", "body": "POST 3 HTTP/2.0", "trailer": "0", "none": "", "first": "-13"},
		},
		{
			probe: "ssh", values: manifest.Values{"address": text(w.shell)},
			status: check.Healthy, message: "looked",
			details: map[string]string{
				"version": "SSH-2.0-conformance", "key": "ssh-ed25519 " + ssh.FingerprintSHA256(w.hostKey.PublicKey()), "verified": "-1", "login": "-1",
				"banner": "", "run": "-1", "stderr": "", "denied": "-2",
			},
		},
	}
	all[0].details = map[string]string{
		"protocol": "chat", "header": "yes", "send": "none", "text": "HELLO", "kind": "false", "bytes": "none", "binary": "3A0Btrue", "long": "5000",
		"gone": "-7", "closed": "4001enough", "refused": "404", "denied": "-2",
	}
	if s, err := icmp.Open(netip.MustParseAddr("127.0.0.1")); err == nil {
		s.Close()
		all = append(all, outcome{
			probe: "icmp", values: manifest.Values{"host": text("127.0.0.1")}, status: check.Healthy, message: "pinged",
			details: map[string]string{"address": "127.0.0.1", "reply0": "true0false127.0.0.1", "reply1": "true0false127.0.0.1", "denied": "-2", "too_many": "-9"},
		})
	}
	return all
}

// doors starts the servers of reach.
func (w *world) doors(t *testing.T) {
	w.second = httptest.NewUnstartedServer(http.HandlerFunc(serveHTTP))
	w.second.Config.Protocols = new(http.Protocols)
	w.second.Config.Protocols.SetUnencryptedHTTP2(true)
	w.second.Start()
	t.Cleanup(w.second.Close)
	dir := t.TempDir()
	w.linesPath, w.webPath = filepath.Join(dir, "l.sock"), filepath.Join(dir, "w.sock")
	serve(t, "unix", w.linesPath, func(c net.Conn) { serveLines(c, w.bad) })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", w.webPath)
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: http.HandlerFunc(serveHTTP)}
	go func() { _ = web.Serve(l) }()
	t.Cleanup(func() { web.Close() })
	if w.hostKey, err = ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))); err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{ServerVersion: "SSH-2.0-conformance", NoClientAuth: true}
	config.AddHostKey(w.hostKey)
	w.shell = serve(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		if s, channels, requests, err := ssh.NewServerConn(c, config); err == nil {
			go ssh.DiscardRequests(requests)
			for n := range channels {
				_ = n.Reject(ssh.Prohibited, "no")
			}
			s.Close()
		}
	})
}

// serveTrailers answers with what it was sent, and a trailer.
func serveTrailers(rw http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	rw.Header().Set("Trailer", "Grpc-Status")
	_, _ = io.WriteString(rw, q.Method+" "+string('0'+rune(len(body)))+" "+q.Proto)
	rw.Header().Set("Grpc-Status", "0")
}

// serveWebSocket answers each message in upper case, and handles two commands.
func serveWebSocket(rw http.ResponseWriter, q *http.Request) {
	rw.Header().Set("X-Reply", "yes")
	c, err := websocket.Accept(rw, q, &websocket.AcceptOptions{Subprotocols: []string{"chat"}})
	if err != nil {
		return
	}
	for {
		kind, message, err := c.Read(q.Context())
		switch {
		case err != nil:
			return
		case string(message) == "long":
			err = c.Write(q.Context(), kind, []byte(long))
		case string(message) == "bye":
			err = errors.Join(c.Close(4001, "enough"), io.EOF)
		default:
			err = c.Write(q.Context(), kind, bytes.ToUpper(message))
		}
		if err != nil {
			return
		}
	}
}
