package plugins_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// counted is a server that counts its requests.
func counted(t testing.TB, handler http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s, &n
}

// names is a DNS server that answers every name with one address.
func names(t testing.TB, answers map[string]string) (resolver string) {
	t.Helper()
	pc, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	server := &dns.Server{PacketConn: pc, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		ip, err := netip.ParseAddr(answers[strings.TrimSuffix(q.Question[0].Name, ".")])
		head := dns.RR_Header{Name: q.Question[0].Name, Rrtype: q.Question[0].Qtype, Class: dns.ClassINET, Ttl: 1}
		switch {
		case err != nil:
			m.Rcode = dns.RcodeNameError
		case ip.Is4() && head.Rrtype == dns.TypeA:
			m.Answer = []dns.RR{&dns.A{Hdr: head, A: ip.AsSlice()}}
		case ip.Is6() && head.Rrtype == dns.TypeAAAA:
			m.Answer = []dns.RR{&dns.AAAA{Hdr: head, AAAA: ip.AsSlice()}}
		}
		_ = w.WriteMsg(m) // without it the client times out
	})}
	go func() { _ = server.ActivateAndServe() }()
	<-ready
	t.Cleanup(func() { _ = server.Shutdown() })
	return pc.LocalAddr().String()
}

// A redirect to a host that was not granted is denied, with the line that would
// grant it, and nothing arrives there.
func TestRedirectToAnUngrantedHost(t *testing.T) {
	away, arrived := counted(t, func(http.ResponseWriter, *http.Request) {})
	from, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, away.URL+"/path?token=x", http.StatusFound)
	})
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	in := input(t, "get", manifest.Values{"url": manifest.Plain(from.URL)})
	got := m.Run(t.Context(), in)
	line := fmt.Sprintf(`http = ["GET %s"]`, away.URL)
	if got.Cause != check.Denied || !strings.Contains(got.Message, line) || arrived.Load() != 0 {
		t.Errorf("%s/%s %q, %d arrived", got.Status, got.Cause, got.Message, arrived.Load())
	}
	if len(got.Denied) != 1 || !strings.Contains(got.Denied[0], line) {
		t.Errorf("audit: %q", got.Denied)
	}
	// With that line the redirect is followed.
	rule, err := grant.Parse(manifest.HTTP, "GET "+away.URL)
	if err != nil {
		t.Fatal(err)
	}
	rule.Origin = grant.FromBlock
	in.Grants.Rules = append(in.Grants.Rules, rule)
	if got := m.Run(t.Context(), in); got.Status != check.Healthy || arrived.Load() != 1 {
		t.Errorf("%s/%s %q, %d arrived", got.Status, got.Cause, got.Message, arrived.Load())
	}
}

