package conformance_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// authority signs the certificate of the servers; the second authority, of the
// same name, is one that nobody trusts.
type authority struct {
	notAfter      time.Time
	root, another *x509.Certificate
	good, bad     tls.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{notAfter: time.Now().Add(90 * 24 * time.Hour).Truncate(time.Second)}
	a.root, a.good = a.issue(t)
	a.another, a.bad = a.issue(t)
	return a
}

func (a *authority) issue(t *testing.T) (*x509.Certificate, tls.Certificate) {
	t.Helper()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "vega test authority"}, NotAfter: a.notAfter,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost", Organization: []string{"vega test"}}, NotAfter: a.notAfter,
		DNSNames: []string{"localhost", "other.vega.test"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	rootKey, leafKey := newKey(t), newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		t.Fatal(err)
	}
	if root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	if der, err = x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey); err != nil {
		t.Fatal(err)
	}
	return root, tls.Certificate{Certificate: [][]byte{der}, PrivateKey: leafKey}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (a *authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.root)
	return p
}

func (a *authority) config() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.good}}
}

// untrusted serves TLS over c with the certificate that nobody trusts.
func (a *authority) untrusted(c net.Conn) net.Conn {
	return tls.Server(c, &tls.Config{Certificates: []tls.Certificate{a.bad}})
}
