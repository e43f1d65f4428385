package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vega/store/sqlite"
)

// invoke runs a command of vega and returns its exit code and what it wrote.
func invoke(args ...string) (code int, out string) {
	var b bytes.Buffer
	code = run(args, nil, &b, &b)
	return code, b.String()
}

// memories stores a memory in a database, as the named version of vega.
func memories(t *testing.T, path, version string, names ...string) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, sqlite.WrittenBy(version, ""))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := s.SetMemory(t.Context(), name, "x"); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// setSchema makes a database one of another schema. Its header has the version.
func setSchema(t *testing.T, path string, schema byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte{0, 0, 0, schema}, 60); err != nil {
		t.Fatal(err)
	}
}

// site returns the paths of a configuration and of its database.
func site(t *testing.T, config string) (vega, db string) {
	t.Helper()
	dir := t.TempDir()
	vega = filepath.Join(dir, "it's vega.hcl")
	if err := os.WriteFile(vega, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return vega, filepath.Join(dir, ".vega", "vega.db")
}

// A daemon that finds the database of a newer vega says which one wrote it, and the
// command that it prints goes back.
func TestNewerDatabaseNamesTheWayBack(t *testing.T) {
	vega, db := site(t, "")
	backup := fmt.Sprintf("%s.schema-%d.backup", db, sqlite.Schema())
	memories(t, db, "1.0.0", "before")
	if code, out := invoke("backup", "-c", vega, backup); code != 0 {
		t.Fatal(out)
	}
	memories(t, db, "9.9.9", "since")
	setSchema(t, db, byte(sqlite.Schema()+1))
	code, out := invoke("serve", "-c", vega)
	back := regexp.MustCompile(`vega restore -c '(.*)' (/.*\.backup)`).FindStringSubmatch(out)
	if code != 1 || !strings.Contains(out, "vega 9.9.9, which is newer") || !strings.Contains(out, "without what was stored since") || back == nil {
		t.Fatalf("%d, %s", code, out)
	}
	if code, out = invoke("restore", "-c", strings.ReplaceAll(back[1], `'\''`, "'"), back[2]); code != 0 || !strings.Contains(out, "It has 0 runs and 1 memory") {
		t.Fatalf("%d, %s", code, out)
	}
	kept, err := filepath.Glob(db + ".replaced-*")
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	if code, out = invoke("restore", "-c", vega, kept[0]); code != 1 || !strings.Contains(out, "can't be restored by this version: the file was written by vega 9.9.9, which is newer") {
		t.Errorf("%d, %s", code, out)
	}
	setSchema(t, db, byte(sqlite.Schema()+1))
	if err := os.Remove(backup); err != nil {
		t.Fatal(err)
	}
	if code, out = invoke("serve", "-c", vega); code != 1 || !strings.Contains(out, "install that version again, restore a backup that this version can read") {
		t.Errorf("%d, %s", code, out)
	}
}

// A backup needs no valid configuration, as long as it says where the database is.
func TestBackupWithAnInvalidConfiguration(t *testing.T) {
	vega, db := site(t, `integration "x" { probe = nosuch.probe }`)
	memories(t, db, "1.0.0", "a")
	file := filepath.Join(t.TempDir(), "b.db")
	code, out := invoke("backup", "-c", vega, file)
	if code != 0 || !strings.Contains(out, "has errors (see vega validate); using only data_dir and store.path.") || !strings.Contains(out, "1 memory") {
		t.Errorf("%d, %s", code, out)
	}
}

// The database may be somewhere else than the other files.
func TestRestoreOutsideDataDir(t *testing.T) {
	elsewhere := filepath.Join(t.TempDir(), "deep", "own.db")
	vega, db := site(t, fmt.Sprintf("store { path = %q }", elsewhere))
	memories(t, elsewhere, "1.0.0", "a", "b")
	id := filepath.Join(filepath.Dir(db), "id")
	if err := os.MkdirAll(filepath.Dir(db), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(id, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.db")
	if code, out := invoke("backup", "-c", vega, file); code != 0 || !strings.Contains(out, "2 memories and the file id of data_dir.") {
		t.Fatalf("%d, %s", code, out)
	}
	for _, dir := range []string{filepath.Dir(filepath.Dir(elsewhere)), filepath.Dir(db)} {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := invoke("restore", "-c", vega, file); code != 0 || strings.Contains(out, "former") {
		t.Fatalf("%d, %s", code, out)
	}
	text, err := os.ReadFile(id)
	if err != nil || string(text) != "0123456789abcdef\n" {
		t.Errorf("%q, %v", text, err)
	}
	if code, out := invoke("backup", "-c", vega, "--replace", file); code != 0 || !strings.Contains(out, "2 memories and the file id of data_dir.") {
		t.Errorf("%d, %s", code, out)
	}
}

// A link that leads to the database is followed: the link stays, and the file that it
// leads to is replaced.
func TestRestoreFollowsALink(t *testing.T) {
	vega, db := site(t, "")
	real := filepath.Join(t.TempDir(), "real.db")
	memories(t, real, "1.0.0", "a")
	if err := os.MkdirAll(filepath.Dir(db), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, db); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "b.db")
	if code, out := invoke("backup", "-c", vega, file); code != 0 {
		t.Fatal(out)
	}
	memories(t, real, "1.0.0", "b")
	if code, out := invoke("restore", "-c", vega, file); code != 0 || !strings.Contains(out, "1 memory") {
		t.Fatalf("%d, %s", code, out)
	}
	if info, err := os.Lstat(db); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link was replaced: %v, %v", info, err)
	}
	if code, out := invoke("backup", "-c", vega, "--replace", real); code != 2 || !strings.Contains(out, "belongs to the database of vega itself") {
		t.Errorf("%d, %s", code, out)
	}
	hard := filepath.Join(filepath.Dir(real), "hard.db")
	if err := os.Link(real, hard); err != nil {
		t.Fatal(err)
	}
	if code, out := invoke("restore", "-c", vega, hard); code != 2 || !strings.Contains(out, "is the file of the store itself") {
		t.Errorf("%d, %s", code, out)
	}
}

// What can't be backed up is said, and leaves no file.
func TestBackupOfWhatIsNoDatabase(t *testing.T) {
	for name, c := range map[string]struct {
		code int
		text string
	}{"SQLite format 3\x00 cut off": {1, "see vega recover --help"}, "text": {1, "is not a SQLite database"}, "": {1, "it is empty"}} {
		vega, db := site(t, "")
		if err := os.MkdirAll(filepath.Dir(db), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(db, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "b.db")
		code, out := invoke("backup", "-c", vega, file)
		if code != c.code || !strings.Contains(out, c.text) {
			t.Errorf("%q: %d, %s", name, code, out)
		}
		if left, _ := filepath.Glob(file + "*"); len(left) > 0 {
			t.Errorf("%q left %v", name, left)
		}
	}
}
