package egress

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/plugins/span"
	"vega/plugins/transport"
	protocol "vega/plugins/websocket"
	"vega/sdk/abi"
)

// opened opens a WebSocket that must be upgraded.
func opened(t testing.TB, r *run, url string, header ...Field) *WebSocket {
	t.Helper()
	w, resp, err := r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: url, Header: header})
	if err != nil || w == nil {
		t.Fatalf("%s: %v %v", url, resp, err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// echoing is a server that sends each message back, after the header named in the first
// if there is one.
func echoing(t testing.TB) http.HandlerFunc {
	return func(w http.ResponseWriter, q *http.Request) {
		c, err := websocket.Accept(w, q, &websocket.AcceptOptions{Subprotocols: []string{"chat", q.Header.Get("X-Only")}, InsecureSkipVerify: true, CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }() // the test looks at what was said before
		c.SetReadLimit(2 << 20)
		for {
			kind, message, err := c.Read(q.Context())
			if err != nil {
				return
			}
			switch name, found := strings.CutPrefix(string(message), "header "); {
			case found:
				message = []byte(q.Header.Get(name))
			case string(message) == "bye":
				_ = c.Close(4001, "as you wish, "+q.Header.Get("Authorization"))
				return
			}
			if err := c.Write(q.Context(), kind, message); err != nil {
				return
			}
		}
	}
}

// say sends a text and returns what comes back.
func say(t testing.TB, w *WebSocket, text string) string {
	t.Helper()
	ctx := within(t, realtest.Patience)
	if err := w.Send(ctx, abi.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
	kind, got, err := w.Receive(ctx)
	if err != nil || kind != abi.MessageText {
		t.Fatal(kind, err)
	}
	return string(got)
}

func TestWebSocketCarriesMessages(t *testing.T) {
	a := newAuthority(t)
	plain, secured := server(t, echoing(t)), a.server(t, true, echoing(t))
	for _, url := range []string{"ws" + strings.TrimPrefix(plain.URL, "http"), "wss" + strings.TrimPrefix(secured.URL, "https")} {
		b := newLedger(t)
		r := start(t, setup{rules: rules(t, manifest.WebSocket, url), noSecret: true, network: a.network()})
		r.Account = b
		w := opened(t, r, url+"/path?q=1", Field{"Sec-WebSocket-Protocol", "stomp, chat"}, Field{"Origin", "https://example.com"})
		if got := say(t, w, "hello"); got != "hello" {
			t.Errorf("%s: %q", url, got)
		}
		if got := say(t, w, "header Origin"); got != "https://example.com" {
			t.Errorf("%s: Origin %q", url, got)
		}
		if got := say(t, w, strings.Repeat("x", 1<<20)); len(got) != 1<<20 {
			t.Errorf("%s: %d bytes of a MiB", url, len(got))
		}
		if protocol, err := w.Info(abi.WebSocketProtocol); protocol != "chat" || err != nil {
			t.Errorf("%s: subprotocol %q %v", url, protocol, err)
		}
		answer := w.Answer()
		if answer.Status != http.StatusSwitchingProtocols || answer.Phases[abi.PhaseConnect] <= 0 || answer.Phases[abi.PhaseTotal] <= 0 {
			t.Errorf("%s: %+v", url, answer)
		}
		if version, err := answer.TLSInfo(abi.TLSVersion); (err == nil) != strings.HasPrefix(url, "wss") || err == nil && version != "TLS 1.3" {
			t.Errorf("%s: TLS %q %v", url, version, err)
		}
		if b.held < 1<<20 {
			t.Errorf("%s: of a message of a MiB, %d bytes are held", url, b.held)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		b.settled(url)
		if b.paid[Moved] < 2<<20 || b.paid[Exchange] != 1 || b.paid[Connect] != 1 {
			t.Errorf("%s: paid %v", url, b.paid)
		}
	}
}

func TestCloseOfAWebSocketIsReported(t *testing.T) {
	s := server(t, echoing(t))
	url := "ws" + strings.TrimPrefix(s.URL, "http")
	r := start(t, setup{rules: rules(t, manifest.WebSocket, url), plaintext: true})
	w := opened(t, r, url, Field{"Authorization", "Bearer " + r.mask})
	ctx := within(t, realtest.Patience)
	if err := w.Send(ctx, abi.MessageText, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	_, _, err := w.Receive(ctx)
	wants(t, err, abi.ErrReset)
	code, _ := w.Info(abi.WebSocketCloseCode)
	reason, _ := w.Info(abi.WebSocketCloseReason)
	if want := "as you wish, Bearer " + r.mask; code != "4001" || reason != want || strings.Contains(err.Error(), token) || !strings.Contains(err.Error(), "4001") {
		t.Errorf("%q %q %v", code, reason, err)
	}
	if err := w.Send(ctx, abi.MessageText, []byte("more")); Code(err) != abi.ErrReset {
		t.Errorf("after the close: %v", err)
	}
}

// A server that does not upgrade is a response like any other, and a redirect is not
// followed.
func TestAnswerWithoutUpgradeIsAResponse(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Path {
		case "/redirect":
			http.Redirect(w, q, "http://elsewhere.example/", http.StatusFound)
		case "/old":
			w.Header().Set("Upgrade", "websocket")
			http.Error(w, "upgrade to 14", http.StatusUpgradeRequired)
		default:
			http.Error(w, "who are you, "+q.Header.Get("Authorization"), http.StatusUnauthorized)
		}
	})
	url := "ws" + strings.TrimPrefix(s.URL, "http")
	r := start(t, setup{rules: rules(t, manifest.WebSocket, url), plaintext: true})
	for path, want := range map[string]int{"/redirect": 302, "/old": 426, "/": 401} {
		w, resp, err := r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: url + path, Redirects: 10, Header: []Field{{"Authorization", "Bearer " + r.mask}}})
		if err != nil || w != nil || resp.Status != want {
			t.Fatal(path, resp, err)
		}
		if body := read(t, resp); strings.Contains(body, token) || path == "/" && !strings.Contains(body, "Bearer "+r.mask) {
			t.Errorf("%s: %q", path, body)
		}
	}
}

func TestWebSocketHeadersAreTheHosts(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, q *http.Request) { t.Error("a request arrives with", q.Header) })
	url := "ws" + strings.TrimPrefix(s.URL, "http")
	r := start(t, setup{rules: rules(t, manifest.WebSocket, url), noSecret: true})
	for _, f := range []Field{
		{"Upgrade", "h2c"},
		{"Connection", "close"},
		{"Sec-WebSocket-Key", "x"},
		{"sec-websocket-version", "8"},
		{"Sec-WebSocket-Extensions", "permessage-deflate"},
		{"Sec-WebSocket-Accept", "x"},
		{"Host", "x"},
		{"Content-Length", "5"},
		{"Transfer-Encoding", "chunked"},
		{"X", "a\r\nSec-WebSocket-Key: x"},
		{"Sec-WebSocket-Protocol", "a\nUpgrade: x"},
		{"X: y\r\nZ", "a"},
		{"Proxy-Authorization", "x"},
	} {
		_, _, err := r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: url, Header: []Field{f}})
		wants(t, err, abi.ErrInvalid)
		wants(t, Judge{r.Session}.JudgeWebSocket(&Request{Method: "GET", URL: url, Header: []Field{f}}), abi.ErrInvalid)
		if ours := strings.HasPrefix(strings.ToLower(f.Name), "sec-websocket-") && !strings.Contains(f.Value, "\n"); ours && !strings.Contains(err.Error(), "the option protocol") {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	for name, q := range map[string]*Request{
		"POST":   {Method: "POST", URL: url},
		"body":   {Method: "GET", URL: url, Body: []byte("x")},
		"HTTP/2": {Method: "GET", URL: url, HTTP2: true},
		"socket": {Method: "GET", URL: url, Socket: "/run/x.sock"},
		"space":  {Method: "GET", URL: url + "/?a b"},
	} {
		if _, _, err := r.OpenWebSocket(within(t, realtest.Patience), q); Code(err) != abi.ErrInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWebSocketIsGrantedByItself(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, q *http.Request) { t.Error("a request arrives for", q.URL) })
	ws := "ws" + strings.TrimPrefix(s.URL, "http")
	for _, c := range []struct {
		kind      manifest.Kind
		rule, url string
	}{
		{manifest.HTTP, "GET " + s.URL, ws},
		{manifest.WebSocket, ws, "wss" + strings.TrimPrefix(ws, "ws")},
		{manifest.WebSocket, ws, "ws://elsewhere.example"},
		{manifest.WebSocket, ws, s.URL},
		{manifest.WebSocket, "ws://127.0.0.1:1", ws},
	} {
		r := start(t, setup{rules: rules(t, c.kind, c.rule), noSecret: true})
		_, _, err := r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: c.url})
		wantsDenial(t, r, err)
	}
	r := start(t, setup{rules: rules(t, manifest.WebSocket, ws), noSecret: true})
	_, err := r.HTTP(within(t, realtest.Patience), &Request{Method: "GET", URL: s.URL})
	wantsDenial(t, r, err, "http = ")
}

