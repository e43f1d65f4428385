package notify_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/daemon/notify"
	"vega/daemon/notify/service"
	"vega/daemon/realtest"
	"vega/plugins/egress"
	"vega/policies/incident"
)

// secrets are the parts of settings that nothing may show.
var secrets = []string{"s3cret", newSecret, strings.TrimPrefix(newSecret, "whsec_"), "hooks/", "my-topic"}

// echoed is text of a service that no reason may repeat.
const echoed = "HOSTILE-ECHO"

// listen runs a server that handles each connection by itself, and returns its URL.
func listen(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if handle != nil {
					handle(c)
				}
			}()
		}
	}()
	if handle == nil {
		_ = l.Close()
	}
	return "http://" + l.Addr().String()
}

// readRequest reads until the end of the headers, at least.
func readRequest(c net.Conn) {
	var all []byte
	buffer := make([]byte, 4096)
	for !strings.Contains(string(all), "\r\n\r\n") {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		all = append(all, buffer[:n]...)
	}
}

// echo answers with everything that it was sent, in the body and in the headers.
func echo(status int) func(t testing.TB) string {
	return func(t testing.TB) string {
		f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Header().Set("Retry-After", r.URL.RequestURI())
			w.Header().Set("Location", "https://"+echoed+".example"+r.URL.RequestURI())
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"ok":false,"success":false,"status":0,"description":%q,"error":%q} %s %v %s`, echoed+r.URL.String(), echoed, r.URL, r.Header, body)
		}))
		t.Cleanup(f.Close)
		return f.URL
	}
}

// failures are the ways in which a service can fail, with the results that they may have.
var failures = map[string]struct {
	start   func(t testing.TB) string
	results []incident.Result
}{
	"closed port":              {func(t testing.TB) string { return listen(t, nil) }, []incident.Result{incident.Refused}},
	"no such name":             {func(testing.TB) string { return "http://s3cret-host.invalid" }, []incident.Result{incident.Refused}},
	"closes at once":           {func(t testing.TB) string { return listen(t, func(net.Conn) {}) }, []incident.Result{incident.Refused, incident.Unclear}},
	"closes after the request": {func(t testing.TB) string { return listen(t, readRequest) }, []incident.Result{incident.Unclear}},
	"garbage instead of HTTP": {func(t testing.TB) string {
		return listen(t, func(c net.Conn) { readRequest(c); fmt.Fprint(c, echoed+"\r\n\r\n") })
	}, []incident.Result{incident.Unclear}},
	"500": {echo(500), []incident.Result{incident.Refused}},
	"503": {echo(503), []incident.Result{incident.Refused}},
	"429": {echo(429), []incident.Result{incident.Refused}},
	"408": {echo(408), []incident.Result{incident.Refused}},
	"425": {echo(425), []incident.Result{incident.Refused}},
	"400": {echo(400), []incident.Result{incident.Final}},
	"401": {echo(401), []incident.Result{incident.Final}},
	"403": {echo(403), []incident.Result{incident.Final}},
	"404": {echo(404), []incident.Result{incident.Final}},
	"413": {echo(413), []incident.Result{incident.Final}},
	"302": {echo(302), []incident.Result{incident.Refused}},
	"307": {echo(307), []incident.Result{incident.Refused}},
	"unknown certificate": {func(t testing.TB) string {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}, []incident.Result{incident.Refused}},
	"no TLS": {func(t testing.TB) string {
		return strings.Replace(listen(t, func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 400 "+echoed+"\r\n\r\n") }), "http:", "https:", 1)
	}, []incident.Result{incident.Refused}},
}

// No failure of any service is taken for success, or for another kind of failure, and no
// reason has a secret, a path or text of the service in it.
func TestFailures(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(services)) {
		for name, f := range failures {
			t.Run(kind+"/"+name, func(t *testing.T) {
				n := build(t, services[kind].settings(f.start(t)))
				o := n.Send(t.Context(), opening())
				if !slices.Contains(f.results, o.Result) || o.Reason == "" {
					t.Errorf("%+v, want %v and a reason", o, f.results)
				}
				for _, s := range append(slices.Clone(secrets), echoed, "curl/", "vega.example.com", "answered 503") {
					if strings.Contains(o.Reason, s) && !strings.Contains(o.Reason, "s3cret-host.invalid") {
						t.Errorf("the reason has %q in it: %s", s, o.Reason)
					}
				}
			})
		}
	}
}

// A service that documents a confirmation is only believed if it gives it.
func TestSuccessWithoutConfirmation(t *testing.T) {
	for kind, bodies := range map[string]map[string]incident.Result{
		"slack":      {"": incident.Unclear, "<html>login</html>": incident.Unclear, `{"ok":false,"error":"invalid_auth"}`: incident.Final, `{"ok":true}`: incident.Arrived, "ok\n": incident.Arrived},
		"rocketchat": {"": incident.Unclear, `{"success":false}`: incident.Final},
		"telegram":   {"": incident.Unclear, `{"ok":false,"error_code":400}`: incident.Final, `{"ok":"true"}`: incident.Final, `[]`: incident.Unclear},
		"pushover":   {`{"status":0}`: incident.Final, "{": incident.Unclear},
		"pagerduty":  {`{"status":"invalid event"}`: incident.Final, "null": incident.Unclear},
		"opsgenie":   {`{"result":"x"}`: incident.Unclear},
		"matrix":     {`{"errcode":"M_UNKNOWN"}`: incident.Unclear, `{"event_id":""}`: incident.Unclear, `{"event_id":null}`: incident.Unclear},
		"ntfy":       {"fine": incident.Unclear},
		"gotify":     {"<html>": incident.Unclear},
		"discord":    {"{}": incident.Unclear},
		"googlechat": {"{}": incident.Unclear},
		// msteams-docs#1810: 200, and the error as text
		"teams":        {"": incident.Arrived, "1": incident.Arrived, `{"run":"x"}`: incident.Arrived, "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429": incident.Unclear, "<html>login</html>": incident.Unclear},
		"mattermost":   {"": incident.Unclear, "ok": incident.Arrived, "<html>login</html>": incident.Unclear},
		"alertmanager": {"": incident.Arrived, `{"status":"success"}`: incident.Arrived, "<html>login</html>": incident.Unclear},
	} {
		for body, want := range bodies {
			f := serve(t, 200, body)
			if o := build(t, services[kind].settings(f.URL)).Send(t.Context(), opening()); o.Result != want {
				t.Errorf("%s answers %q: %+v, want %s", kind, body, o, want)
			}
		}
	}
}

// A message for a group that has become a supergroup goes to its new ID (gatus#179).
func TestTelegramGroupThatMoved(t *testing.T) {
	var chats []any
	f := serveWith(t, func(w http.ResponseWriter, r received) {
		chats = append(chats, object(t, r.body)["chat_id"])
		if len(chats)%2 == 1 {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"ok":false,"error_code":400,"description":"`+echoed+`","parameters":{"migrate_to_chat_id":-1001557912345}}`)
			return
		}
		_, _ = io.WriteString(w, `{"ok":true,"result":{}}`)
	})
	for range 2 {
		o := build(t, services["telegram"].settings(f.URL)).Send(t.Context(), opening())
		if o.Result != incident.Arrived || o.Reason != "the group has become a supergroup; set chat to -1001557912345" {
			t.Errorf("%+v", o)
		}
	}
	if want := []any{"-1001", -1001557912345.0, "-1001", -1001557912345.0}; !slices.Equal(chats, want) {
		t.Errorf("sent to %v, want %v", chats, want)
	}
}

