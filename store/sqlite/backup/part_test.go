package backup_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver

	"vega/store/sqlite"
	"vega/store/sqlite/backup"
)

// source returns a store, and a connection to its file.
func source(t *testing.T) *sql.DB {
	path := filepath.Join(t.TempDir(), "vega.db")
	s, err := sqlite.Open(t.Context(), path)
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// killedWhileNaming returns a backup in the state that a kill leaves just before the end:
// it has two names, and there is a journal.
func killedWhileNaming(t *testing.T, db *sql.DB) string {
	path := filepath.Join(t.TempDir(), "backup.db")
	if _, err := backup.Write(t.Context(), db, backup.Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Link(path, path+".part"), os.WriteFile(path+".part-journal", make([]byte, 512), 0o600)); err != nil {
		t.Skip("the file system has no hard links: ", err)
	}
	return path
}

func TestCompleteBackupSurvivesFailedReplacement(t *testing.T) {
	db := source(t)
	path := killedWhileNaming(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	o := backup.Options{Path: path, Replace: true, Watch: backup.Watch{Step: func(string) { cancel() }}}
	if _, err := backup.Write(ctx, db, o); err == nil {
		t.Fatal("an interrupted backup succeeds")
	}
	if _, err := backup.Check(t.Context(), path, backup.Watch{}); err != nil {
		t.Error(err)
	}
	wantAlone(t, path)
}

func TestReplacementLeavesOneName(t *testing.T) {
	db := source(t)
	path := killedWhileNaming(t, db)
	if _, err := backup.Write(t.Context(), db, backup.Options{Path: path, Replace: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Check(t.Context(), path, backup.Watch{}); err != nil {
		t.Error(err)
	}
	wantAlone(t, path)
}

func wantAlone(t *testing.T, path string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Errorf("files left: %v", all)
	}
}