func TestWebSocketSecretsStayWhereTheyBelong(t *testing.T) {
	a := newAuthority(t)
	s, plain := a.server(t, false, echoing(t)), server(t, echoing(t))
	url, local := "wss"+strings.TrimPrefix(s.URL, "https"), "ws"+strings.TrimPrefix(plain.URL, "http")
	far := "ws://far.example"
	all := rules(t, manifest.WebSocket, url, local, far)

	r := start(t, setup{rules: all, network: a.network(), bound: true})
	w := opened(t, r, url, Field{"Authorization", "Bearer " + r.mask})
	if got := say(t, w, "header Authorization"); got != "Bearer "+r.mask {
		t.Errorf("the guest receives %q", got)
	}
	err := w.Send(within(t, realtest.Patience), abi.MessageText, []byte("login "+r.mask))
	wantsDenial(t, r, err, `secrets = "anywhere"`)

	got := make(chan string, 2)
	check := a.server(t, false, func(w http.ResponseWriter, q *http.Request) {
		c, err := websocket.Accept(w, q, nil)
		if err != nil {
			return
		}
		for {
			_, message, err := c.Read(q.Context())
			if err != nil {
				return
			}
			got <- string(message)
		}
	})
	other := "wss" + strings.TrimPrefix(check.URL, "https")
	r = start(t, setup{rules: rules(t, manifest.WebSocket, other, far), network: a.network()})
	w = opened(t, r, other)
	if err := w.Send(within(t, realtest.Patience), abi.MessageText, []byte("login "+r.mask)); err != nil {
		t.Fatal(err)
	}
	if text := <-got; text != "login "+token {
		t.Errorf("the server receives %q", text)
	}
	_, _, err = r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: far, Header: []Field{{"Authorization", "Bearer " + r.mask}}})
	wantsDenial(t, r, err, "plaintext = true")
}

