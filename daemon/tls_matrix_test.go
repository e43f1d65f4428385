package daemon_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ocsp"

	"vega/daemon/engine"
	"vega/plugins/transport"
	"vega/policies/check"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// tlsServer is one way to configure a server, and what every probe says about
// it. says is part of the message, "" if it is healthy.
type tlsServer struct {
	name   string
	config *tls.Config
	host   string // in the target; "" for www.vega.test
	block  string // the content of the tls block
	says   string
	days   float64 // of certificate_days, if not 0
}

const vegaTest = "www.vega.test"

// world is what the servers have in common.
type world struct {
	root, inter, leaf *issued
	ca                string // the file with the trusted authorities
	client            string // options of a client certificate that the servers accept
	stranger          string // those of one that they don't
	clients           *issued
}

func newWorld(t *testing.T) *world {
	w := &world{root: issue(t, spec{name: "Vega Root", ca: true, until: 3650 * days}, nil)}
	w.inter = issue(t, spec{name: "Vega Intermediate", ca: true, until: 365 * days}, w.root)
	w.leaf = issue(t, spec{name: vegaTest, dns: []string{vegaTest}}, w.inter)
	w.clients = issue(t, spec{name: "Clients Authority", ca: true}, nil)
	for _, c := range []struct {
		to *string
		by *issued
	}{{&w.client, w.clients}, {&w.stranger, issue(t, spec{name: "Strangers", ca: true}, nil)}} {
		cert, key := save(t, "client", issue(t, spec{name: "vega-client"}, c.by))
		*c.to = fmt.Sprintf("client_cert = %q\n    client_key = %q", cert, key)
	}
	return w
}

func (w *world) config(c tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS10}
}

// names are servers with chains and names of all kinds.
func (w *world) names(t *testing.T) []tlsServer {
	leafOf := func(s spec, by *issued) *issued {
		if s.name == "" {
			s.name = vegaTest
		}
		if s.dns == nil {
			s.dns = []string{vegaTest}
		}
		return issue(t, s, by)
	}
	self := leafOf(spec{}, nil)
	pin, _ := transport.Fingerprints(self.cert)
	_, key := transport.Fingerprints(self.cert)
	old := issue(t, spec{name: "Old Root", ca: true, until: -days}, nil)
	cross := issue(t, spec{name: "Vega Root", ca: true, until: 30 * days, key: w.root.key}, old)
	oldInter := issue(t, spec{name: "Old Intermediate", ca: true, until: -2 * days}, w.root)
	soonInter := issue(t, spec{name: "Ending Intermediate", ca: true, until: 3*days - days/2}, w.root)
	underOld := issue(t, spec{name: "Trusted Old Root", ca: true, until: -3 * days}, nil)
	w.ca, _ = save(t, "ca", w.root, underOld)
	weakRoot := issue(t, spec{name: "Weak Authority", ca: true, key: rsaKey(t)}, nil)
	weak := leafOf(spec{edit: func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA }}, weakRoot)
	extra, _ := save(t, "extra", weakRoot)
	return []tlsServer{
		{name: "complete chain", config: w.config(chain(w.leaf, w.inter)), days: 89},
		{name: "complete chain with its root", config: w.config(chain(w.leaf, w.inter, w.root)), days: 89},
		{name: "missing intermediate", config: w.config(chain(w.leaf)), says: `its certificate is signed by an unknown authority, "Vega Intermediate", whose own certificate the server does not send; install the complete chain on the server`},
		{name: "cross-signed by an expired root", config: w.config(chain(w.leaf, w.inter, cross)), days: 89},
		{name: "cross-signed by an expired root, which is sent", config: w.config(chain(w.leaf, w.inter, cross, old)), days: 89},
		{name: "expired root", config: w.config(chain(leafOf(spec{}, underOld))), says: `its authority "Trusted Old Root" expired 3 days ago`},
		{name: "expired intermediate", config: w.config(chain(leafOf(spec{}, oldInter), oldInter)), says: `its intermediate certificate "Old Intermediate" expired 2 days ago`},
		{name: "intermediate that ends in 3 days", config: w.config(chain(leafOf(spec{}, soonInter), soonInter)), days: 2},
		{name: "wildcard", config: w.config(chain(leafOf(spec{name: "w", dns: []string{"*.vega.test"}}, w.inter), w.inter))},
		{name: "wrong name", config: w.config(chain(leafOf(spec{name: "w", dns: []string{"a.example", "b.example"}}, w.inter), w.inter)), says: `its certificate is not valid for "www.vega.test", only for "a.example", "b.example"; correct the address or the certificate`},
		{name: "wrong name, named by server_name", config: w.config(chain(leafOf(spec{name: "w", dns: []string{"a.example"}}, w.inter), w.inter)), block: `server_name = "a.example"`},
		{name: "address", host: "127.0.0.1", config: w.config(chain(leafOf(spec{name: "w", dns: []string{"127.0.0.1"}}, w.inter), w.inter))},
		{name: "address without an address in the certificate", host: "127.0.0.1", config: w.config(chain(w.leaf, w.inter)), says: `its certificate is not valid for "127.0.0.1", only for "www.vega.test"`},
		{name: "common name only", config: w.config(chain(leafOf(spec{dns: []string{}}, w.inter), w.inter)), says: `its certificate has no subject alternative name, only the common name "www.vega.test"`},
		{name: "self-signed", config: w.config(chain(self)), says: "its certificate is self-signed; if it is the right one, trust it with tls { fingerprint = \"" + pin},
		{name: "self-signed, pinned", config: w.config(chain(self)), block: fmt.Sprintf("fingerprint = %q", pin), days: 89},
		{name: "self-signed, its key pinned", config: w.config(chain(self)), block: fmt.Sprintf("fingerprint = %q", key)},
		{name: "another than the pinned one", config: w.config(chain(w.leaf, w.inter)), block: fmt.Sprintf("fingerprint = %q", pin), says: "its certificate is not the one of tls.fingerprint"},
		{name: "self-signed, not verified", config: w.config(chain(self)), block: "skip_verify = true"},
		{name: "expired", config: w.config(chain(leafOf(spec{until: -3 * days}, w.inter), w.inter)), says: "its certificate expired 3 days ago"},
		{name: "not yet valid", config: w.config(chain(leafOf(spec{from: 2 * days}, w.inter), w.inter)), says: "its certificate is not valid before"},
		{name: "unknown authority", config: w.config(chain(leafOf(spec{}, w.clients), w.clients)), says: `its certificate is signed by an unknown authority, "Clients Authority"; if that is your own, set network.ca_file, or tls { ca_file } in the integration`},
		{name: "unknown authority, in tls.ca_file", config: w.config(chain(leafOf(spec{}, w.clients), w.clients)), block: fmt.Sprintf("ca_file = %q", func() string { f, _ := save(t, "own", w.clients); return f }())},
		{name: "signed with SHA-1", config: w.config(chain(weak, weakRoot)), block: fmt.Sprintf("ca_file = %q", extra), says: `the certificate "www.vega.test" is signed with SHA1-RSA, which is too weak`},
	}
}

