package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/store/sqlite"
)

// begin begins a transaction that locks the whole file.
func begin(t *testing.T, path string) (end func()) {
	t.Helper()
	conn, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec := func(query string) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("BEGIN EXCLUSIVE")
	return func() { exec("COMMIT") }
}

func TestQueryOfALockedFileWaitsUntilItsDeadline(t *testing.T) {
	t.Parallel()
	path, r := theirs(t)
	end := begin(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Query(ctx, "SELECT a FROM t")
	if !errors.Is(err, sqlite.ErrLocked) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
	got := make(chan string)
	go func() {
		rows, err := r.Query(t.Context(), "SELECT count(*) FROM t")
		if err != nil {
			got <- err.Error()
			return
		}
		got <- values(t, rows, nil)
	}()
	end()
	if v := <-got; v != "3" {
		t.Errorf("%q after the lock was released", v)
	}
}

// TestQueryReadsTheNamedFile checks that a query never reads a file that was
// replaced or deleted, although a connection to it is open.
func TestQueryReadsTheNamedFile(t *testing.T) {
	t.Parallel()
	path, r := theirs(t)
	count := func() (string, error) {
		rows, err := r.Query(t.Context(), "SELECT count(*) FROM t")
		if err != nil {
			return "", err
		}
		return values(t, rows, nil), nil
	}
	if v, err := count(); v != "3" {
		t.Fatalf("%q, %v", v, err)
	}
	for n, rows := range []string{"1", "2"} {
		other := filepath.Join(t.TempDir(), "other.db")
		db, err := sql.Open("sqlite", other)
		if err != nil {
			t.Fatal(err)
		}
		execSQL(t, db, "CREATE TABLE t (a); INSERT INTO t VALUES (1)"+strings.Repeat(", (2)", n))
		if err := errors.Join(db.Close(), os.Rename(other, path)); err != nil {
			t.Fatal(err)
		}
		if v, err := count(); v != rows {
			t.Errorf("%q, %v; want %s", v, err, rows)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if v, err := count(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%q, %v after the file was deleted", v, err)
	}
}