// A plugin that misspells its option is told which one, instead of that an address
// is refused that nobody can see.
func TestMisspeltOptionIsNamed(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	got := m.Run(t.Context(), input(t, "misspelt", manifest.Values{"address": manifest.Plain("127.0.0.1:1")}))
	if got.Status != check.Unknown || !strings.Contains(got.Message, `the probe reads the option "adress", which plugin.hcl does not declare`) || !strings.Contains(got.Message, "an empty address") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	got = m.Run(t.Context(), input(t, "dial", manifest.Values{"network": manifest.Plain("tcp"), "address": manifest.Plain("nonsense")}))
	if !strings.Contains(got.Message, `the connection to "nonsense" is refused`) {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// The address that a name resolves to is judged, not the name: metadata services and
// loopback under another name are denied, for raw connections too.
func TestResolvedAddressIsJudged(t *testing.T) {
	home, arrived := counted(t, func(http.ResponseWriter, *http.Request) {})
	_, port, err := net.SplitHostPort(home.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	network := egress.New(names(t, map[string]string{
		"metadata.example": "169.254.169.254", "rebound.example": "127.0.0.1", "mapped.example": "::ffff:127.0.0.1",
		"inner.example": "::1", "link.example": "fe80::1",
	}))
	s := newSandbox(t, plugins.Options{Network: network})
	m := s.guest(t)
	for name, says := range map[string]string{
		"metadata.example": "169.254.169.254", "rebound.example": "127.0.0.1", "mapped.example": "127.0.0.1",
		"inner.example": "::1", "link.example": "fe80::1",
	} {
		address := net.JoinHostPort(name, port)
		for probe, values := range map[string]manifest.Values{
			"get":  {"url": manifest.Plain("http://" + address + "/")},
			"dial": {"address": manifest.Plain(address), "network": manifest.Plain("tcp")},
		} {
			got := m.Run(t.Context(), input(t, probe, values))
			if got.Cause != check.Denied || !strings.Contains(got.Message, says) {
				t.Errorf("%s %s: %s/%s %q", probe, name, got.Status, got.Cause, got.Message)
			}
		}
	}
	if arrived.Load() != 0 {
		t.Errorf("%d requests arrived", arrived.Load())
	}
	if got := m.Run(t.Context(), input(t, "get", manifest.Values{"url": manifest.Plain(home.URL)})); got.Status != check.Healthy {
		t.Errorf("the same server by its literal address: %s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// Without its grant each capability is denied, and the message says what to write.
func TestUngrantedCapabilities(t *testing.T) {
	s := newSandbox(t, plugins.Options{Databases: noDatabases{}})
	m := s.guest(t)
	reach := func(network, to string) manifest.Values {
		return manifest.Values{"network": manifest.Plain(network), "name": manifest.Plain(to)}
	}
	for _, c := range []struct {
		probe  string
		values manifest.Values
		line   string
	}{
		{"get", manifest.Values{"url": manifest.Plain("http://127.0.0.1:1/")}, `http = ["GET http://127.0.0.1:1"]`},
		{"dial", manifest.Values{"address": manifest.Plain("127.0.0.1:1"), "network": manifest.Plain("tls")}, `net = ["tls://127.0.0.1:1"]`},
		{"resolve", manifest.Values{"name": manifest.Plain("example.com")}, `dns = ["example.com"]`},
		{"query", manifest.Values{"database": manifest.Plain("app"), "sql": manifest.Plain("SELECT 1")}, `sql = [database.app]`},
		{"kv", manifest.Values{"value": manifest.Plain("v")}, `kv = "64KiB"`},
		{"reach", reach("icmp", "127.0.0.1"), `icmp = ["127.0.0.1"]`},
		{"reach", reach("websocket", "ws://127.0.0.1:1/"), `websocket = ["ws://127.0.0.1:1"]`},
		{"reach", reach("ssh", "127.0.0.1:1"), `ssh = ["127.0.0.1:1"]`},
		{"reach", reach("unix", "/run/nothing.sock"), `unix = ["/run/nothing.sock"]`},
		{"reach", reach("http over unix", "/run/nothing.sock"), `unix = ["GET /run/nothing.sock"]`},
		{"reach", reach("http2", "http://127.0.0.1:1/"), `http = ["POST http://127.0.0.1:1"]`},
	} {
		got := m.Run(t.Context(), plugins.Input{Integration: "i", Probe: c.probe, Values: c.values, Timeout: 5 * time.Second})
		if got.Cause != check.Denied || !strings.Contains(strings.Join(got.Denied, " "), c.line) {
			t.Errorf("%s: %s/%s %q, denied %q", c.line, got.Status, got.Cause, got.Message, got.Denied)
		}
	}
}

type noDatabases struct{}

func (noDatabases) Query(context.Context, string, string) (plugins.Rows, error) {
	return nil, errors.New("a query without a grant reached the database")
}

// A guest may read a part of a body, ask for JSON in it, and read on.
func TestReadJSONRead(t *testing.T) {
	const body = `{"a": {"b": [1, 2.50]}, "long": "` + "0123456789012345678901234567890123456789" + `"}`
	web, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
	s := newSandbox(t, plugins.Options{})
	got := s.guest(t).Run(t.Context(), input(t, "get", manifest.Values{"url": manifest.Plain(web.URL), "json": manifest.Plain("a.b.1")}))
	if got.Details["json"] != "2.50" || got.Details["body"] != body {
		t.Errorf("%s %q: %q", got.Status, got.Message, got.Details)
	}
}

func TestHandlesAreCapped(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	got := s.guest(t).Run(t.Context(), input(t, "handles", manifest.Values{"url": manifest.Plain("http://127.0.0.1:1/")}))
	if got.Message != "refused number 17 with -10" {
		t.Errorf("%q", got.Message)
	}
	if got := s.guest(t).Run(t.Context(), input(t, "kinds", nil)); got.Message != "-9 and -11" {
		t.Errorf("tls_info of a request, and of nothing: %q", got.Message)
	}
}

func TestResolve(t *testing.T) {
	s := newSandbox(t, plugins.Options{Network: egress.New(names(t, map[string]string{"app.example": "192.0.2.7"}))})
	m := s.guest(t)
	if got := m.Run(t.Context(), input(t, "resolve", manifest.Values{"name": manifest.Plain("app.example")})); got.Message != "192.0.2.7" {
		t.Errorf("%q", got.Message)
	}
	if got := m.Run(t.Context(), input(t, "resolve", manifest.Values{"name": manifest.Plain("gone.example")})); got.Cause != check.Target {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

func TestKeyValueIsPerIntegrationAndWithinQuota(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	run := func(integration, value string) string {
		in := input(t, "kv", manifest.Values{"value": manifest.Plain(value)})
		in.Integration, in.Grants.KV = integration, 16
		return m.Run(t.Context(), in).Message
	}
	for _, c := range [][3]string{
		{"a", "one", "was: key \"k\": not set"},
		{"a", "two", "was: one"},
		{"b", "three", "was: key \"k\": not set"},
		{"a", strings.Repeat("x", 16), "quota exceeded"},
		{"a", "four", "was: two"},
	} {
		if got := run(c[0], c[1]); !strings.Contains(got, c[2]) {
			t.Errorf("%s sets %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

// rows is a fixed answer, whose second value is NULL.
type rows struct{ n int }

func (*rows) Columns() ([]string, error) { return []string{"v"}, nil }
func (r *rows) Next() bool               { r.n++; return r.n <= 2 }
func (*rows) Err() error                 { return nil }
func (*rows) Close() error               { return nil }

func (r *rows) Scan(dest ...any) error {
	raw, ok := dest[0].(*sql.RawBytes)
	if !ok {
		return fmt.Errorf("unexpected destination %T", dest[0])
	}
	*raw = nil
	if r.n == 1 {
		*raw = sql.RawBytes("row")
	}
	return nil
}

type fixedDatabases struct{ asked chan string }

func (d fixedDatabases) Query(_ context.Context, database, query string) (plugins.Rows, error) {
	d.asked <- database + ": " + query
	return &rows{}, nil
}

func TestQuery(t *testing.T) {
	d := fixedDatabases{make(chan string, 1)}
	s := newSandbox(t, plugins.Options{Databases: d})
	got := s.guest(t).Run(t.Context(), input(t, "query", manifest.Values{
		"database": manifest.Plain("app"), "sql": manifest.Plain("SELECT v FROM t"),
	}))
	if asked := <-d.asked; asked != "app: SELECT v FROM t" {
		t.Errorf("asked %q", asked)
	}
	if got.Status != check.Healthy || !strings.HasPrefix(got.Message, "row,column 0 is NULL") {
		t.Errorf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
}

// A secret in every place where one can be is in nothing that leaves the sandbox, nor
// in the guest's own memory, while the target that it is granted to receives it.
func TestCanary(t *testing.T) {
	const canary = "c4nary-Secr3t/+\"&%<value>"
	received := make(chan string, 8)
	echo, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // an empty body fails the test
		received <- r.URL.Query().Get("key") + "|" + r.Header.Get("Authorization") + "|" + string(body)
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		fmt.Fprintf(w, "%s %s %q %s", body, r.URL.RawQuery, body, r.Header.Get("Authorization"))
	})
	secret := manifest.Text{{Text: canary, Secret: true}}
	query := manifest.Text{{Text: echo.URL + "/?key="}, {Text: canary, Secret: true}}
	values := manifest.Values{
		"url": query, "token": manifest.Text{{Text: "Bearer "}, secret[0]}, "value": secret,
		"headers": map[string]manifest.Value{"X-A": secret},
		"half1":   manifest.Plain(canary[:9]), "half2": manifest.Plain(canary[9:]),
	}
	s := newSandbox(t, plugins.Options{})
	m := s.guest(t)
	for _, probe := range []string{"echo", "memory"} {
		in := input(t, probe, values)
		in.Timeout = 20 * time.Second // it reads all of its memory, byte by byte
		in.Grants.Anywhere = true     // it sends the secret in a body, too
		got := m.Run(t.Context(), in)
		if got.Status != check.Healthy {
			t.Fatalf("%s: %s/%s %q", probe, got.Status, got.Cause, got.Message)
		}
		if r := <-received; r != canary+"|Bearer "+canary+"|Bearer "+canary {
			t.Errorf("the target received %q", r)
		}
		all := fmt.Sprintf("%+v %s", got, s.logged())
		for _, form := range []string{canary, "c4nary-Secr3t", "Secr3t", `\"&%<value>`} {
			if strings.Contains(all, form) && probe == "echo" {
				t.Errorf("%q is in what left the sandbox:\n%s", form, all)
			}
		}
	}
}

// trusting returns a network that trusts the certificate of a server.
func trusting(s *httptest.Server) *egress.Network {
	n := egress.New("")
	n.RootCAs = x509.NewCertPool()
	n.RootCAs.AddCert(s.Certificate())
	return n
}
