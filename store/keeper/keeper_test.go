//go:build unix

package keeper_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"vega/policies/check"
	"vega/store"
	"vega/store/keeper"
	"vega/store/storetest"
)

// patience limits how long a test waits for a repair. Only a failing test waits so long.
const patience = 90 * time.Second

// lines is a log that a test can read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// kept is an open store with a conversation, a memory and some runs.
type kept struct {
	*testing.T
	*keeper.Store
	path string
	log  *lines
}

func begin(t *testing.T) *kept {
	t.Helper()
	k := &kept{T: t, path: filepath.Join(t.TempDir(), "data", "vega.db"), log: &lines{}}
	k.open()
	k.fill(200)
	return k
}

func (k *kept) open() {
	k.Helper()
	last := check.Run{Integration: "web", Probe: "core.http", Status: check.Healthy, Message: "last known", Began: time.Now()}
	s, err := keeper.Open(k.Context(), k.path, keeper.Options{
		Log:  slog.New(slog.NewTextHandler(k.log, nil)),
		Last: func() []check.Run { return []check.Run{last} },
	})
	if err != nil {
		k.Fatal(err)
	}
	k.Store = s
	k.Cleanup(func() { _ = s.Close() })
}

// fill stores conversations and runs. Their pages do not all fit into the log.
func (k *kept) fill(n int) {
	k.Helper()
	began := time.Now().Add(-time.Duration(n) * time.Hour) // no two runs are the same
	for i := range n {
		if _, err := k.LogConversation(k.Context(), store.Conversation{SessionID: "s", Source: "x", Prompt: fmt.Sprint(i, strings.Repeat("p", 2000))}); err != nil {
			k.Fatal(err)
		}
		if err := k.AppendRun(k.Context(), storetest.RunOf("db", began.Add(time.Duration(i)*time.Second))); err != nil {
			k.Fatal(err)
		}
	}
	if err := k.SetMemory(k.Context(), "k", "v"); err != nil {
		k.Fatal(err)
	}
	if err := k.FlushRuns(k.Context()); err != nil {
		k.Fatal(err)
	}
}

// well waits until the store can be written and its path names what is open.
func (k *kept) well() {
	k.Helper()
	k.await("is well again", func() bool {
		_, err := k.LogConversation(k.Context(), store.Conversation{SessionID: "s", Source: "after", Prompt: "after"})
		return err == nil && k.Degraded() == nil
	})
}