func TestWebSocketIsAuthenticatedByTheHost(t *testing.T) {
	a := newAuthority(t)
	s := a.server(t, false, echoing(t))
	url := "wss" + strings.TrimPrefix(s.URL, "https")
	auth := transport.Auth{Token: manifest.Text{{Text: "issued to vega, by hand", Secret: true}}}
	for _, own := range []bool{true, false} {
		allowed := rules(t, manifest.WebSocket, url)
		if own {
			allowed = fromConfig(allowed)
		}
		r := start(t, setup{rules: allowed, network: a.network(), noSecret: true})
		r.Transport = &transport.Options{Auth: auth}
		w := opened(t, r, url)
		got := say(t, w, "header Authorization")
		if own != strings.HasPrefix(got, "Bearer ") || strings.Contains(got, "by hand") {
			t.Errorf("own target %v: %q", own, got)
		}
	}
}

func TestWebSocketGoesToConnectTo(t *testing.T) {
	a := newAuthority(t)
	s := a.server(t, false, echoing(t))
	r := start(t, setup{rules: fromConfig(rules(t, manifest.WebSocket, "wss://example.com")), network: a.network(), noSecret: true})
	r.Transport = &transport.Options{ConnectTo: strings.TrimPrefix(s.URL, "https://"), TLS: transport.TLS{ServerName: "localhost"}}
	w := opened(t, r, "wss://example.com/")
	if got := say(t, w, "hello"); got != "hello" {
		t.Error(got)
	}
}

// answer101 is a server that upgrades by hand, and then does something.
func answer101(then func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		in := bufio.NewReader(c)
		q, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", protocol.Answer(q.Header.Get("Sec-WebSocket-Key")))
		then(c)
	}
}

