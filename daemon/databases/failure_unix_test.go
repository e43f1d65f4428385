//go:build unix

package databases

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"vega/plugins/fault"
	"vega/plugins/manifest"
)

// TestPathsThatAreNotDatabaseFiles checks that a path that names something else
// than a file ends a query at once, and says what is wrong.
func TestPathsThatAreNotDatabaseFiles(t *testing.T) {
	dir := t.TempDir()
	pipe, loop, file := filepath.Join(dir, "pipe"), filepath.Join(dir, "loop"), filepath.Join(dir, "file")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink(loop, loop), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		own  bool
		text string
	}{
		pipe:                     {false, "not a regular file"},
		dir:                      {false, "it is a directory"},
		"/dev/null":              {false, "not a regular file"},
		loop:                     {true, "symbolic links"},
		filepath.Join(file, "x"): {true, "not a directory"},
	} {
		d := testDatabases(t, Config{Name: "app", Driver: "sqlite", DSN: manifest.Plain(path)})
		_, err := answer(t.Context(), d, "app", "SELECT 1")
		if err == nil || (fault.Of(err) != nil) != want.own || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestInterruptedTransactionIsNotTheFaultOfTheQuery checks the error of a file
// whose last transaction has to be rolled back, which a reader can't do.
func TestInterruptedTransactionIsNotTheFaultOfTheQuery(t *testing.T) {
	path := emptySQLite(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT hex(zeroblob(200)) FROM n",
		"PRAGMA cache_size = 5", "BEGIN", "UPDATE t SET a = a || 'x'",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	stopped := filepath.Join(t.TempDir(), "stopped.db")
	for _, suffix := range []string{"", "-journal"} {
		data, err := os.ReadFile(path + suffix)
		if err == nil {
			err = os.WriteFile(stopped+suffix, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	d := testDatabases(t, Config{Name: "app", Driver: "sqlite", DSN: manifest.Plain(stopped)})
	_, err = answer(t.Context(), d, "app", "SELECT count(*) FROM t")
	if fault.Of(err) == nil || !strings.Contains(err.Error(), "stopped in the middle of a transaction") {
		t.Errorf("%v", err)
	}
}
