package dsn

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// hang makes a disk hang until the function that it returns is called.
func hang(d *disk) (release func()) {
	stop := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ask = func() { <-stop }
	return func() { close(stop) }
}

func TestADiskThatHangsIsNoticedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{ask: func() {}, patience: patience}
		release := hang(d)
		for n, want := range []time.Duration{patience, 0, 0} { // only the first waits
			began := time.Now()
			if d.answers() || time.Since(began) != want {
				t.Errorf("%d: it answers, or this took %v instead of %v", n, time.Since(began), want)
			}
		}
		release()
		synctest.Wait()
		if !d.answers() {
			t.Error("it does not answer after it has recovered")
		}
	})
}

// Each write to the index of the log is a page fault that may wait for the disk: SQLite must
// not get there.
func TestAHangingDiskIsAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	write, err := Open(Writer(path), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if _, err := write.ExecContext(t.Context(), "CREATE TABLE t (n)"); err != nil {
		t.Fatal(err)
	}
	d := diskOf(filepath.Dir(path))
	d.mu.Lock()
	d.patience = time.Millisecond
	d.mu.Unlock()
	release := hang(d)
	_, err = write.ExecContext(t.Context(), "INSERT INTO t VALUES (1)")
	if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code()&0xff != sqlite3.SQLITE_IOERR {
		t.Errorf("a write: %v, want an I/O error", err)
	}
	read, err := Open(Reader(path), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if err := read.PingContext(t.Context()); err == nil {
		if _, err = read.ExecContext(t.Context(), "SELECT * FROM t"); err == nil {
			t.Error("a new connection reads")
		}
	}
	release()
	d.mu.Lock()
	d.patience = time.Hour
	d.mu.Unlock()
	if _, err := write.ExecContext(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
		t.Errorf("a write after the disk has recovered: %v", err)
	}
}

// A connection of the process that SQLite's own VFS serves would wait in a page fault.
func TestEveryNameAsksTheDisk(t *testing.T) {
	for name, of := range map[string]func(string) string{"Writer": Writer, "Reader": Reader, "Guest": Guest, "Holder": Holder, "Look": Look, "Unshared": Unshared} {
		if got := of("/a.db"); !strings.Contains(got, "vfs=vega") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
