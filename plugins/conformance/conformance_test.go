// Package conformance_test runs one suite for every SDK: a guest in each
// language, in the sandbox, against real servers. All must give the same
// results.
package conformance_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/crypto/ssh"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/build"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// languages lists the languages that have an SDK and a guest here.
var languages = []build.Language{build.Go, build.C, build.Rust, build.AssemblyScript}

// long exceeds the initial buffer of every SDK.
var long = strings.Repeat("long ", 1000)

// outcome is the expected result of a probe. A detail "~x" must contain x.
type outcome struct {
	probe   string
	values  manifest.Values
	block   []grant.Rule
	kv      manifest.Size
	timeout time.Duration

	status  check.Status
	cause   check.Cause
	message string
	details map[string]string
	metrics []check.Metric
	logs    []string
}

func outcomes(t *testing.T, w *world) []outcome {
	text := manifest.Plain
	facts := func(of *realtest.Leaf) map[string]string {
		return map[string]string{"tls": "TLS 1.3", "cipher": "true", "subject": "CN=localhost", "issuer": "CN=vega test authority", "not_after": strconv.FormatInt(of.NotAfter.Unix(), 10), "names": "localhost,other.vega.test", "chain_ends": strconv.FormatInt(of.NotAfter.Unix(), 10), "chain_subject": "", "accepted": "none"}
	}
	all := []outcome{
		{
			probe: "options",
			values: manifest.Values{
				"text": text("Zoë 1"), "long": text(long), "number": 2.25, "whole": 42.0, "flag": true,
				"wait": 1500 * time.Millisecond, "size": manifest.Size(3 << 30),
				"list":  []manifest.Value{text("x"), 2.0, true},
				"map":   map[string]manifest.Value{"a.b": text("dot"), "#": text("number"), "@0": text("at"), `\`: text("slash"), "": text("empty"), "plain": text(strings.Repeat("p", 300))},
				"usual": text("as ever"),
			},
			status: check.Healthy, message: "read",
			details: map[string]string{
				"text": "Zoë 1", "long": "5000", "number": "9", "whole": "42", "flag": "true", "wait": "1500", "size": "3221225472",
				"list": "x,2,true", "map": `=empty,#=number,@0=at,\=slash,a.b=dot,plain=` + strings.Repeat("p", 300),
				"usual": "as ever", "absent": "false0",
			},
		},
		{
			probe:  "results",
			status: check.Degraded, cause: check.Target, message: "x" + strings.Repeat("é", 510) + "…",
			details: map[string]string{
				"again": "second", strings.Repeat("ä", 62) + "…": "a long name", "long": "x" + strings.Repeat("ö", 2046) + "…", "clock": "runs",
			},
			metrics: []check.Metric{{Name: "one", Value: 1.5, Unit: "ms"}},
			logs:    []string{"DEBUG a debug line", "INFO an info line", "WARN a warn line", "ERROR x" + strings.Repeat("ü", 510) + "…"},
		},
		{
			probe:  "http",
			values: manifest.Values{"url": text(w.plain.URL), "secure": text(w.secure.URL), "token": manifest.Text{{Text: "a-real-token-of-25-letters", Secret: true}}},
			status: check.Healthy, message: "sent",
			details: with(facts(w.good), map[string]string{
				"status": "200", "method": "POST", "auth": "ada:s3cret", "a.0": "one", "a.1": "two", "token": "right", "body": "hello", "none": "null",
				`odd\.key`: "true", "list": "[1,2,3]", "absent": "-1", "list.#": "3", "count": "309", "text": "600", "header": "yes", "timing": "runs", "no_tls": "-9",
				"body_is": "100000xxxxx", "long": "none", "first": "xxxxxxx", "cut": "none", "max_body": "-8", "latin": "café", "unkept": "-9", "no_json": "-9", "redirect": "302/long", "redirected": "200", "bad_url": "-9",
				"verified": "none",
			}),
		},
		{
			probe:  "net",
			values: manifest.Values{"address": text(w.lines), "secure": text(w.tlsLines), "datagram": text(w.datagram)},
			status: check.Healthy, message: "talked",
			details: with(facts(w.bad), map[string]string{
				"write": "none", "line1": "ONE", "line2": "TWO", "ready": "go ahead", "starttls": "none", "line3": "THREE", "long_line": "-8",
				"bye": "bye", "gone": "-7", "end": "end", "closed": "-11", "verified": "-6", "line4": "FOUR", "udp": "pong", "late": "-3",
			}),
		},
		{
			probe: "errors",
			values: manifest.Values{
				"untrusted": text(w.untrusted.URL), "absent": text("http://absent.vega.test/"), "loop": text(w.plain.URL + "/loop"),
				"refusing": text(w.refusing), "resetting": text(w.resetting), "silent": text(w.silent), "elsewhere": text("127.0.0.1:9"),
			},
			timeout: 2 * time.Second,
			status:  check.Unhealthy, cause: check.Denied, message: "all failed",
			details: map[string]string{
				"denied": "3 -2", "denied_is": `~net = ["tcp://127.0.0.1:9"]`,
				"refused": "2 -4", "refused_is": "it refuses the connection; start the service or correct the address",
				"dns": "2 -5", "dns_is": "~the name of it does not resolve; correct the name or repair its DNS (",
				"tls": "2 -6", "tls_is": "~TLS with it failed: ",
				"io": "2 -13", "io_is": "~it: stopped after 10 redirects",
				"invalid": "3 -9", "invalid_is": "~could not check it: ",
				"too_large": "3 -8", "too_large_is": "~it answered with more than this probe reads (",
				"quota": "3 -10", "quota_is": "~could not check it: ", "held": "16",
				"closed": "3 -11", "closed_is": "~could not check it: ",
				"reset": "2 -7", "reset_is": "it closed the connection in the middle of the exchange; look into its log",
				"timeout": "2 -3", "timeout_is": "~it did not answer in time; it is overloaded or hung, or a firewall drops the packets (timed out ",
			},
		},
		{
			probe: "dns", block: rules(t, manifest.DNS, "absent.vega.test"),
			values: manifest.Values{"name": text("vega.test"), "server": text(w.dns)},
			status: check.Healthy, message: "asked",
			details: map[string]string{"A": "192.0.2.1,192.0.2.2", "MX": "10 mail.vega.test", "TXT": "v=spf1 " + strings.Repeat("x", 200) + "," + strings.Repeat("y", 250), "SRV": "-1", "NS": "-1", "absent": "-5", "what": "-9"},
		},
		{
			probe:  "sql",
			values: manifest.Values{"database": text("app")},
			status: check.Healthy, message: "queried",
			details: map[string]string{"rows": "1 a,2 -1,3 5000", "end": "none", "column": "-9", "closed": "-11", "bad": "-12"},
		},
		{
			probe: "kv", kv: 2048,
			status: check.Healthy, message: "kept",
			details: map[string]string{
				"absent": "-1", "set": "none", "got": "3a0b", "quota": "-10", "again": "none", "now": "c", "deleted": "-1",
				"unstored": `3 could not check it: key "seen": not set; no run has stored it yet, which the probe has to expect`,
			},
		},
		{
			probe:  "match",
			status: check.Healthy, message: "matched",
			details: map[string]string{"yes": "true", "no": "false", "within": "true", "bad": "-9", "group": "example", "no_group": "-1"},
		},
	}
	all = append(all, reach(t, w)...)
	for n, status := range []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown} {
		cause := check.Target
		switch status {
		case check.Healthy:
			cause = ""
		case check.Unknown:
			cause = check.Probe
		}
		all = append(all, outcome{probe: "status", values: manifest.Values{"status": float64(n)}, status: status, cause: cause, message: "it is " + string(status), details: map[string]string{}})
	}
	return all
}

