package config

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
)

// put writes a file with exactly the given mode.
func put(t *testing.T, path string, text []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// TestOpenFiles checks who can read each file that holds a secret.
func TestOpenFiles(t *testing.T) {
	cert, key := certificate(t)
	tls := "server {\n  tls {\n    cert_file = \"cert.pem\"\n    key_file = \"key.pem\"\n  }\n}\n"
	group := "chmod g-rwx "
	if os.Getuid() == 0 {
		group = "" // a file of root's may be readable for its group
	}
	for _, c := range []struct {
		name, src string
		file      string
		mode      os.FileMode
		fix       string // the beginning of it; "" for no warning
	}{
		{"key", tls, "key.pem", 0o644, "chmod "},
		{"key of the group", tls, "key.pem", 0o640, group},
		{"key kept", tls, "key.pem", 0o600, ""},
		{"read", "server {\n  api_key = file(\"it's a key\")\n}\n", "it's a key", 0o604, "chmod o-rwx "},
		{"writable", "server {\n  api_key = file(\"it's a key\")\n}\n", "it's a key", 0o602, "chmod o-rwx "},
		{"no secret", "server {\n  host = file(\"host\")\n}\n", "host", 0o644, ""},
		{"vega's own", "", ".vega/api_key", 0o640, "rm "},
		{"vega's own kept", "", ".vega/api_key", 0o600, ""},
		{"vega's own unused", "server {\n  api_key = env(\"KEY\")\n}\n", ".vega/api_key", 0o644, ""},
	} {
		dir := t.TempDir()
		content := map[string]string{"it's a key": strings.Repeat("k", 32), "host": "127.0.0.1", ".vega/api_key": strings.Repeat("k", 64)}
		put(t, filepath.Join(dir, "cert.pem"), cert, 0o644)
		put(t, filepath.Join(dir, "key.pem"), key, 0o600)
		if c.file == "key.pem" {
			content[c.file] = string(key)
		}
		put(t, filepath.Join(dir, c.file), []byte(content[c.file]), c.mode)
		put(t, filepath.Join(dir, "vega.hcl"), []byte(c.src), 0o644)
		got, ds := Load(filepath.Join(dir, "vega.hcl"), options(t, map[string]string{"KEY": strings.Repeat("k", 32)}))
		if got == nil || len(ds) > 1 || (len(ds) == 1) != (c.fix != "") {
			t.Errorf("%s:\n%s", c.name, shownText(t, ds))
		} else if len(ds) == 1 && (ds[0].Code != diag.OpenFile || !strings.HasPrefix(ds[0].Fix, "run: "+c.fix)) {
			t.Errorf("%s: %s: %s", c.name, ds[0].Code, ds[0].Fix)
		}
		if got == nil {
			continue
		}
		if err := os.Chmod(filepath.Join(dir, c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, again := got.Rebind(options(t, nil)); len(again) != len(ds) {
			t.Errorf("%s: Rebind looked at the disk again", c.name)
		}
	}
}

func TestQuoted(t *testing.T) {
	for path, want := range map[string]string{"a/b-1.hcl": "a/b-1.hcl", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'"} {
		if got := quoted(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}
