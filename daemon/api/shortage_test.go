package api

import (
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/telemetry"
)

// TestCertificateUnderShortage checks that a new certificate that can't be opened for
// lack of descriptors is tried again, and not treated as unusable.
func TestCertificateUnderShortage(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	dir := t.TempDir()
	certFile, keyFile := pair(t, dir, 1)
	c := &certificate{certFile: certFile, keyFile: keyFile, log: telemetry.NewLog(&logged{}, true).Logger}
	if err := c.load(); err != nil {
		t.Fatal(err)
	}
	shown := func() int64 {
		c.looked = time.Time{}
		got, err := c.get(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(got.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	pair(t, dir, 2)
	feed := realtest.Starve(t, 0)
	if n := shown(); n != 1 {
		t.Errorf("without descriptors: %d", n)
	}
	feed()
	if n := shown(); n != 2 {
		t.Errorf("with descriptors again: %d", n)
	}
}