func with(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// TestConformance checks every outcome in every language, with and without
// grease: additions by a later host must not affect today's guests.
func TestConformance(t *testing.T) {
	w := newWorld(t)
	for _, l := range languages {
		t.Run(string(l), func(t *testing.T) {
			wasm := guest(t, l)
			for _, grease := range []bool{false, true} {
				s := newSandbox(t, w)
				m, err := s.Load(t.Context(), wasm)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range outcomes(t, w) {
					s.check(t, m, o, grease)
				}
				if err := m.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The suite proves nothing about a host call that a guest never makes.
func TestGuestsMakeEveryCall(t *testing.T) {
	for _, l := range languages {
		t.Run(string(l), func(t *testing.T) {
			read, err := manifest.Read(guest(t, l))
			if err != nil {
				t.Fatal(err)
			}
			made := map[string]bool{}
			for _, i := range read.Imports {
				if i.Module == manifest.V1 {
					made[i.Name] = true
				}
			}
			for _, call := range plugins.Calls() {
				if !made[call] {
					t.Errorf("%s is not called", call)
				}
			}
			t.Logf("%d calls, %d bytes", len(made), read.Size)
		})
	}
}

func (s *sandbox) check(t *testing.T, m *plugins.Module, o outcome, grease bool) {
	t.Helper()
	probe, _ := m.Manifest.Probe(o.probe)
	set, _ := grant.Effective(grant.Request{Probe: probe, Values: o.values, Written: written(o.values), Block: grant.Set{Rules: o.block, KV: o.kv}})
	in := plugins.Input{Integration: "i", Probe: o.probe, Values: o.values, Grants: set, Timeout: realtest.Patience, Grease: grease}
	if o.timeout > 0 {
		in.Timeout = o.timeout
	}
	got, _ := realtest.Unstarved(t, func() plugins.Result {
		s.logs, s.kept = nil, map[string]string{}
		return m.Run(t.Context(), in)
	}, func(r plugins.Result) bool {
		// With a short deadline, calls before it may be too late on a busy
		// machine.
		late := o.timeout > 0 && in.Timeout < realtest.Patience && len(s.differs(o, r, grease)) > 0
		if late {
			in.Timeout *= 2
		}
		return late || realtest.Starved(r.Cause, r.Message)
	})
	for _, d := range s.differs(o, got, grease) {
		t.Errorf("%s: %s", o.probe, d)
	}
}

// differs describes how a run differs from the expected outcome.
func (s *sandbox) differs(o outcome, got plugins.Result, grease bool) (all []string) {
	differ := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if got.Status != o.status || got.Cause != o.cause || got.Message != o.message {
		differ("%s/%s %q, want %s/%s %q", got.Status, got.Cause, got.Message, o.status, o.cause, o.message)
	}
	for name, want := range o.details {
		if grease {
			want = greased(want)
		}
		have, ok := got.Details[name]
		if part, some := strings.CutPrefix(want, "~"); !ok || some && !strings.Contains(have, part) || !some && have != want {
			differ("detail %s is %q, want %q", name, have, want)
		}
	}
	for name, have := range got.Details {
		if _, ok := o.details[name]; !ok {
			differ("unexpected detail %s: %q", name, have)
		}
	}
	if !slices.Equal(got.Metrics, o.metrics) && len(got.Metrics)+len(o.metrics) > 0 {
		differ("metrics %v, want %v", got.Metrics, o.metrics)
	}
	if o.logs != nil && !slices.Equal(s.logs, o.logs) {
		differ("logged %q, want %q", s.logs, o.logs)
	}
	return all
}

func rules(t *testing.T, kind manifest.Kind, texts ...string) []grant.Rule {
	t.Helper()
	var all []grant.Rule
	for _, text := range texts {
		r, err := grant.Parse(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		r.Origin = grant.FromBlock
		all = append(all, r)
	}
	return all
}

func written(v manifest.Values) map[string]bool {
	w := map[string]bool{}
	for name := range v {
		w[name] = true
	}
	return w
}

// world holds the servers that the guests talk to.
type world struct {
	roots                     *egress.Network
	plain, secure, untrusted  *httptest.Server
	good, bad                 *realtest.Leaf // bad is signed by an untrusted authority
	lines, tlsLines, datagram string
	refusing, resetting       string
	silent, dns               string

	second             *httptest.Server // speaks HTTP/2 only, without TLS
	linesPath, webPath string
	shell              string // an SSH server
	hostKey            ssh.Signer
}

func newWorld(t *testing.T) *world {
	w := &world{}
	trusted := realtest.NewCA(t)
	w.good = trusted.Valid("localhost", "other.vega.test")
	w.bad = realtest.NewCA(t).Valid("localhost", "other.vega.test")
	w.plain = httptest.NewServer(http.HandlerFunc(serveHTTP))
	w.secure = httptest.NewUnstartedServer(http.HandlerFunc(serveHTTP))
	w.secure.TLS = &tls.Config{Certificates: []tls.Certificate{w.good.TLS}}
	w.secure.StartTLS()
	w.secure.URL = strings.Replace(w.secure.URL, "127.0.0.1", "localhost", 1)
	w.untrusted = httptest.NewTLSServer(http.HandlerFunc(serveHTTP))
	t.Cleanup(w.plain.Close)
	t.Cleanup(w.secure.Close)
	t.Cleanup(w.untrusted.Close)
	w.lines = listen(t, func(c net.Conn) { serveLines(c, w.bad) })
	w.tlsLines = listen(t, func(c net.Conn) { serveLines(overTLS(c, w.bad), w.bad) })
	w.tlsLines = strings.Replace(w.tlsLines, "127.0.0.1", "localhost", 1)
	w.silent = listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	w.resetting = listen(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1))
		_ = c.(*net.TCPConn).SetLinger(0)
	})
	w.refusing = "127.0.0.1:" + realtest.FreePort(t)
	w.datagram = datagrams(t)
	w.dns = nameServer(t)
	w.doors(t)
	w.roots = egress.New(w.dns)
	w.roots.RootCAs = trusted.Pool
	return w
}

func serveHTTP(rw http.ResponseWriter, q *http.Request) {
	switch q.URL.Path {
	case "/echo":
		user, password, _ := q.BasicAuth()
		body, _ := io.ReadAll(q.Body)
		token := "wrong"
		if q.Header.Get("X-Token") == "a-real-token-of-25-letters" {
			token = "right"
		}
		rw.Header().Set("X-Reply", "yes")
		fmt.Fprintf(rw, `{"method":%q,"auth":%q,"a":[%q,%q],"token":%q,"body":%q,"none":null,"odd.key":true,"list":[1,2,3],"text":%q}`,
			q.Method, user+":"+password, q.Header["X-A"][0], q.Header["X-A"][1], token, body, strings.Repeat("t", 600))
	case "/trailers":
		serveTrailers(rw, q)
	case "/talk":
		serveWebSocket(rw, q)
	case "/none":
		http.NotFound(rw, q)
	case "/latin":
		rw.Header().Set("Content-Type", "text/plain; charset=iso-8859-1")
		_, _ = io.WriteString(rw, "caf\xe9")
	case "/away":
		http.Redirect(rw, q, "/long", http.StatusFound)
	case "/loop":
		http.Redirect(rw, q, "/loop", http.StatusFound)
	default:
		_, _ = io.WriteString(rw, strings.Repeat("x", 100_000))
	}
}

// serveLines answers each line in upper case, and handles three commands.
func serveLines(c net.Conn, leaf *realtest.Leaf) {
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch strings.TrimSpace(line) {
		case "STARTTLS":
			_, _ = io.WriteString(c, "go ahead\r\n")
			c = overTLS(c, leaf)
			in = bufio.NewReader(c)
		case "LONG":
			_, _ = io.WriteString(c, strings.Repeat("x", 200))
		case "BYE":
			_, _ = io.WriteString(c, "bye\n")
			return
		default:
			_, _ = io.WriteString(c, strings.ToUpper(line))
		}
	}
}

func overTLS(c net.Conn, leaf *realtest.Leaf) net.Conn {
	return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{leaf.TLS}})
}

func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	return serve(t, "tcp", "127.0.0.1:0", handle)
}