func TestHostileWebSocketServers(t *testing.T) {
	send := func(text string) func(net.Conn) {
		return answer101(func(c net.Conn) { _, _ = io.WriteString(c, text); drain(c) })
	}
	raw := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			readRequest(c)
			_, _ = io.WriteString(c, text)
			drain(c)
		}
	}
	const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
	for name, c := range map[string]struct {
		serve func(net.Conn)
		code  abi.Errno
		say   string
	}{
		"64 MB frame":         {send("\x82\x7f\x00\x00\x00\x00\x04\x00\x00\x00x"), abi.ErrTooLarge, "larger than 1MiB"},
		"masked frame":        {send("\x81\x81abcdx"), abi.ErrTarget, "masked"},
		"bad UTF-8":           {send("\x81\x02\xff\xfe"), abi.ErrTarget, "UTF-8"},
		"bad opcode":          {send("\x83\x00"), abi.ErrTarget, "opcode 3"},
		"reserved bit":        {send("\xc1\x01x"), abi.ErrTarget, "reserved"},
		"flood of pings":      {answer101(func(c net.Conn) { _ = forever(c, []byte("\x89\x00")) }), abi.ErrTarget, "control frames"},
		"closes without word": {answer101(func(net.Conn) {}), abi.ErrReset, "closed early"},
		"closes in a frame":   {answer101(func(c net.Conn) { _, _ = io.WriteString(c, "\x81\x05he") }), abi.ErrReset, "closed early"},
		"closes with a code":  {send("\x88\x05\x03\xf3bad"), abi.ErrReset, `code 1011 (internal error): "bad"`},
		"another key":         {raw(head + "Sec-WebSocket-Accept: x\r\n\r\n"), abi.ErrTarget, "Sec-WebSocket-Accept"},
		"nothing but 101":     {raw("HTTP/1.1 101 Switching Protocols\r\n\r\n"), abi.ErrTarget, "without the header Upgrade"},
		"long headers":        {raw("HTTP/1.1 101 Switching Protocols\r\nX: " + strings.Repeat("x", 100<<10)), abi.ErrTooLarge, "64 KiB"},
		"closes before 101":   {readRequest, abi.ErrReset, "closed early"},
		"not HTTP":            {raw("SSH-2.0-OpenSSH_9.2\r\n"), abi.ErrTarget, "does not speak HTTP"},
		"TLS":                 {raw("\x15\x03\x01\x00\x02\x02\x46"), abi.ErrTarget, "write wss:// instead of ws://"},
		"refused":             {nil, abi.ErrRefused, "refused"},
	} {
		addr := listen(t, c.serve)
		b := newLedger(t)
		r := start(t, setup{rules: rules(t, manifest.WebSocket, "ws://"+addr)})
		r.Account = b
		ctx := within(t, realtest.Patience)
		w, resp, err := r.OpenWebSocket(ctx, &Request{Method: "GET", URL: "ws://" + addr})
		if err == nil && w == nil {
			t.Errorf("%s: %v", name, resp)
			continue
		}
		if err == nil {
			_, _, err = w.Receive(ctx)
			if b.held > 1<<18 {
				t.Errorf("%s: %d bytes are held", name, b.held)
			}
			_ = w.Close()
		}
		if Code(err) != c.code || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v %v", name, Code(err), err)
		}
		b.settled(name)
	}
}

// A run closes what a guest left open after its end, one after the other. Servers that do
// not answer the goodbye delay that once.
func TestClosingManyWebSocketsTakesNoLonger(t *testing.T) {
	url := "ws://" + listen(t, answer101(drain))
	r := start(t, setup{rules: rules(t, manifest.WebSocket, url)})
	var open []*WebSocket
	for range 3 {
		w, _, err := r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: url})
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, w)
	}
	for n, w := range open {
		if left := farewell(r.Session); (left == goodbye) != (n == 0) || n > 0 && left != brief {
			t.Errorf("WebSocket %d may take %v", n, left)
		}
		_ = w.Close()
	}
}

