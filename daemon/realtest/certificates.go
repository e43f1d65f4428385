package realtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// CA is a certificate authority for tests.
type CA struct {
	Pool *x509.CertPool // contains the authority
	File string         // path of the authority's certificate as PEM

	t    testing.TB
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// Leaf is a server's certificate with its key.
type Leaf struct {
	TLS               tls.Certificate
	CertFile, KeyFile string // PEM
	NotAfter          time.Time
}

// NewCA creates an authority. Its files are removed after the test.
func NewCA(t testing.TB) *CA {
	t.Helper()
	ca := &CA{t: t, dir: t.TempDir(), Pool: x509.NewCertPool()}
	template := ca.template(time.Now().Add(-48*time.Hour), time.Now().Add(365*24*time.Hour), nil)
	template.Subject.CommonName = "vega test authority"
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageCertSign, nil // for servers and clients
	ca.key = newKey(t)
	der := ca.sign(template, template, ca.key, ca.key)
	var err error
	if ca.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	ca.Pool.AddCert(ca.cert)
	ca.File = ca.save("CERTIFICATE", der)
	return ca
}

// Valid makes a certificate for the names and addresses that is valid for 90 days.
func (ca *CA) Valid(names ...string) *Leaf { return ca.For(90*24*time.Hour, names...) }

// Expired makes a certificate that expired yesterday.
func (ca *CA) Expired(names ...string) *Leaf { return ca.For(-24*time.Hour, names...) }

// WrongName makes a certificate for a name that no test uses.
func (ca *CA) WrongName() *Leaf { return ca.Valid("elsewhere.example") }

// Client makes a client certificate that is valid for 90 days.
func (ca *CA) Client(name string) *Leaf {
	ca.t.Helper()
	key := newKey(ca.t)
	template := ca.template(time.Now().Add(-47*time.Hour), time.Now().Add(90*24*time.Hour), nil)
	template.Subject.CommonName = name
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return ca.leaf(template, ca.cert, key, ca.key)
}

// For makes a certificate that expires after the given lifetime.
func (ca *CA) For(lifetime time.Duration, names ...string) *Leaf {
	ca.t.Helper()
	key := newKey(ca.t)
	template := ca.template(time.Now().Add(-47*time.Hour), time.Now().Add(lifetime), names)
	return ca.leaf(template, ca.cert, key, ca.key)
}

// SelfSigned makes a self-signed certificate.
func (ca *CA) SelfSigned(names ...string) *Leaf {
	ca.t.Helper()
	key := newKey(ca.t)
	template := ca.template(time.Now().Add(-time.Hour), time.Now().Add(90*24*time.Hour), names)
	return ca.leaf(template, template, key, key)
}

func (ca *CA) template(from, to time.Time, names []string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		ca.t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: serial,
		NotBefore:    from,
		NotAfter:     to,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, name)
		}
	}
	if len(names) > 0 {
		cert.Subject = pkix.Name{CommonName: names[0]}
	}
	return cert
}

func (ca *CA) leaf(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) *Leaf {
	der := ca.sign(template, parent, key, by)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		ca.t.Fatal(err)
	}
	return &Leaf{
		TLS:      tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		CertFile: ca.save("CERTIFICATE", der),
		KeyFile:  ca.save("PRIVATE KEY", secret),
		NotAfter: template.NotAfter,
	}
}

func (ca *CA) sign(template, parent *x509.Certificate, key, by *ecdsa.PrivateKey) []byte {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		ca.t.Fatal(err)
	}
	return der
}

func (ca *CA) save(kind string, der []byte) string {
	f, err := os.CreateTemp(ca.dir, "*.pem")
	if err != nil {
		ca.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if err := pem.Encode(f, &pem.Block{Type: kind, Bytes: der}); err != nil {
		ca.t.Fatal(err)
	}
	path, err := filepath.Abs(f.Name())
	if err != nil {
		ca.t.Fatal(err)
	}
	return path
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
