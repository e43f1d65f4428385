package sqlite_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/store"
	"vega/store/sqlite"
)

func open(t *testing.T, path string, options ...sqlite.Option) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t *testing.T, s *sqlite.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// raw opens the file as another program would.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execSQL(t *testing.T, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// values returns the first column of all rows.
func values(t *testing.T, rows *sqlite.Rows, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func query(t *testing.T, s *sqlite.Store, text string) string {
	t.Helper()
	rows, err := s.Query(t.Context(), text)
	return values(t, rows, err)
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]string, 0, len(entries))
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func digest(t *testing.T, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func TestOpenCreatesAPrivateMarkedFile(t *testing.T) {
	// No character of the path has a special meaning.
	path := filepath.Join(t.TempDir(), "new dir", "a?mode=memory#b%41.db")
	s := openUnclosed(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	for pragma, want := range map[string]string{
		"application_id": "1986357089", "user_version": fmt.Sprint(sqlite.Schema()), "journal_mode": "wal", "quick_check": "ok",
	} {
		if got := query(t, s, "PRAGMA "+pragma); got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
	closeStore(t, s)
	if got := names(t, filepath.Dir(path)); got != "a?mode=memory#b%41.db a?mode=memory#b%41.db.lock" {
		t.Errorf("left behind: %s", got)
	}
	var vacuum int
	again := open(t, path)
	other := raw(t, "file:"+(&url.URL{Path: path}).EscapedPath())
	if err := other.QueryRowContext(t.Context(), "PRAGMA auto_vacuum").Scan(&vacuum); err != nil || vacuum != 2 {
		t.Errorf("auto_vacuum %d, %v", vacuum, err)
	}
	if got := query(t, again, "SELECT count(*) FROM kv"); got != "0" {
		t.Errorf("rows: %s", got)
	}
}

func TestOpenLeavesRefusedFilesUnchanged(t *testing.T) {
	cases := map[string]struct {
		make func(t *testing.T, path string)
		want string
	}{
		"text":      {func(t *testing.T, path string) { write(t, path, strings.Repeat("not a database\n", 100)) }, "is not a SQLite database"},
		"short":     {func(t *testing.T, path string) { write(t, path, "x") }, "is not a SQLite database"},
		"foreign":   {func(t *testing.T, path string) { execSQL(t, raw(t, path), "CREATE TABLE theirs (a)") }, "the file belongs to another program"},
		"newer":     {func(t *testing.T, path string) { change(t, path, "PRAGMA user_version=99") }, fmt.Sprintf("written by a newer vega (its schema is 99, this vega knows %d)", sqlite.Schema())},
		"damaged":   {func(t *testing.T, path string) { overwrite(t, path, 4096+50) }, "the file is damaged"},
		"header":    {func(t *testing.T, path string) { overwrite(t, path, 0) }, "is not a SQLite database"},
		"truncated": {func(t *testing.T, path string) { truncate(t, path) }, "the file is damaged"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "vega.db")
			c.make(t, path)
			before := digest(t, path)
			for range 2 { // the first attempt changed nothing
				s, err := sqlite.Open(t.Context(), path)
				if err == nil {
					closeStore(t, s)
					t.Fatal("opened")
				}
				if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
					t.Errorf("error: %v", err)
				}
			}
			if digest(t, path) != before {
				t.Error("the file was changed")
			}
			if got := names(t, dir); got != "vega.db vega.db.lock" {
				t.Errorf("next to it: %s", got)
			}
		})
	}
}

func TestOpenRefusesADirectory(t *testing.T) {
	if _, err := sqlite.Open(t.Context(), t.TempDir()); err == nil {
		t.Fatal("opened a directory")
	}
}

func TestOpenReportsALockedFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vega.db")
	closeStore(t, openUnclosed(t, path))
	db := raw(t, path)
	db.SetMaxOpenConns(1)
	execSQL(t, db, "PRAGMA locking_mode=EXCLUSIVE")
	execSQL(t, db, "BEGIN EXCLUSIVE")
	_, err := sqlite.Open(t.Context(), path)
	if err == nil || !strings.Contains(err.Error(), "locked by another program") {
		t.Fatalf("error: %v", err)
	}
}

// openUnclosed opens a store that the test closes itself.
func openUnclosed(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// filled creates a store with some values.
func filled(t *testing.T, path string) {
	t.Helper()
	s := openUnclosed(t, path)
	for _, key := range []string{"a", "b", "c"} {
		if err := s.Set(t.Context(), "i", key, make([]byte, 3000), 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
}

func change(t *testing.T, path, query string) {
	t.Helper()
	filled(t, path)
	db := raw(t, path)
	execSQL(t, db, query)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path string, at int64) {
	t.Helper()
	filled(t, path)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.WriteAt([]byte(strings.Repeat("\xff", 8000)), at); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, path string) {
	t.Helper()
	filled(t, path)
	if err := os.Truncate(path, 4096+100); err != nil {
		t.Fatal(err)
	}
}

// latest returns the newest conversations.
func latest(t *testing.T, s store.Store, limit int) ([]store.Conversation, error) {
	t.Helper()
	p, err := s.HistoryPage(t.Context(), store.Query{Limit: limit})
	return p.Conversations, err
}

// What people wrote is no longer in the file once it is deleted, replaced or too old,
// in short texts and in those that fill pages of their own.
func TestDeletedTextLeavesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	const personal = "Anna Schmidt, Lindenweg 4"
	log := func(at time.Time, size int) int64 {
		t.Helper()
		id, err := s.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "chat", At: at, Prompt: strings.Repeat(personal, size), Response: personal})
		do(err)
		return id
	}
	for _, size := range []int{1, 10, 1000} {
		log(time.Now().Add(-100*24*time.Hour), size)
		do(s.DeleteConversation(t.Context(), log(time.Now(), size)))
		do(s.SetMemory(t.Context(), "deleted", strings.Repeat(personal, size)))
		do(s.SetMemory(t.Context(), "replaced", strings.Repeat(personal, size)))
	}
	do(s.DeleteMemory(t.Context(), "deleted"))
	do(s.SetMemory(t.Context(), "replaced", "nothing"))
	gone, err := s.Retain(t.Context(), store.Retention{Conversations: 24 * time.Hour})
	if do(err); gone.Conversations != 3 {
		t.Fatalf("%+v, want 3 conversations that are too old", gone)
	}
	do(s.Close())
	b, err := os.ReadFile(path)
	if do(err); bytes.Contains(b, []byte(personal)) {
		t.Errorf("%d copies of a deleted text are in the file", bytes.Count(b, []byte(personal)))
	}
}