// handshakes are servers with versions, client certificates, SNI and OCSP of
// all kinds.
func (w *world) handshakes(t *testing.T) []tlsServer {
	good := chain(w.leaf, w.inter)
	version := func(v uint16) *tls.Config {
		c := w.config(good)
		c.MinVersion, c.MaxVersion = v, v
		return c
	}
	asking := func(v uint16, how tls.ClientAuthType) *tls.Config {
		c := version(v)
		c.ClientAuth, c.ClientCAs = how, pool(w.clients)
		return c
	}
	named := w.config(good)
	named.Certificates = nil
	named.GetCertificate = func(h *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if h.ServerName != vegaTest {
			return nil, errors.New("no such name")
		}
		return &good, nil
	}
	quietly := asking(tls.VersionTLS13, tls.VerifyClientCertIfGiven)
	stapled := func(leaf *issued, status int) *tls.Config {
		c := chain(leaf, w.inter)
		c.OCSPStaple = staple(t, leaf, w.inter, status)
		return w.config(c)
	}
	must := issue(t, spec{name: vegaTest, dns: []string{vegaTest}, edit: mustStaple}, w.inter)
	suite := func(id uint16) *tls.Config {
		c := w.config(chain(issue(t, spec{name: vegaTest, dns: []string{vegaTest}, key: rsaKey(t)}, w.inter), w.inter))
		c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{id}
		return c
	}
	const asks, rejects = "it asks for a client certificate; set tls { client_cert, client_key }", `it rejects the client certificate "vega-client"`
	return []tlsServer{
		{name: "TLS 1.0", config: version(tls.VersionTLS10), says: "it speaks no newer version than TLS 1.0; update its TLS settings"},
		{name: "TLS 1.0, accepted", config: version(tls.VersionTLS10), block: `min_version = "1.0"`},
		{name: "TLS 1.1", config: version(tls.VersionTLS11), says: "it speaks no newer version than TLS 1.1"},
		{name: "TLS 1.2", config: version(tls.VersionTLS12)},
		{name: "TLS 1.2 where 1.3 is demanded", config: version(tls.VersionTLS12), block: `min_version = "1.3"`, says: "it speaks no newer version than TLS 1.2"},
		{name: "TLS 1.3", config: version(tls.VersionTLS13)},
		{name: "no forward secrecy", config: suite(tls.TLS_RSA_WITH_AES_128_CBC_SHA)},
		{name: "no forward secrecy, AES-GCM", config: suite(tls.TLS_RSA_WITH_AES_256_GCM_SHA384)},
		{name: "RC4", config: suite(tls.TLS_RSA_WITH_RC4_128_SHA), says: "it has no cipher suite in common with current clients"},
		{name: "client certificate demanded, TLS 1.2", config: asking(tls.VersionTLS12, tls.RequireAndVerifyClientCert), says: asks},
		{name: "client certificate demanded, TLS 1.3", config: asking(tls.VersionTLS13, tls.RequireAndVerifyClientCert), says: asks},
		{name: "client certificate sent, TLS 1.2", config: asking(tls.VersionTLS12, tls.RequireAndVerifyClientCert), block: w.client},
		{name: "client certificate sent, TLS 1.3", config: asking(tls.VersionTLS13, tls.RequireAndVerifyClientCert), block: w.client},
		{name: "client certificate rejected, TLS 1.2", config: asking(tls.VersionTLS12, tls.RequireAndVerifyClientCert), block: w.stranger, says: rejects},
		{name: "client certificate rejected, TLS 1.3", config: asking(tls.VersionTLS13, tls.RequireAndVerifyClientCert), block: w.stranger, says: rejects},
		{name: "client certificate welcome, TLS 1.2", config: asking(tls.VersionTLS12, tls.VerifyClientCertIfGiven)},
		{name: "client certificate welcome, TLS 1.3", config: quietly},
		{name: "server name demanded", config: named},
		{name: "server name demanded, address given", host: "127.0.0.1", config: named, says: "if it needs a server name, which an address is not, set tls { server_name }"},
		{name: "server name demanded, another given", config: named, block: `server_name = "other.vega.test"`, says: "it fails in the handshake"},
		{name: "OCSP stapled", config: stapled(w.leaf, ocsp.Good)},
		{name: "OCSP stapled, revoked", config: stapled(w.leaf, ocsp.Revoked), says: "its certificate was revoked on"},
		{name: "must-staple, stapled", config: stapled(must, ocsp.Good)},
		{name: "must-staple without a staple", config: w.config(chain(must, w.inter)), says: "its certificate demands a stapled OCSP response, and the server sends none"},
	}
}

