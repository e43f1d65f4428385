package databases

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// TestAuthorities checks that network.ca_file applies to the servers whose DSN
// names no authority of its own, and that the message says how to trust one.
func TestAuthorities(t *testing.T) {
	t.Parallel()
	ca, stranger := realtest.NewCA(t), realtest.NewCA(t)
	leaf := ca.Valid("127.0.0.1")
	pg := strings.TrimSuffix(realtest.PostgresTLS(t, leaf), "disable")
	my := realtest.MariaDBTLS(t, leaf) + "?tls="
	const alone = "; if the authority is your own, set network.ca_file"
	for name, c := range map[string]struct{ driver, dsn, file, err string }{
		"verify-full":           {"postgres", pg + "verify-full", ca.File, ""},
		"verify-ca":             {"postgres", pg + "verify-ca", ca.File, ""},
		"own authority":         {"postgres", pg + "verify-full&sslrootcert=" + ca.File, stranger.File, ""},
		"only its own":          {"postgres", pg + "verify-full&sslrootcert=" + stranger.File, ca.File, "or sslrootcert in dsn, which replaces all others"},
		"no authority":          {"postgres", pg + "verify-full", "", alone + ", or sslrootcert in dsn"},
		"no authority, CA only": {"postgres", pg + "verify-ca", "", alone + ", or sslrootcert in dsn"},
		"not verified":          {"postgres", pg + "require", stranger.File, ""},
		"mysql":                 {"mysql", my + "true", ca.File, ""},
		"mysql, no authority":   {"mysql", my + "true", stranger.File, alone},
		"mysql, not verified":   {"mysql", my + "skip-verify", "", ""},
		"no file":               {"mysql", my + "true", filepath.Join(t.TempDir(), "absent.pem"), "network.ca_file: "},
	} {
		t.Run(name, func(t *testing.T) {
			d := testDatabases(t, Config{Name: "app", Driver: c.driver, DSN: secretDSN(c.dsn), CAFile: c.file})
			want := "1"
			if c.err != "" {
				want = ""
			}
			ask{"SELECT 1", want, c.err}.check(t, d, "app")
		})
	}
	for driver, dsn := range map[string]string{"postgres": pg + "verify-full", "mysql": my + "true"} {
		t.Run(driver+", replaced", func(t *testing.T) { // by a file with the authority
			file := filepath.Join(t.TempDir(), "ca.pem")
			replace := func(by string) {
				t.Helper()
				text, err := os.ReadFile(by)
				if err := errors.Join(err, os.WriteFile(file+".new", text, 0o600), os.Rename(file+".new", file)); err != nil {
					t.Fatal(err)
				}
			}
			replace(stranger.File)
			d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: secretDSN(dsn), CAFile: file})
			ask{"SELECT 1", "", alone}.check(t, d, "app")
			replace(ca.File)
			ask{"SELECT 1", "1", ""}.check(t, d, "app")
		})
	}
}