func (k *kept) await(what string, done func() bool) {
	k.Helper()
	for end := time.Now().Add(patience); !done(); {
		if time.Now().After(end) {
			k.Fatalf("after %v not: %s; degraded: %v; log:\n%s", patience, what, k.Degraded(), k.log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// troubled waits until the store has noticed that something is wrong.
func (k *kept) troubled() {
	k.Helper()
	k.await("noticed", func() bool { return strings.Contains(k.log.String(), "can't write to the store") })
}

// survives ends the process's part and returns what another process finds at the path.
func (k *kept) survives() (conversations, runs, after int) {
	k.Helper()
	if err := k.Close(); err != nil {
		k.Error(err)
	}
	return count(k.T, k.path)
}

func count(t *testing.T, path string) (conversations, runs, after int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity_check of %s: %s, %v", path, verdict, err)
	}
	err = db.QueryRowContext(t.Context(), `SELECT (SELECT count(*) FROM conversations WHERE source = 'x'), (SELECT count(*) FROM runs), (SELECT count(*) FROM conversations WHERE source = 'after')`).Scan(&conversations, &runs, &after)
	if err != nil {
		t.Error(err)
	}
	return conversations, runs, after
}

func (k *kept) aside() []string {
	k.Helper()
	all, err := filepath.Glob(k.path + ".broken-*Z")
	if err != nil {
		k.Fatal(err)
	}
	return all
}

// remove deletes files.
func (k *kept) remove(suffixes ...string) {
	k.Helper()
	for _, s := range suffixes {
		if err := os.Remove(k.path + s); err != nil {
			k.Fatal(err)
		}
	}
}

// TestDeletedFilesLoseNothing deletes files of an open store. All that was acknowledged
// is at the path afterwards.
func TestDeletedFilesLoseNothing(t *testing.T) {
	for name, remove := range map[string]func(*kept){
		"file":      func(k *kept) { k.remove("") },
		"log":       func(k *kept) { k.remove("-wal") },
		"index":     func(k *kept) { k.remove("-shm") },
		"all":       func(k *kept) { k.remove("", "-wal", "-shm") },
		"directory": func(k *kept) { must(k, os.RemoveAll(filepath.Dir(k.path))) },
		"log replaced": func(k *kept) {
			k.remove("-wal")
			must(k, os.WriteFile(k.path+"-wal", []byte("not a log"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := begin(t)
			remove(k)
			k.troubled()
			if err := k.AppendRun(t.Context(), storetest.RunOf("db", time.Now())); err != nil {
				t.Error(err)
			}
			k.well()
			must(k, k.FlushRuns(t.Context()))
			if p, err := k.Runs(t.Context(), store.RunQuery{Integration: "db", Limit: 500}); err != nil || len(p.Runs) != 201 {
				t.Errorf("history: %d runs, %v", len(p.Runs), err)
			}
			if conversations, runs, after := k.survives(); conversations != 200 || runs != 201 || after < 1 {
				t.Errorf("%d conversations, %d runs, %d written afterwards; want 200, 201, 1 or more", conversations, runs, after)
			}
			if got := k.aside(); len(got) > 0 {
				t.Errorf("set aside: %v", got)
			}
		})
	}
}

func must(k *kept, err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// TestMovedFileComesBack moves the directory of an open store away, and back.
func TestMovedFileComesBack(t *testing.T) {
	t.Parallel()
	k := begin(t)
	dir := filepath.Dir(k.path)
	must(k, os.Rename(dir, dir+".moved"))
	k.troubled()
	_, err := k.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x"})
	if e, ok := errors.AsType[*store.UnavailableError](err); !ok || e.Reason != "its file was deleted or moved away" {
		t.Errorf("while it is away: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory was made again at once")
	}
	must(k, os.Rename(dir+".moved", dir))
	k.well()
	if conversations, runs, after := k.survives(); conversations != 200 || runs != 200 || after != 1 {
		t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
	}
}

// TestReplacedFile moves files over that of an open store.
func TestReplacedFile(t *testing.T) {
	t.Parallel()
	other := filepath.Join(t.TempDir(), "vega.db")
	o := &kept{T: t, path: other, log: &lines{}}
	o.open()
	o.fill(7)
	must(o, o.Close())

	t.Run("of this process by another of vega", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "vega.db")
		must(o, os.WriteFile(copied, []byte(contents(o, other)), 0o600))
		k := begin(t)
		must(k, os.Rename(copied, k.path))
		k.troubled()
		k.well()
		if conversations, runs, after := k.survives(); conversations != 207 || runs != 207 || after < 1 {
			t.Errorf("%d conversations, %d runs and %d written afterwards, want all of both files", conversations, runs, after)
		}
		if aside := k.aside(); len(aside) > 0 {
			t.Errorf("kept: %v", aside)
		}
	})
	t.Run("by another of vega", func(t *testing.T) {
		k := begin(t)
		k.forgetPages() // opened, not begun
		must(k, os.Rename(other, k.path))
		k.troubled()
		k.well()
		if conversations, _, after := k.survives(); conversations != 7 || after < 1 {
			t.Errorf("%d conversations and %d written afterwards", conversations, after)
		}
		aside := k.aside()
		if len(aside) != 1 {
			t.Fatalf("kept: %v", aside)
		}
		if conversations, runs, _ := count(t, aside[0]); conversations != 200 || runs != 200 {
			t.Errorf("kept %d conversations and %d runs", conversations, runs)
		}
	})
	for name, content := range map[string]string{"garbage": strings.Repeat("garbage ", 10_000), "empty": ""} {
		t.Run("by "+name, func(t *testing.T) {
			k := begin(t)
			file := filepath.Join(t.TempDir(), "x")
			must(k, os.WriteFile(file, []byte(content), 0o600))
			must(k, os.Rename(file, k.path))
			k.troubled()
			k.well()
			if conversations, runs, after := k.survives(); conversations != 200 || runs != 200 || after < 1 {
				t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
			}
			if aside := k.aside(); len(aside) != 1 || contents(k, aside[0]) != content {
				t.Errorf("set aside: %v", aside)
			}
		})
	}
}

func contents(k *kept, path string) string {
	k.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		k.Fatal(err)
	}
	return string(b)
}

// TestDamagedFileIsSetAside damages the file of an open store. The damaged file is kept,
// and a new one begins with the last runs. What can be read of the damaged one follows.
func TestDamagedFileIsSetAside(t *testing.T) {
	for name, damage := range map[string]struct {
		f     func(*kept)
		least int // conversations whose pages are whole
	}{
		"overwritten from the beginning": {func(k *kept) { k.overwrite(0, 1<<20) }, 0},
		"header":                         {func(k *kept) { k.overwrite(0, 100) }, 200},
		"emptied":                        {func(k *kept) { must(k, os.Truncate(k.path, 0)) }, 0},
		"pages":                          {func(k *kept) { k.overwrite(4096, 400<<10); k.readAll() }, 30},
		"pages that are in the cache":    {func(k *kept) { k.readAll(); k.overwrite(4096, 400<<10) }, 30},
		"halved":                         {func(k *kept) { k.readAll(); k.halve() }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := begin(t)
			k.forgetPages()
			damage.f(k)
			k.troubled()
			for range 3 {
				if err := k.AppendRun(t.Context(), storetest.RunOf("now", time.Now())); err != nil {
					t.Error(err)
				}
			}
			k.well()
			must(k, k.FlushRuns(t.Context()))
			if p, err := k.LastRuns(t.Context(), []string{"web", "now"}); err != nil || len(p) != 2 {
				t.Errorf("last runs: %v, %v", p, err)
			}
			k.await("recovered", func() bool { return strings.Contains(k.log.String(), "rows=") })
			if done, err := k.Retain(t.Context(), store.Retention{Runs: 1000 * time.Hour}); err != nil || done.Runs > 0 {
				t.Errorf("retention deletes runs of the last month: %+v, %v", done, err)
			}
			if done, err := k.Retain(t.Context(), store.Retention{Runs: time.Hour}); err != nil {
				t.Errorf("retention: %+v, %v", done, err)
			}
			conversations, runs, after := k.survives()
			if conversations < damage.least || runs != 4 || after < 1 {
				t.Errorf("%d conversations, %d runs of the last hour, %d written afterwards; want %d or more, the last one of web and 3, 1 or more", conversations, runs, after, damage.least)
			}
			if len(k.aside()) != 1 {
				t.Errorf("set aside: %v", k.aside())
			}
		})
	}
}

func (k *kept) halve() {
	k.Helper()
	info, err := os.Stat(k.path)
	must(k, err)
	must(k, os.Truncate(k.path, info.Size()/2))
}

func (k *kept) overwrite(at int64, n int) {
	k.Helper()
	f, err := os.OpenFile(k.path, os.O_RDWR, 0)
	if err != nil {
		k.Fatal(err)
	}
	b := make([]byte, n)
	_, _ = rand.Read(b)
	if info, err := f.Stat(); err == nil {
		b = b[:min(int64(n), info.Size()-at)]
	}
	if _, err := f.WriteAt(b, at); err != nil {
		k.Fatal(err)
	}
	must(k, f.Close())
}

// forgetPages opens the store again, so that it has to read pages from the file.
func (k *kept) forgetPages() {
	k.Helper()
	must(k, k.Close())
	k.open()
}

// readAll reads until a damaged page is found.
func (k *kept) readAll() {
	_, _ = k.HistoryPage(context.WithoutCancel(k.Context()), store.Query{Limit: 500})
	_, _ = k.Runs(context.WithoutCancel(k.Context()), store.RunQuery{Integration: "db", Limit: 500})
}

// TestInterruptedRecoveryGoesOn has what a vega leaves behind that is killed while it
// recovers a damaged file.
func TestInterruptedRecoveryGoesOn(t *testing.T) {
	t.Parallel()
	k := begin(t)
	must(k, k.Close())
	aside := k.path + ".broken-20260102T030405Z"
	must(k, os.Rename(k.path, aside))
	must(k, os.WriteFile(aside+".recovering", nil, 0o600))
	for range 2 { // the second start finds nothing to do
		k.open()
		k.well()
		k.await("recovered", func() bool { return strings.Contains(k.log.String(), "rows=") })
		must(k, k.Close())
	}
	if conversations, runs, after := k.survives(); conversations != 200 || runs != 200 || after != 2 {
		t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
	}
	if n := strings.Count(k.log.String(), "rows="); n != 1 {
		t.Errorf("recovered %d times", n)
	}
	if _, err := os.Stat(aside + ".recovering"); err == nil {
		t.Error("the recovery is still marked as interrupted")
	}
}

// TestShortenedLog empties the write-ahead log of an open store. What was moved into the
// file before is kept.
func TestShortenedLog(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.forgetPages() // moves the log into the file
	k.fill(3)
	must(k, os.Truncate(k.path+"-wal", 0))
	k.troubled()
	k.well()
	conversations, runs, after := k.survives()
	if conversations < 200 || runs < 200 || after < 1 {
		t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
	}
}

// TestLogEmptiedBySQLite has another program move the log into the file, as the sqlite3
// shell may.
func TestLogEmptiedBySQLite(t *testing.T) {
	t.Parallel()
	k := begin(t)
	db, err := sql.Open("sqlite", k.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 3 {
		if _, err := db.ExecContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
			t.Fatal(err)
		}
		k.fill(5)
	}
	if strings.Contains(k.log.String(), "store") {
		t.Errorf("log:\n%s", k.log)
	}
	if conversations, _, _ := k.survives(); conversations != 215 {
		t.Errorf("%d conversations", conversations)
	}
}

// TestTablesChangedByAnotherProgram drops and renames what vega needs. The store goes on
// with a new file that has the rest.
func TestTablesChangedByAnotherProgram(t *testing.T) {
	for name, change := range map[string]struct {
		sql           string
		conversations int
	}{
		"runs are gone":                  {"DROP TABLE runs", 200},
		"names are gone":                 {"DROP TABLE run_names", 200},
		"conversations are gone":         {"DROP TABLE conversations", 0},
		"a column has a name of its own": {"ALTER TABLE conversations RENAME COLUMN prompt TO words", 200},
		"a column is gone":               {"ALTER TABLE conversations DROP COLUMN model", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := begin(t)
			k.shell(change.sql)
			k.troubled()
			k.well()
			if _, err := k.Runs(t.Context(), store.RunQuery{Integration: "db", Limit: 1}); err != nil {
				t.Error(err)
			}
			k.await("recovered", func() bool { return strings.Contains(k.log.String(), "rows=") })
			if !strings.Contains(k.log.String(), "its tables were changed by another program") {
				t.Errorf("log:\n%s", k.log)
			}
			if conversations, _, after := k.survives(); conversations < change.conversations || after < 1 {
				t.Errorf("%d conversations, %d written afterwards", conversations, after)
			}
			if len(k.aside()) != 1 {
				t.Errorf("set aside: %v", k.aside())
			}
		})
	}
}

// TestTablesOfAnotherProgram adds tables, indexes and columns, which vega accepts.
func TestTablesOfAnotherProgram(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.shell("CREATE TABLE mine (a); CREATE INDEX mine_too ON runs (took); ALTER TABLE runs ADD COLUMN note TEXT")
	k.fill(3)
	k.forgetPages()
	k.fill(3)
	if strings.Contains(k.log.String(), "store") {
		t.Errorf("log:\n%s", k.log)
	}
	if conversations, runs, _ := k.survives(); conversations != 206 || runs != 206 {
		t.Errorf("%d conversations, %d runs", conversations, runs)
	}
}

// TestNamesDeletedByAnotherProgram deletes what runs refer to.
func TestNamesDeletedByAnotherProgram(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.shell("DELETE FROM runs; DELETE FROM run_names")
	k.fill(1)
	if p, err := k.Runs(t.Context(), store.RunQuery{Integration: "db", Limit: 10}); err != nil || len(p.Runs) != 1 || p.Runs[0].Probe == "" {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestLinkToNothing replaces the file by a symbolic link without a target.
func TestLinkToNothing(t *testing.T) {
	t.Parallel()
	k := begin(t)
	must(k, os.Remove(k.path))
	must(k, os.Symlink(filepath.Join(t.TempDir(), "none", "vega.db"), k.path))
	k.troubled()
	k.well()
	if conversations, runs, after := k.survives(); conversations != 200 || runs != 200 || after < 1 {
		t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
	}
}

// shell runs statements as the sqlite3 shell would.
func (k *kept) shell(statements string) {
	k.Helper()
	db, err := sql.Open("sqlite", k.path)
	if err != nil {
		k.Fatal(err)
	}
	_, err = db.ExecContext(k.Context(), statements)
	must(k, errors.Join(err, db.Close()))
}

// TestTableIsMissingAtStart opens a file that lacks a table. It is refused and not changed.
func TestTableIsMissingAtStart(t *testing.T) {
	t.Parallel()
	k := begin(t)
	must(k, k.Close())
	k.shell("DROP TABLE memories")
	before := contents(k, k.path)
	_, err := keeper.Open(t.Context(), k.path, keeper.Options{})
	if err == nil || !strings.Contains(err.Error(), "memories.created is missing") {
		t.Errorf("error %v", err)
	}
	if contents(k, k.path) != before {
		t.Error("the file was changed")
	}
}

// TestLinkedFile moves the file and puts a symbolic link in its place. Its log must be
// next to the file itself, where the next process looks for it.
func TestLinkedFile(t *testing.T) {
	t.Parallel()
	k := begin(t)
	at := filepath.Join(t.TempDir(), "moved.db")
	must(k, os.Rename(k.path, at))
	must(k, os.Symlink(at, k.path))
	k.troubled()
	k.well()
	if _, err := os.Stat(at + "-wal"); err != nil || k.Path() != at {
		t.Errorf("log: %v; path %s", err, k.Path())
	}
	k.overwrite(4096, 400<<10) // a repair acts on the file, not on the link
	k.await("set aside", func() bool { return strings.Contains(k.log.String(), "set aside") })
	k.well()
	if aside, _ := filepath.Glob(at + ".broken-*[Z0-9]"); len(aside) != 1 {
		t.Errorf("set aside: %v", aside)
	}
	if _, _, after := k.survives(); after < 1 {
		t.Error("nothing was written afterwards")
	}
}

// TestDirectoryIsLinkedToAnEmptyOne changes the link that leads to the data directory, to
// one without a file. There is nothing to wait for.
func TestDirectoryIsLinkedToAnEmptyOne(t *testing.T) {
	t.Parallel()
	former, empty := t.TempDir(), t.TempDir()
	k := &kept{T: t, path: filepath.Join(t.TempDir(), "data", "vega.db"), log: &lines{}}
	must(k, os.Symlink(former, filepath.Dir(k.path)))
	k.open()
	k.fill(5)
	must(k, os.Symlink(empty, filepath.Dir(k.path)+".new"))
	must(k, os.Rename(filepath.Dir(k.path)+".new", filepath.Dir(k.path)))
	k.troubled()
	k.well()
	if conversations, runs, after := k.survives(); conversations != 5 || runs != 5 || after < 1 {
		t.Errorf("%d conversations, %d runs and %d written afterwards", conversations, runs, after)
	}
	if conversations, _, _ := count(t, filepath.Join(former, "vega.db")); conversations != 5 {
		t.Errorf("%d conversations in the former directory", conversations)
	}
}

// TestEmptyFileIsNew begins with an empty file, which an attempt on a full disk has left.
// As for a file that vega has begun, its rows are added to the one that comes back.
func TestEmptyFileIsNew(t *testing.T) {
	t.Parallel()
	k := begin(t)
	must(k, k.Close())
	must(k, os.Rename(k.path, k.path+".before"))
	must(k, os.WriteFile(k.path, nil, 0o600))
	k.open()
	_, err := k.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x"})
	must(k, err)
	must(k, os.Rename(k.path+".before", k.path))
	k.troubled()
	k.well()
	if conversations, runs, _ := k.survives(); conversations != 201 || runs != 200 {
		t.Errorf("%d conversations, %d runs, want all of both", conversations, runs)
	}
}

// TestDirectoryIsLinkedElsewhere changes the link that leads to the data directory, to one
// with another file.
func TestDirectoryIsLinkedElsewhere(t *testing.T) {
	t.Parallel()
	former, other := t.TempDir(), t.TempDir()
	k := &kept{T: t, path: filepath.Join(t.TempDir(), "data", "vega.db"), log: &lines{}}
	link := func(dir string) {
		must(k, os.Symlink(dir, filepath.Dir(k.path)+".new"))
		must(k, os.Rename(filepath.Dir(k.path)+".new", filepath.Dir(k.path)))
	}
	link(other)
	k.open()
	k.fill(7)
	must(k, k.Close())
	link(former)
	k.open()
	k.fill(5)
	k.forgetPages() // opened, not begun
	link(other)
	k.troubled()
	k.well()
	if conversations, _, after := k.survives(); conversations != 7 || after < 1 {
		t.Errorf("%d conversations and %d written afterwards", conversations, after)
	}
	if conversations, _, _ := count(t, filepath.Join(former, "vega.db")); conversations != 5 {
		t.Errorf("%d conversations in the former directory", conversations)
	}
}

// TestReaderKeepsDeletedLog deletes the write-ahead log while another program reads what
// only that has.
func TestReaderKeepsDeletedLog(t *testing.T) {
	t.Parallel()
	k := begin(t)
	db, err := sql.Open("sqlite", k.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	read, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Rollback() }()
	var n int
	must(k, read.QueryRowContext(t.Context(), "SELECT count(*) FROM runs").Scan(&n))
	k.fill(3)
	must(k, os.Remove(k.path+"-wal"))
	k.troubled()
	k.well()
	if conversations, runs, after := k.survives(); conversations != 203 || runs != 203 || after < 1 {
		t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
	}
}

// TestLogOfADeletedFile begins where vega was killed right after somebody had deleted the
// file: with the write-ahead log alone.
func TestLogOfADeletedFile(t *testing.T) {
	t.Parallel()
	k := begin(t)
	log := contents(k, k.path+"-wal")
	must(k, k.Close())
	must(k, os.Remove(k.path))
	must(k, os.WriteFile(k.path+"-wal", []byte(log), 0o600))
	k.open()
	k.await("recovered", func() bool { return strings.Contains(k.log.String(), "rows=") })
	if conversations, _, _ := k.survives(); conversations < 1 { // how many are in the log depends on when it began again
		t.Errorf("%d conversations", conversations)
	}
	if aside := k.aside(); len(aside) != 1 || contents(k, aside[0]+"-wal") != log {
		t.Errorf("set aside: %v", aside)
	}
}

// TestSlowQueriesDoNotHoldUpARepair runs slow queries of probes, one after the other, while
// the file must be opened again.
func TestSlowQueriesDoNotHoldUpARepair(t *testing.T) {
	t.Parallel()
	k := begin(t)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for n := range 3 {
		all.Go(func() {
			time.Sleep(time.Duration(n) * time.Second) // they overlap
			for ctx.Err() == nil {
				slow, end := context.WithTimeout(ctx, 3*time.Second)
				rows, err := k.Query(slow, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c")
				if err == nil {
					rows.Next()
					_ = rows.Close()
				}
				end()
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	time.Sleep(2500 * time.Millisecond) // all are in progress
	must(k, os.Remove(k.path+"-wal"))
	k.troubled()
	k.well()
	cancel()
	all.Wait()
	if conversations, runs, after := k.survives(); conversations != 200 || runs != 200 || after < 1 {
		t.Errorf("%d conversations, %d runs, %d written afterwards", conversations, runs, after)
	}
}

// TestLinkedDirectoryIsDeleted deletes the directory that a symbolic link leads to.
func TestLinkedDirectoryIsDeleted(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "at")
	must(&kept{T: t}, os.Mkdir(at, 0o700))
	k := &kept{T: t, path: filepath.Join(t.TempDir(), "data", "vega.db"), log: &lines{}}
	must(k, os.Symlink(at, filepath.Dir(k.path)))
	k.open()
	k.fill(5)
	must(k, os.RemoveAll(at))
	k.troubled()
	k.well()
	if conversations, runs, after := k.survives(); conversations != 5 || runs != 5 || after < 1 {
		t.Errorf("%d conversations, %d runs and %d written afterwards", conversations, runs, after)
	}
}
