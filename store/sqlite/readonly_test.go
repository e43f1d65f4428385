package sqlite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/store"
	"vega/store/sqlite"
)

func openReadOnly(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func TestReadOnlyNextToADaemon(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	daemon := open(t, path)
	set := func(s *sqlite.Store, value string, quota int64) error {
		return s.Set(t.Context(), "i", "k", []byte(value), quota)
	}
	if err := set(daemon, "daemon's", 100); err != nil {
		t.Fatal(err)
	}
	s := openReadOnly(t, path)
	if err := set(s, "mine", 100); err != nil {
		t.Fatal(err)
	}
	if err := set(s, "mine", 3); !errors.Is(err, store.ErrQuota) {
		t.Errorf("over the quota: %v", err)
	}
	if err := s.Forget(t.Context(), "i"); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "i", "k"); got != "daemon's" {
		t.Errorf("read %q", got)
	}
	if err := set(daemon, "daemon's next", 100); err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "i", "k") + query(t, s, "SELECT count(*) FROM kv"); got != "daemon's next1" {
		t.Errorf("read %q", got)
	}
}

func TestReadOnlyCreatesNothing(t *testing.T) {
	dir := t.TempDir()
	absent := openReadOnly(t, filepath.Join(dir, "no", "vega.db"))
	if err := absent.Set(t.Context(), "i", "k", []byte("x"), 100); err != nil {
		t.Fatal(err)
	}
	if got := get(t, absent, "i", "k") + query(t, absent, "SELECT 1"); got != "-1" {
		t.Errorf("an absent store returns %q", got)
	}
	if got := names(t, dir); got != "" {
		t.Errorf("made %s", got)
	}
	path := filepath.Join(dir, "vega.db")
	filled(t, path)
	before := digest(t, path)
	s, err := sqlite.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got := get(t, s, "i", "a"); got != strings.Repeat("\x00", 3000) {
		t.Errorf("read %q", got)
	}
	closeStore(t, s)
	if got := names(t, dir); got != "vega.db vega.db.lock" || digest(t, path) != before {
		t.Errorf("changed: %s", got)
	}
}

func TestReadOnlyRefusesNewerFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	change(t, path, "PRAGMA user_version=99")
	if _, err := sqlite.OpenReadOnly(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer vega") {
		t.Errorf("error: %v", err)
	}
}

// TestReadOnlyWithoutTemporaryDirectory checks that an absent store can be opened
// without a directory for temporary files, and leaves nothing in its own.
func TestReadOnlyWithoutTemporaryDirectory(t *testing.T) {
	openAbsent(t, filepath.Join(t.TempDir(), "missing"))
}

func TestReadOnlyWithFullTemporaryDirectory(t *testing.T) {
	full := realtest.SmallDisk(t, 16<<10)
	openAbsent(t, full)
	if got := names(t, full); got != "" {
		t.Errorf("left %s", got)
	}
}

func openAbsent(t *testing.T, temporary string) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	s, err := sqlite.OpenReadOnly(t.Context(), filepath.Join(dir, "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Set(t.Context(), "i", "k", []byte("x"), 100); err != nil {
		t.Error(err)
	}
	closeStore(t, s)
	if got := names(t, dir); got != "" {
		t.Errorf("left %s", got)
	}
}
