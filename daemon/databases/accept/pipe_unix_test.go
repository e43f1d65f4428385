//go:build unix

package accept

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPipesInDSN checks that a pipe or a device is refused instead of read, by
// which the driver would wait without end.
func TestPipesInDSN(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "a pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	refused := func(dsn string) {
		t.Helper()
		if err := DSN("postgres", dsn); err == nil || !strings.Contains(err.Error(), "it is a pipe or a device") {
			t.Errorf("%q: %v", dsn, err)
		}
	}
	const base = "postgres://a@127.0.0.1:1/x?sslmode=verify-full&"
	for _, option := range []string{"sslrootcert", "sslcert", "sslkey", "passfile", "servicefile"} {
		refused(base + option + "=" + url.QueryEscape(pipe))
		refused("host=127.0.0.1 " + option + " = '" + pipe + "'")
	}
	refused("host=127.0.0.1 sslmode=verify-full sslrootcert=/dev/zero")
	if err := DSN("postgres", "host=127.0.0.1 sslmode=disable passfile="+os.DevNull); err != nil {
		t.Error(err)
	}
	t.Setenv("PGSSLROOTCERT", pipe)
	refused("host=127.0.0.1")
	t.Setenv("PGSSLROOTCERT", "")
	t.Setenv("HOME", t.TempDir())
	if err := syscall.Mkfifo(filepath.Join(os.Getenv("HOME"), ".pgpass"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused("host=127.0.0.1")
}
