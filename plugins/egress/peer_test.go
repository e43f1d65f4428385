package egress

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/transport"
	"vega/sdk/abi"
)

func serving(chain tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{chain}, MinVersion: tls.VersionTLS12}
}

func asking(chain tls.Certificate) *tls.Config {
	c := serving(chain)
	c.ClientAuth = tls.RequestClientCert
	return c
}

func pemOf(t *testing.T, c tls.Certificate) (cert, key manifest.Text) {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	return manifest.Plain(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))),
		manifest.Plain(string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
}

// dialTLS dials a server with the options of an integration.
func dialTLS(t *testing.T, network *Network, addr string, o transport.TLS, s setup) (*run, *Conn, error) {
	t.Helper()
	s.rules, s.network = fromConfig(rules(t, manifest.Net, "tls://"+addr)), network
	r := start(t, s)
	r.Transport = &transport.Options{TLS: o}
	c, err := r.Dial(within(t, 5*time.Second), abi.NetTLS, addr)
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return r, c, err
}

func tlsServer(t *testing.T, c *tls.Config) string {
	return listen(t, func(raw net.Conn) {
		conn := tls.Server(raw, c)
		_ = conn.Handshake()
		drain(conn)
	})
}

// Without verification no secret is sent, unless the grant agrees.
func TestSkipVerifyKeepsSecretsBack(t *testing.T) {
	ca := newAuthority(t)
	addr := tlsServer(t, serving(ca.leaf(t, time.Now().Add(time.Hour), "localhost")))
	local := strings.Replace(addr, "127.0.0.1", "localhost", 1)
	_, c, err := dialTLS(t, New(""), local, transport.TLS{SkipVerify: true}, setup{})
	if err != nil {
		t.Fatal(err)
	}
	if why, _ := c.TLSInfo(abi.TLSVerified); why != "" {
		t.Errorf("unverified: %s", why)
	}
	for _, plaintext := range []bool{false, true} {
		// A name is on this machine only because of connect_to.
		r := start(t, setup{rules: fromConfig(rules(t, manifest.Net, "tls://www.vega.test:443")), plaintext: plaintext})
		r.Transport = &transport.Options{TLS: transport.TLS{SkipVerify: true}, ConnectTo: addr}
		c, err := r.Dial(within(t, 5*time.Second), abi.NetTLS, "www.vega.test:443")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Write(within(t, 5*time.Second), []byte(r.mask))
		if plaintext {
			wants(t, err, 0)
			continue
		}
		wantsDenial(t, r, err, "whose certificate is not verified (tls.skip_verify; use ca_file or fingerprint instead)", "plaintext = true")
	}
	// A fingerprint verifies: a secret may be sent.
	leaf := ca.leaf(t, time.Now().Add(time.Hour), "elsewhere.example")
	parsed, _ := x509.ParseCertificate(leaf.Certificate[0])
	sum, _ := transport.Fingerprints(parsed)
	r, c, err := dialTLS(t, New(""), tlsServer(t, serving(leaf)), transport.TLS{Fingerprint: sum}, setup{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Write(within(t, 5*time.Second), []byte(r.mask))
	wants(t, err, 0)
}

// network.ca_file is read again when it changes: an authority is replaced together with the
// certificates of the servers. A file that can't be used is vega's own fault.
func TestAuthoritiesAreReadAgain(t *testing.T) {
	before, after := newAuthority(t), newAuthority(t)
	hello := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }
	old, renewed := before.server(t, false, hello), after.server(t, true, hello)
	n := New("")
	n.CAFile = filepath.Join(t.TempDir(), "ca.pem")
	write := func(a *authority) {
		t.Helper()
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
		if err := errors.Join(os.WriteFile(n.CAFile+".new", text, 0o600), os.Rename(n.CAFile+".new", n.CAFile)); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(s *httptest.Server) error {
		_, err := get(t, start(t, setup{network: n, rules: rules(t, manifest.HTTP, "GET "+s.URL)}), s.URL)
		return err
	}
	write(before)
	wants(t, ask(old), 0)
	wants(t, ask(renewed), abi.ErrTLS)
	write(after)
	wants(t, ask(old), abi.ErrTLS)
	wants(t, ask(renewed), 0)
	n = New("")
	n.CAFile = "/absent/ca.pem"
	err := ask(renewed)
	own, ok := errors.AsType[*Error](err)
	if !ok || own.Own == nil || !strings.Contains(err.Error(), "network.ca_file: ") {
		t.Errorf("%v", err)
	}
}

// A client certificate that can't be read is vega's own fault.
func TestUnreadableClientCertificate(t *testing.T) {
	ca := newAuthority(t)
	addr := tlsServer(t, serving(ca.leaf(t, time.Now().Add(time.Hour))))
	for _, o := range []transport.TLS{
		{Cert: transport.PEM{Path: "/absent/cert.pem"}, Key: transport.PEM{Path: "/absent/key.pem"}},
		{CAFile: "/absent/ca.pem"},
	} {
		_, _, err := dialTLS(t, ca.network(), addr, o, setup{})
		own, ok := errors.AsType[*Error](err)
		if !ok || own.Own == nil || own.Errno != abi.ErrIO || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%v", err)
		}
	}
}

// A clock that was never set is vega's own fault, not that of a certificate.
func TestClockThatWasNeverSet(t *testing.T) {
	ca := newAuthority(t)
	addr := tlsServer(t, serving(ca.leaf(t, time.Now().Add(time.Hour))))
	network := ca.network()
	network.now = func() time.Time { return time.Unix(3600, 0) }
	_, _, err := dialTLS(t, network, addr, transport.TLS{}, setup{})
	own, ok := errors.AsType[*Error](err)
	if !ok || own.Own == nil || !strings.Contains(err.Error(), "the clock of this machine says 1970-01-01T01:00:00Z") {
		t.Errorf("%v", err)
	}
}

// A clock that was set while vega ran makes no certificate expire, or one that is not
// valid yet. What is wrong by both times is the target's.
func TestClockThatWasSet(t *testing.T) {
	ca := newAuthority(t)
	addr := tlsServer(t, serving(ca.leaf(t, time.Now().Add(time.Hour))))
	expired := tlsServer(t, serving(ca.leaf(t, time.Now().Add(-time.Minute))))
	for _, set := range []time.Duration{2 * time.Hour, 400 * 24 * time.Hour, -250 * 24 * time.Hour} {
		network := ca.network()
		network.now = func() time.Time { return time.Now().Add(set) }
		_, _, err := dialTLS(t, network, addr, transport.TLS{}, setup{})
		own, ok := errors.AsType[*Error](err)
		if set < 0 {
			ok = err != nil && strings.Contains(err.Error(), "the clock of this machine")
		} else {
			ok = ok && own.Own != nil && strings.Contains(err.Error(), "the clock of this machine was set from")
		}
		if !ok {
			t.Errorf("%v: %v", set, err)
		}
		_, _, err = dialTLS(t, network, expired, transport.TLS{}, setup{})
		if own, ok := errors.AsType[*Error](err); set > 0 && ok && own.Own != nil {
			t.Errorf("%v: %v", set, err)
		}
	}
}

// The former time counts for a day after the wall clock was set.
func TestClockSettings(t *testing.T) {
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var c clockSettings
	for _, s := range []struct{ elapsed, set, former time.Duration }{
		{0, 0, 0},
		{48 * time.Hour, time.Minute, 0},
		{49 * time.Hour, -59 * time.Minute, 0},
		{50 * time.Hour, 400 * 24 * time.Hour, 50 * time.Hour},
		{51 * time.Hour, 0, 0},
		{52 * time.Hour, -24 * time.Hour, 52 * time.Hour},
		{75 * time.Hour, -24 * time.Hour, 75 * time.Hour},
		{76 * time.Hour, -24 * time.Hour, 0},
		{77 * time.Hour, -24 * time.Hour, 0},
		{78 * time.Hour, 0, 54 * time.Hour},
	} {
		want := time.Time{}
		if s.former != 0 {
			want = began.Add(s.former)
		}
		if got := c.former(began.Add(s.elapsed+s.set), s.elapsed); !got.Equal(want) {
			t.Errorf("%+v: %v, want %v", s, got, want)
		}
	}
}

// Package tls reports a peer's alert by an unexported type, which is read by
// its kind. This test fails if that changes.
func TestAlertsAreRecognized(t *testing.T) {
	for _, code := range []byte{alertHandshakeFailure, alertProtocolVersion, alertUnrecognizedName, alertCertificateRequired} {
		addr := listen(t, func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4096))
			_, _ = c.Write([]byte{21, 3, 3, 0, 2, 2, code})
			drain(c)
		})
		raw, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		err = tls.Client(raw, &tls.Config{ServerName: "vega.test", MinVersion: tls.VersionTLS12}).Handshake()
		raw.Close()
		if got, ok := alertOf(err); !ok || got != code {
			t.Errorf("%v is alert %d, %v, want %d", err, got, ok, code)
		}
	}
}

// A server that asks for a client certificate, wants none and stays silent is
// waited for once.
func TestSilentServerAcceptsTheClient(t *testing.T) {
	ca := newAuthority(t)
	c := asking(ca.leaf(t, time.Now().Add(time.Hour)))
	c.SessionTicketsDisabled = true
	_, conn, err := dialTLS(t, ca.network(), tlsServer(t, c), transport.TLS{}, setup{noSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	conn.ctx = ctx
	for range 2 {
		if got, err := conn.TLSInfo(abi.TLSClient); got != "none" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	if conn.below != nil {
		t.Error("it would wait again")
	}
}
