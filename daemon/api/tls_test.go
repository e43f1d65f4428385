package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/keys"
	"vega/daemon/realtest"
)

// pair writes a self-signed certificate with the serial number and its key.
func pair(t *testing.T, dir string, serial int64) (certFile, keyFile string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	put(t, certFile, "CERTIFICATE", cert)
	put(t, keyFile, "PRIVATE KEY", der)
	return certFile, keyFile
}

func put(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serial dials and returns the serial number of the certificate shown.
func serial(t *testing.T, address string, highest uint16) (int64, error) {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MaxVersion: highest}} //nolint:gosec // the test only reads the certificate
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// TestCertificateIsReloaded checks that a new certificate is served, and that a
// broken file does not replace the old one.
func TestCertificateIsReloaded(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := pair(t, dir, 1)
	url, _ := serve(t, &fake{}, ServerOptions{CertFile: certFile, KeyFile: keyFile})
	address := url[len("https://"):]
	if n, err := serial(t, address, tls.VersionTLS13); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if _, err := serial(t, address, tls.VersionTLS11); err == nil {
		t.Error("TLS 1.1 was accepted")
	}
	put(t, certFile, "CERTIFICATE", []byte("garbage")) // a failed renewal
	time.Sleep(1100 * time.Millisecond)                // the server checks once a second
	if n, err := serial(t, address, tls.VersionTLS13); n != 1 || err != nil {
		t.Errorf("with a broken file: %d, %v", n, err)
	}
	pair(t, dir, 2)
	for end := time.Now().Add(realtest.Patience); ; time.Sleep(50 * time.Millisecond) {
		if n, err := serial(t, address, tls.VersionTLS12); n == 2 && err == nil {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the new certificate is not served: %d, %v", n, err)
		}
	}
}

// TestOwnKey checks that the key is created once, and that an unsafe or empty file is
// refused.
func TestOwnKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "api_key")
	first, made, err := OwnKey(path)
	if err != nil || !made || !strings.HasPrefix(first, keys.Prefix) {
		t.Fatal(first, made, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if again, made, err := OwnKey(path); again != first || made || err != nil {
		t.Errorf("%q, %v, %v", again, made, err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("%v, %v", files, err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OwnKey(path); err == nil {
		t.Error("a key that others can read was accepted")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OwnKey(path); err == nil {
		t.Error("an empty key was accepted")
	}
	if err := os.WriteFile(path, []byte(first[:len(first)-1]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OwnKey(path); err == nil {
		t.Error("a key that was cut off was accepted")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("tls_test.go", path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OwnKey(path); err == nil || !strings.Contains(err.Error(), "links are not followed") {
		t.Errorf("a link: %v", err)
	}
}