func serve(t *testing.T, network, address string, handle func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				handle(c)
			}()
		}
	}()
	return l.Addr().String()
}

func datagrams(t *testing.T) string {
	t.Helper()
	c, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 64)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if string(buf[:n]) == "ping" {
				_, _ = c.WriteTo([]byte("pong"), from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func nameServer(t *testing.T) string {
	t.Helper()
	c, err := (&net.ListenConfig{}).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	s := &dns.Server{PacketConn: c, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(rw dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		head := dns.RR_Header{Name: q.Question[0].Name, Rrtype: q.Question[0].Qtype, Class: dns.ClassINET, Ttl: 1}
		switch {
		case head.Name != "vega.test.":
			m.Rcode = dns.RcodeNameError
		case head.Rrtype == dns.TypeA:
			m.Answer = []dns.RR{&dns.A{Hdr: head, A: net.IPv4(192, 0, 2, 1)}, &dns.A{Hdr: head, A: net.IPv4(192, 0, 2, 2)}}
		case head.Rrtype == dns.TypeMX:
			m.Answer = []dns.RR{&dns.MX{Hdr: head, Preference: 10, Mx: "mail.vega.test."}}
		case head.Rrtype == dns.TypeTXT:
			m.Answer = []dns.RR{&dns.TXT{Hdr: head, Txt: []string{"v=spf1 ", strings.Repeat("x", 200)}}, &dns.TXT{Hdr: head, Txt: []string{strings.Repeat("y", 250)}}}
		}
		_ = rw.WriteMsg(m)
	})}
	go func() { _ = s.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = s.Shutdown() })
	return c.LocalAddr().String()
}

// greased returns what a guest reports if it gets an errno from a later version
// in place of -12 or -13, which it treats as -12.
func greased(want string) string {
	switch want {
	case "2 -13":
		return "3 -113"
	case "~it: stopped after 10 redirects":
		return "~could not check it: stopped after 10 redirects"
	default:
		return strings.NewReplacer("-12", "-113", "-13", "-113").Replace(want)
	}
}