func TestStalledWebSocketsTimeOut(t *testing.T) {
	for name, c := range map[string]struct {
		serve       func(net.Conn)
		scheme, say string
	}{
		"before TLS":      {drain, "wss", "timed out in the TLS handshake"},
		"before 101":      {drain, "ws", "timed out waiting for a response"},
		"within headers":  {func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 101 Sw"); drain(c) }, "ws", "timed out waiting for a response"},
		"after 101":       {answer101(drain), "ws", "timed out waiting for a message"},
		"within a frame":  {answer101(func(c net.Conn) { _, _ = io.WriteString(c, "\x81\x05he"); drain(c) }), "ws", "timed out waiting for a message"},
		"between frames":  {answer101(func(c net.Conn) { _, _ = io.WriteString(c, "\x01\x02he"); drain(c) }), "ws", "timed out waiting for a message"},
		"but for a pings": {answer101(func(c net.Conn) { _, _ = io.WriteString(c, "\x89\x00\x89\x00"); drain(c) }), "ws", "timed out waiting for a message"},
	} {
		addr := listen(t, c.serve)
		url := c.scheme + "://" + addr
		r := start(t, setup{rules: rules(t, manifest.WebSocket, url)})
		var err error
		withLongerLimits(func(limit time.Duration) bool {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			var w *WebSocket
			if w, _, err = r.OpenWebSocket(ctx, &Request{Method: "GET", URL: url}); err == nil {
				defer w.Close()
				_, _, err = w.Receive(ctx)
			}
			return err != nil && strings.Contains(err.Error(), c.say)
		})
		if Code(err) != abi.ErrTimeout || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPlainServerOfAWebSocketOverTLSIsNamed(t *testing.T) {
	s := server(t, echoing(t))
	url := "wss" + strings.TrimPrefix(s.URL, "http")
	r := start(t, setup{rules: rules(t, manifest.WebSocket, url)})
	_, _, err := r.OpenWebSocket(within(t, realtest.Patience), &Request{Method: "GET", URL: url})
	if Code(err) != abi.ErrTLS || !strings.Contains(err.Error(), "write ws://") {
		t.Error(err)
	}
}

// A proxy is asked for a tunnel also without TLS: as a request that it forwards, an
// upgrade would be lost in most.
func TestWebSocketGoesThroughATunnelOfTheProxy(t *testing.T) {
	a := newAuthority(t)
	plain := server(t, echoing(t)).Listener.Addr().String()
	f := &forwarder{to: plain}
	r := f.behind(t, a, "", rules(t, manifest.WebSocket, "ws://site.test"))
	if got := say(t, opened(t, r, "ws://site.test/a"), "hello"); got != "hello" || strings.Join(f.seen, " ") != "CONNECT //site.test:80" {
		t.Errorf("%q through %q", got, f.seen)
	}
}

// A login over http and a WebSocket to the same site belong together, as in a browser.
func TestWebSocketSendsCookiesOfItsSite(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/login" {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			return
		}
		echoing(t)(w, q)
	})
	ws := "ws" + strings.TrimPrefix(s.URL, "http")
	r := start(t, setup{rules: append(rules(t, manifest.HTTP, "GET "+s.URL), rules(t, manifest.WebSocket, ws)...)})
	if _, err := get(t, r, s.URL+"/login"); err != nil {
		t.Fatal(err)
	}
	if got := say(t, opened(t, r, ws), "header Cookie"); got != "session=1" {
		t.Errorf("%q", got)
	}
}

// traces writes down the spans of a session.
type traces struct {
	mu   sync.Mutex
	said []string
}

func (t *traces) add(parts ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = append(t.said, strings.TrimSpace(fmt.Sprintln(parts...)))
}

// taken returns what was written down since the last call.
func (t *traces) taken() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer func() { t.said = nil }()
	return strings.Join(t.said, "\n")
}

// oneSpan is one span.
type oneSpan struct {
	of   *traces
	name string
}

func (s oneSpan) Begin(_ span.Kind, name string) span.Recorder {
	s.of.add("begin", name)
	return oneSpan{s.of, name}
}

func (s oneSpan) Text(key span.Key, value string) {
	if key == span.URL {
		s.of.add(s.name, value)
	}
}

func (s oneSpan) Number(key span.Key, value int64) {
	if key == span.StatusCode {
		s.of.add(s.name, value)
	}
}

func (s oneSpan) Fail(class string)               { s.of.add("fail", s.name, class) }
func (s oneSpan) Headers() (parent, state string) { return "", "" }
func (s oneSpan) Link(span.Recorder)              {}
func (s oneSpan) End()                            { s.of.add("end", s.name) }

// TestSpanOfAWebSocketLastsUntilItsEnd also shows that neither a message nor a query is in
// one, and that a WebSocket that fails later fails its span.
func TestSpanOfAWebSocketLastsUntilItsEnd(t *testing.T) {
	s := server(t, echoing(t))
	url := "ws" + strings.TrimPrefix(s.URL, "http")
	r, all := start(t, setup{rules: rules(t, manifest.WebSocket, url), noSecret: true}), &traces{}
	r.Span = span.Of(oneSpan{of: all})
	ctx := within(t, realtest.Patience)

	w := opened(t, r, url+"/path?key=hunter2")
	if got, want := all.taken(), "begin websocket\nwebsocket "+url+"/path\nbegin connect\nend connect\nwebsocket 101"; got != want {
		t.Errorf("opened:\n%s\nwant:\n%s", got, want)
	}
	say(t, w, "hello")
	if got := all.taken(); got != "" {
		t.Errorf("a message:\n%s", got)
	}
	if err := w.Send(ctx, abi.MessageText, []byte("bye")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Receive(ctx); Code(err) != abi.ErrReset {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if got := all.taken(); got != "fail websocket reset\nend websocket" {
		t.Errorf("closed by the server:\n%s", got)
	}

	if _, _, err := r.OpenWebSocket(ctx, &Request{Method: "GET", URL: "ws://192.0.2.1/"}); Code(err) != abi.ErrDenied {
		t.Error(err)
	}
	if got := all.taken(); !strings.HasSuffix(got, "end websocket") || !strings.Contains(got, "fail websocket") {
		t.Errorf("denied:\n%s", got)
	}
}
