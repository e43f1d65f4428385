package egress

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/sdk/abi"
)

const token = `tok&en/"canary1"`

var probe = &manifest.Probe{Options: []manifest.Option{
	{Name: "token", Type: manifest.String},
	{Name: "url", Type: manifest.URL},
}}

// run is a session with the state that tests inspect.
type run struct {
	*Session
	denied []string
	mask   string // placeholder of the token
	url    string // masked url
}

type setup struct {
	rules     []grant.Rule
	plaintext bool
	url       string // a secret URL
	noSecret  bool
	bound     bool // a third-party plugin: secrets may not be sent anywhere
	network   *Network
}

func start(t testing.TB, o setup) *run {
	t.Helper()
	values := manifest.Values{}
	if !o.noSecret {
		values["token"] = manifest.Text{{Text: token, Secret: true}}
	}
	if o.url != "" {
		values["url"] = manifest.Text{{Text: o.url, Secret: true}}
	}
	v, err := secret.NewVault(probe, values)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{}
	if !o.noSecret {
		r.mask = v.Masked()["token"].(manifest.Text).Reveal()
	}
	if o.url != "" {
		r.url = v.Masked()["url"].(manifest.Text).Reveal()
	}
	if o.network == nil {
		o.network = New("")
	}
	r.Session = o.network.Session(&grant.Set{Rules: o.rules, Plaintext: o.plaintext, Anywhere: !o.bound}, v, func(err error) {
		r.denied = append(r.denied, err.Error())
	})
	return r
}

// rules parses rules as the operator would write them.
func rules(t testing.TB, kind manifest.Kind, texts ...string) []grant.Rule {
	t.Helper()
	var out []grant.Rule
	for _, text := range texts {
		r, err := grant.Parse(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		r.Origin = grant.FromBlock
		out = append(out, r)
	}
	return out
}

func bundled(rules []grant.Rule) []grant.Rule {
	for i := range rules {
		rules[i].Origin = grant.FromBundled
	}
	return rules
}

// within returns a context that ends after d. If something must happen before
// that, d is several seconds and only ends a test that hangs, so that a busy
// machine has enough time.
func within(t testing.TB, d time.Duration) context.Context {
	if d >= 5*time.Second {
		d = realtest.Patience
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// withLongerLimits repeats something that ends at its deadline, with longer and longer
// deadlines, until everything expected before it has happened.
func withLongerLimits(try func(limit time.Duration) (came bool)) {
	for limit := 300 * time.Millisecond; limit < realtest.Patience && !try(limit); limit *= 2 {
	}
}

func server(t testing.TB, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// wants checks an error's errno, and that its text contains no secret.
func wants(t testing.TB, err error, code abi.Errno) {
	t.Helper()
	if got := Code(err); got != code {
		t.Errorf("errno %d, want %d: %v", got, code, err)
	}
	if err != nil && (strings.Contains(err.Error(), token) || strings.Contains(err.Error(), url.QueryEscape(token))) {
		t.Errorf("the error contains the secret: %v", err)
	}
}

func wantsDenial(t testing.TB, r *run, err error, texts ...string) {
	t.Helper()
	wants(t, err, abi.ErrDenied)
	var d *grant.Denial
	if !errors.As(err, &d) {
		t.Fatalf("not a denial: %v", err)
	}
	if len(r.denied) == 0 || r.denied[len(r.denied)-1] != err.Error() {
		t.Errorf("the audit has %q, the error is %v", r.denied, err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the denial does not contain %q: %v", text, err)
		}
	}
}

// authority is a certificate authority for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{pool: x509.NewCertPool()}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test Authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der := a.sign(t, tmpl, nil)
	a.cert, _ = x509.ParseCertificate(der.Certificate[0])
	a.key = der.PrivateKey.(*ecdsa.PrivateKey)
	a.pool.AddCert(a.cert)
	return a
}

func (a *authority) sign(t testing.TB, tmpl, parent *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer := a.key
	if parent == nil {
		parent, signer = tmpl, key
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// leaf issues a certificate for localhost and 127.0.0.1, or for other names.
func (a *authority) leaf(t testing.TB, until time.Time, names ...string) tls.Certificate {
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Test Leaf"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until, DNSNames: names}
	if len(names) == 0 {
		tmpl.DNSNames, tmpl.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	return a.sign(t, tmpl, a.cert)
}

// server starts an https server with a certificate of the authority.
func (a *authority) server(t testing.TB, http2 bool, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.EnableHTTP2 = http2
	s.TLS = &tls.Config{Certificates: []tls.Certificate{a.leaf(t, time.Now().Add(time.Hour))}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (a *authority) network() *Network {
	n := New("")
	n.RootCAs = a.pool
	return n
}