func TestDiscordWithoutABody(t *testing.T) {
	f := serve(t, 204, "")
	arrives(t, build(t, services["discord"].settings(f.URL)), opening())
}

func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		header, body string
		least, most  time.Duration
	}{
		{"17", "", 17 * time.Second, 17 * time.Second},
		{" 17 ", "", 17 * time.Second, 17 * time.Second},
		{time.Now().Add(30 * time.Minute).UTC().Format(http.TimeFormat), "", 20 * time.Minute, 30 * time.Minute},
		{"Mon, 02 Jan 2006 15:04:05 GMT", "", 0, 0}, // in the past
		{"soon", "", 0, 0},
		{"-5", "", 0, 0},
		{"NaN", "", 0, 0},
		{"31536000", "", time.Hour, time.Hour},
		{"1e300", "", time.Hour, time.Hour},
		{"99999999999999999999999999", "", time.Hour, time.Hour},
		{"", `{"message":"You are being rate limited.","retry_after":64.57,"global":false}`, 64570 * time.Millisecond, 64570 * time.Millisecond}, // Discord, "Rate Limits"
		{"", `{"ok":false,"error_code":429,"parameters":{"retry_after":14}}`, 14 * time.Second, 14 * time.Second},                                // Telegram, "ResponseParameters"
		{"", `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":2000}`, 2 * time.Second, 2 * time.Second},                                           // Matrix, "Rate limiting"
		{"", `{"retry_after":"soon"}`, 0, 0},
		{"", `{"retry_after":-1}`, 0, 0},
		{"", "garbage", 0, 0},
	} {
		f := serve(t, 429, c.body, "Retry-After", c.header)
		o := build(t, services["webhook"].settings(f.URL)).Send(t.Context(), opening())
		if o.Result != incident.Refused || o.RetryAfter < c.least || o.RetryAfter > c.most {
			t.Errorf("%q %s: %+v, want %v to %v", c.header, c.body, o, c.least, c.most)
		}
	}
}

// A service that hangs, or sends a byte now and then, is left when the context ends. The
// message may have arrived.
func TestServiceThatHangs(t *testing.T) {
	for name, answer := range map[string]func(net.Conn){
		"silent":       func(net.Conn) {},
		"slow headers": func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nX-A: a") },
		"slow body":    func(c net.Conn) { fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			url := listen(t, func(c net.Conn) {
				readRequest(c)
				answer(c)
				cancel()
				_, _ = io.Copy(io.Discard, c)
			})
			if o := build(t, services["telegram"].settings(url)).Send(ctx, opening()); o.Result != incident.Unclear {
				t.Errorf("%+v, want unclear", o)
			}
		})
	}
}

