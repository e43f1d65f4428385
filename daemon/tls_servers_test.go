package daemon_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"vega/plugins/core/fixtures"
)

const days = 24 * time.Hour

// issued is a certificate with its key.
type issued struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// spec describes a certificate to issue.
type spec struct {
	name  string   // common name
	dns   []string // also addresses
	from  time.Duration
	until time.Duration // 0: 90 days
	ca    bool
	key   crypto.Signer // nil: a new one
	edit  func(*x509.Certificate)
}

// issue makes a certificate, self-signed if by is nil.
func issue(t testing.TB, s spec, by *issued) *issued {
	t.Helper()
	if s.key == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s.key = key
	}
	if s.until == 0 {
		s.until = 90 * days
	}
	if s.from == 0 {
		s.from = -100 * days
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: s.name}, NotBefore: time.Now().Add(s.from), NotAfter: time.Now().Add(s.until),
		KeyUsage: x509.KeyUsageDigitalSignature, BasicConstraintsValid: true, IsCA: s.ca,
	}
	if s.ca {
		c.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, name := range s.dns {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, name)
		}
	}
	if s.edit != nil {
		s.edit(c)
	}
	parent, signer := c, s.key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, s.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &issued{cert, s.key}
}

// chain returns what a server presents: its certificate and those that follow.
func chain(leaf *issued, more ...*issued) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{leaf.cert.Raw}, PrivateKey: leaf.key}
	for _, m := range more {
		c.Certificate = append(c.Certificate, m.cert.Raw)
	}
	return c
}

func pool(all ...*issued) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range all {
		p.AddCert(c.cert)
	}
	return p
}

// save writes certificates to a PEM file, and the key of the first to another.
func save(t testing.TB, name string, all ...*issued) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	var text []byte
	for _, c := range all {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Raw})...)
	}
	der, err := x509.MarshalPKCS8PrivateKey(all[0].key)
	if err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{cert: text, key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// staple returns an OCSP response for a certificate.
func staple(t testing.TB, leaf, by *issued, status int) []byte {
	t.Helper()
	b, err := ocsp.CreateResponse(by.cert, by.cert, ocsp.Response{
		Status: status, SerialNumber: leaf.cert.SerialNumber, ThisUpdate: time.Now().Add(-time.Hour), NextUpdate: time.Now().Add(days),
		RevokedAt: time.Now().Add(-2 * days), RevocationReason: ocsp.KeyCompromise,
	}, by.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// mustStaple adds the TLS feature status_request.
func mustStaple(c *x509.Certificate) {
	value, _ := asn1.Marshal([]int{5})
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, Value: value}}
}

// rsaKey returns a key for SHA-1 signatures.
func rsaKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serveAll starts servers with the same TLS configuration, and returns their
// addresses by probe.
func serveAll(t testing.TB, c *tls.Config) map[string]string {
	t.Helper()
	web := c.Clone()
	web.NextProtos = []string{"h2", "http/1.1"}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{TLSConfig: web, ErrorLog: quiet(), ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "fine")
	})}
	if c.MaxVersion != 0 && c.MaxVersion < tls.VersionTLS12 || c.CipherSuites != nil { // Go's server would end HTTP/2 over an old version or suite
		web.NextProtos, s.TLSNextProto = nil, map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	go func() { _ = s.ServeTLS(l, "", "") }()
	t.Cleanup(func() { _ = s.Close() })
	return map[string]string{
		"http":     l.Addr().String(),
		"tls":      l.Addr().String(),
		"tcp":      l.Addr().String(),
		"smtp":     fixtures.SMTP(t, c, ""),
		"redis":    fixtures.Listen(t, func(raw net.Conn) { fixtures.RedisServer{}.Serve(tls.Server(raw, c)) }),
		"postgres": fixtures.Postgres(t, c),
		"mqtt":     fixtures.Listen(t, func(raw net.Conn) { serveMQTT(tls.Server(raw, c)) }),
	}
}

// serveMQTT accepts one login of MQTT, version 3.1.1 or 5.
func serveMQTT(c net.Conn) {
	b := make([]byte, 1024)
	if _, err := io.ReadAtLeast(c, b, 9); err != nil {
		return
	}
	reply := []byte{0x20, 2, 0, 0}
	if b[8] == 5 {
		reply = []byte{0x20, 3, 0, 0, 0}
	}
	_, _ = c.Write(reply)
	_, _ = io.Copy(io.Discard, c)
}