// probesOfTLS are the probes that speak TLS, each with its config for a target.
var probesOfTLS = []struct{ name, probe, config string }{
	{"http", "core.http", `url = "https://%s/"`},
	{"tls", "core.tls", "address = %q\n    min_days = 0"},
	{"tcp", "core.tcp", "address = %q\n    tls = true"},
	{"smtp", "core.smtp", `address = %q`},
	{"redis", "core.redis", "address = %q\n    tls = true"},
	{"postgres", "core.tls", "address = %q\n    starttls = \"postgres\"\n    min_days = 0"},
	{"mqtt", "mqtt.broker", "address = %q\n    tls = true"},
}

// Every probe that speaks TLS judges a server alike, and says the same about
// it, whatever the version of TLS and the protocol.
func TestEveryProbeAgreesAboutTLS(t *testing.T) {
	w := newWorld(t)
	servers := append(w.names(t), w.handshakes(t)...)
	var hcl strings.Builder
	fmt.Fprintf(&hcl, "network {\n  ca_file = %q\n}\n", w.ca)
	var names []string
	for i, s := range servers {
		at := serveAll(t, s.config)
		host := s.host
		if host == "" {
			host = vegaTest
		}
		for _, p := range probesOfTLS {
			_, port, _ := net.SplitHostPort(at[p.name])
			name := fmt.Sprintf("s%02d-%s", i, p.name)
			names = append(names, name)
			fmt.Fprintf(&hcl, "integration %q {\n  probe = %s\n  interval = \"0s\"\n  timeout = \"30s\"\n  connect_to = %q\n  config {\n    %s\n  }\n  tls {\n    %s\n  }\n}\n",
				name, p.probe, at[p.name], fmt.Sprintf(p.config, net.JoinHostPort(host, port)), s.block)
		}
	}
	path := filepath.Join(t.TempDir(), "vega.hcl")
	if err := os.WriteFile(path, []byte(hcl.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	d := openRows(t, path)
	health, err := d.Health(t.Context(), engine.Query{Names: names})
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]engine.Report{}
	for _, r := range health.Integrations {
		by[r.Name] = r
	}
	for i, s := range servers {
		var all []engine.Report
		for _, p := range probesOfTLS {
			all = append(all, by[fmt.Sprintf("s%02d-%s", i, p.name)])
		}
		judgeServer(t, s, all)
	}
}

func judgeServer(t *testing.T, s tlsServer, all []engine.Report) {
	t.Helper()
	reasons := map[string]bool{}
	for n, r := range all {
		p := probesOfTLS[n]
		want := check.Healthy
		if s.says != "" {
			want = check.Unhealthy
		}
		t.Logf("%-46s | %-8s | %-9s | %s", s.name, p.name, r.Status, r.Message)
		if r.Status != want || !strings.Contains(r.Message, s.says) {
			t.Errorf("%s, %s: %s/%s %q, want %s %q", s.name, p.name, r.Status, r.Cause, r.Message, want, s.says)
		}
		if s.says != "" {
			_, reason, _ := strings.Cut(r.Message, s.says)
			reason, _, _ = strings.Cut(reason, "clock says")
			reasons[reason] = true
		}
		for _, m := range r.Metrics {
			if m.Name == "certificate_days" && s.days != 0 && m.Value != s.days {
				t.Errorf("%s, %s: certificate_days is %v, want %v", s.name, p.name, m.Value, s.days)
			}
		}
	}
	if len(reasons) > 1 {
		t.Errorf("%s: the probes disagree: %q", s.name, slices.Sorted(maps.Keys(reasons)))
	}
}
