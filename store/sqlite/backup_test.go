//go:build unix

package sqlite_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/store"
	"vega/store/sqlite"
)

const (
	adds     = "CREATE TABLE more (a TEXT) STRICT"
	rewrites = "UPDATE conversations SET prompt = 'rewritten'"
	endless  = "CREATE TABLE many AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT zeroblob(1000) FROM n"
	fails    = "UPDATE conversations SET prompt = 'rewritten'; SELECT * FROM nowhere"
)

// createWithPrompt creates a store with one conversation, whose prompt has this
// many bytes.
func createWithPrompt(t *testing.T, path string, bytes int) {
	t.Helper()
	s := openUnclosed(t, path)
	if _, err := s.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x", Prompt: strings.Repeat("p", bytes)}); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
}

// backupOf returns the path of the backup before the next migration.
func backupOf(path string) string {
	return fmt.Sprintf("%s.schema-%d.backup", path, sqlite.Schema())
}

func prompt(t *testing.T, path string) string {
	t.Helper()
	var prompt string
	if err := raw(t, path).QueryRowContext(t.Context(), "SELECT prompt FROM conversations").Scan(&prompt); err != nil {
		t.Fatal(err)
	}
	return prompt
}

func TestFileIsBackedUpBeforeRowsAreRewritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	createWithPrompt(t, path, 5)
	backup := backupOf(path)
	write(t, backup+".part", "left by an interrupted attempt")
	said := ""
	s, err := sqlite.Open(t.Context(), path, sqlite.Migration(adds), sqlite.Migration(rewrites), sqlite.Migrating(func(to string) { said = to }))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Backup(); got != backup || said != backup {
		t.Errorf("backup: %q, %q", got, said)
	}
	closeStore(t, s)
	if before, now := prompt(t, backup), prompt(t, path); before != "ppppp" || now != "rewritten" {
		t.Errorf("%q in the backup, %q in the file", before, now)
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	// The backup is a valid store for the previous version.
	old := open(t, backup)
	if got := query(t, old, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

// A migration that only adds is backed up, too: it is the way back to the version before.
func TestEachMigrationIsBackedUp(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.db")
	createWithPrompt(t, path, 5)
	for _, want := range []string{backupOf(path), ""} { // the second time, nothing is pending
		s, err := sqlite.Open(t.Context(), path, sqlite.Migration(adds))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Backup(); got != want {
			t.Errorf("want %q, got %q", want, got)
		}
		closeStore(t, s)
	}
	// A new file has no rows to back up.
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "new.db"), sqlite.Migration(rewrites))
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	if got := names(t, dir); strings.Contains(got, "new.db.schema") {
		t.Error(got)
	}
}

// A vega that knows the former schema names the version that wrote the file, and the
// backup that it can read.
func TestNewerFileNamesItsVersionAndTheBackup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	createWithPrompt(t, path, 5)
	s, err := sqlite.Open(t.Context(), path, sqlite.Migration(adds), sqlite.WrittenBy("9.1.0", "0123456789abcdef0123"))
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	for range 2 { // it looks at the file without changing it
		_, err = sqlite.Open(t.Context(), path)
		newer, ok := errors.AsType[*sqlite.NewerError](err)
		if !ok || newer.By.Version != "9.1.0" || newer.Backup != backupOf(path) || newer.Schema != sqlite.Schema()+1 {
			t.Fatalf("%#v, %v", newer, err)
		}
		if !strings.Contains(err.Error(), "vega 9.1.0 (0123456789ab), which is newer") {
			t.Error(err)
		}
	}
	write(t, backupOf(path), "not a backup")
	_, err = sqlite.Open(t.Context(), path)
	if newer, ok := errors.AsType[*sqlite.NewerError](err); !ok || newer.Backup != "" {
		t.Errorf("%v", err)
	}
}

// Each version is recorded once, whichever starts next.
func TestVersionsThatWroteTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	for _, version := range []string{"", "1.0.0", "1.0.0", "1.1.0", "1.0.0"} {
		s, err := sqlite.Open(t.Context(), path, sqlite.WrittenBy(version, "c"))
		if err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
	s := open(t, path)
	if got := query(t, s, "SELECT group_concat(version || ' ' || revision || ' ' || schema) FROM written_by"); got != fmt.Sprintf("1.0.0 c %[1]d,1.1.0 c %[1]d", sqlite.Schema()) {
		t.Error(got)
	}
}

// A kill while the file is backed up or migrated leaves a file that the version before
// still opens, and the next start migrates it.
func TestMigrationSurvivesAKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vega.db")
	createWithPrompt(t, path, 15_000_000)
	logGrows := func() bool {
		info, err := os.Stat(path + "-wal")
		return err == nil && info.Size() > 1<<20
	}
	for name, reached := range map[string]func() bool{
		"the backup begins":    func() bool { return exists(backupOf(path)+".part") || exists(backupOf(path)) },
		"the backup is named":  func() bool { return exists(backupOf(path)) },
		"the migration writes": logGrows,
	} {
		if err := errors.Join(remove(backupOf(path)), remove(backupOf(path)+".part")); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "VEGA_TEST_STORE="+path, "VEGA_TEST_MIGRATE=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		realtest.Until(t, name, reached)
		if err := cmd.Process.Kill(); err != nil { // kill -9
			t.Fatal(err)
		}
		_ = cmd.Wait()
		closeStore(t, openUnclosed(t, path)) // the version before
		if got := prompt(t, path); got[:3] != "ppp" {
			t.Errorf("%s: %s", name, got[:3])
		}
	}
	s := open(t, path, sqlite.Migration(rewrites))
	if got := query(t, s, "SELECT prompt FROM conversations"); got != "rewritten" {
		t.Error(got)
	}
	if got := names(t, filepath.Dir(path)); strings.Contains(got, ".part") {
		t.Errorf("left %s", got)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	createWithPrompt(t, path, 5)
	_, err := sqlite.Open(t.Context(), path, sqlite.Migration(fails))
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("migrate to schema version %d", sqlite.Schema()+1)) {
		t.Fatal(err)
	}
	if got := prompt(t, path); got != "ppppp" {
		t.Error(got)
	}
	open(t, path) // the previous version still opens it
}

func TestNothingIsRewrittenWithoutSpaceForABackup(t *testing.T) {
	dir := realtest.SmallDisk(t, 2<<20)
	path := filepath.Join(dir, "vega.db")
	createWithPrompt(t, path, 500_000)
	write(t, filepath.Join(dir, "ballast"), strings.Repeat("b", 1_200_000))
	before := prompt(t, path)
	_, err := sqlite.Open(t.Context(), path, sqlite.Migration(rewrites))
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") || !strings.Contains(err.Error(), filepath.Base(backupOf(path))) {
		t.Fatal(err)
	}
	if prompt(t, path) != before {
		t.Error("the rows were changed")
	}
	if got := names(t, dir); strings.Contains(got, "backup") {
		t.Errorf("left behind: %s", got)
	}
}