// Send ends by itself.
func TestSendTakesTenSeconds(t *testing.T) {
	t.Parallel()
	began := time.Now()
	url := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	o := build(t, services["slack"].settings(url)).Send(t.Context(), opening())
	if took := time.Since(began); o.Result != incident.Unclear || took < 9*time.Second || took > 10*time.Second+realtest.Patience {
		t.Errorf("%+v after %v", o, took)
	}
}

// Of an answer, little is read, however long it is.
func TestEndlessAnswer(t *testing.T) {
	var sent atomic.Int64
	ended := make(chan struct{})
	f := serveWith(t, func(w http.ResponseWriter, _ received) {
		defer close(ended)
		block := []byte(strings.Repeat("x", 64<<10))
		for range 1 << 14 { // a gigabyte
			n, err := w.Write(block)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	if o := build(t, services["telegram"].settings(f.URL)).Send(t.Context(), opening()); o.Result != incident.Unclear {
		t.Errorf("%+v, want unclear", o)
	}
	<-ended
	if n := sent.Load(); n > 64<<20 { // what the kernel holds
		t.Errorf("%d bytes were sent", n)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	other := serve(t, 200, "ok")
	for _, status := range []int{301, 302, 303, 307, 308} {
		f := serve(t, status, "", "Location", other.URL)
		o := build(t, services["slack"].settings(f.URL)).Send(t.Context(), opening())
		if o.Result != incident.Refused || !strings.Contains(o.Reason, "redirect") {
			t.Errorf("%d: %+v", status, o)
		}
	}
	if len(other.requests) > 0 {
		t.Error("a redirect was followed")
	}
}

func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	proxy := serve(t, 200, "ok")
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	o := build(t, service.Settings{Type: "slack", URL: "http://s3cret-host.invalid/x"}).Send(t.Context(), opening())
	if o.Result != incident.Refused || len(proxy.requests) > 0 {
		t.Errorf("%+v, %d requests to the proxy", o, len(proxy.requests))
	}
}

// The network block is honored: its resolver, its authorities and its proxy.
func TestNetworkBlock(t *testing.T) {
	ca := realtest.NewCA(t)
	secured := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }))
	secured.TLS = tlsConfig(ca.Valid("127.0.0.1"))
	secured.StartTLS()
	t.Cleanup(secured.Close)
	network := egress.New("")
	network.RootCAs = ca.Pool
	arrives(t, with(t, network, service.Settings{Type: "slack", URL: secured.URL + "/x"}), opening())

	proxy := serve(t, 200, "ok")
	network = egress.New("")
	var err error
	if network.Proxy, err = egress.NewProxy(proxy.URL, nil); err != nil {
		t.Fatal(err)
	}
	arrives(t, with(t, network, service.Settings{Type: "slack", URL: "http://slack.example/x"}), opening())
	if len(proxy.requests) != 1 {
		t.Errorf("%d requests to the proxy", len(proxy.requests))
	}

	network = egress.New(resolver(t, map[string]string{"chat.example.": "127.0.0.1", "meta.example.": "169.254.169.254"}))
	for _, host := range []string{"chat.example", "meta.example"} { // loopback needs its name, too
		o := with(t, network, service.Settings{Type: "slack", URL: "http://" + host + "/s3cret"}).Send(t.Context(), opening())
		if o.Result != incident.Refused || !strings.Contains(o.Reason, "resolves to") || strings.Contains(o.Reason, "s3cret") {
			t.Errorf("%s: %+v", host, o)
		}
	}
}

func with(t testing.TB, network *egress.Network, s service.Settings) *notify.Notifier {
	t.Helper()
	s.Name = "test"
	n, err := notify.New(s, notify.Options{Network: network, ID: "vega-1"})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// resolver runs a DNS server.
func resolver(t testing.TB, names map[string]string) string {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		if ip := names[r.Question[0].Name]; ip != "" && r.Question[0].Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: r.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.ParseIP(ip)}}
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String()
}

func TestPing(t *testing.T) {
	f := serve(t, 200, "OK")
	o := notify.Ping(t.Context(), notify.Options{Network: egress.New("")}, f.URL+"/ping/s3cret-identifier")
	if got := f.only(t); o.Result != incident.Arrived || got.method != http.MethodGet || got.path != "/ping/s3cret-identifier" {
		t.Errorf("%+v %+v", o, got)
	}
	for _, status := range []int{404, 500, 302} {
		f := serve(t, status, echoed)
		o := notify.Ping(t.Context(), notify.Options{Network: egress.New("")}, f.URL+"/ping/s3cret-identifier")
		if o.Result == incident.Arrived || strings.Contains(o.Reason, "s3cret") || strings.Contains(o.Reason, echoed) {
			t.Errorf("%+v", o)
		}
	}
	if o := notify.Ping(t.Context(), notify.Options{Network: egress.New("")}, "::"); o.Result != incident.Final {
		t.Errorf("%+v", o)
	}
}
