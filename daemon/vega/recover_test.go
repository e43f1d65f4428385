package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"vega/daemon/vega/console"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/storetest"
)

// newDatabase writes a database with 2,000 runs and 100 conversations, and
// returns its path.
func newDatabase(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vega.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for n := range 2000 {
		if err := s.AppendRun(t.Context(), storetest.RunOf("web", at.Add(time.Duration(n)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 100 {
		c := store.Conversation{SessionID: "s", Source: "test", Prompt: fmt.Sprint("prompt ", n), Response: strings.Repeat("x", 500), At: at}
		if _, err := s.LogConversation(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func overwrite(t *testing.T, path string, at, n int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xee}, int(n)), at); err != nil {
		t.Fatal(err)
	}
}

// recoverFile runs vega recover and returns its exit code, output and errors. The
// source must not change.
func recoverFile(t *testing.T, source string, flags ...string) (code int, out, stderr string) {
	t.Helper()
	before := sums(t, source)
	var o, e bytes.Buffer
	code = run(append([]string{"recover", source}, flags...), nil, &o, &e)
	if sums(t, source) != before {
		t.Errorf("vega recover %s changed the source", flags)
	}
	return code, o.String(), e.String()
}

// sums returns the checksums of a database and its side files, as far as they
// can be read.
func sums(t *testing.T, path string) (all string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if info, err := os.Stat(path + suffix); err != nil || !info.Mode().IsRegular() {
			continue
		}
		b, err := os.ReadFile(path + suffix)
		all += fmt.Sprintf("%s %x %v\n", suffix, sha256.Sum256(b), err)
	}
	return all
}

func TestRecoverWritesNewDatabase(t *testing.T) {
	t.Parallel()
	path := newDatabase(t)
	code, out, stderr := recoverFile(t, path)
	if want := "vega.db.recovered has everything that was in"; code != 0 || stderr != "" || !strings.Contains(out, want) {
		t.Fatalf("exit %d, %s%s", code, out, stderr)
	}
	info, err := os.Stat(path + ".recovered")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	left, err := filepath.Glob(path + ".recovered?*")
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	code, _, stderr = recoverFile(t, path)
	if code != 2 || !strings.Contains(stderr, "vega.db.recovered exists; choose another path with -o") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	code, out, _ = recoverFile(t, path, "--into", path+".recovered")
	if code != 0 || !regexp.MustCompile(`runs +2000 +0 +2000 were there already`).MatchString(out) {
		t.Errorf("exit %d, %s", code, out)
	}
}

func TestRecoverReportsLostRows(t *testing.T) {
	t.Parallel()
	path := newDatabase(t)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, path, 60*4096, 3*4096)
	code, out, stderr := recoverFile(t, path, "--format", "json")
	if code != 1 || stderr != "" {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	var r console.Recovery
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	var read, lost int64
	for _, table := range r.Tables {
		if strings.HasPrefix(table.Name, "rollup") {
			continue // how many there are depends on the time of day
		}
		read += table.Added
		lost += table.Lost
	}
	if r.Complete || lost == 0 || read+lost != 2104 {
		t.Errorf("%d rows read, %d lost: %s", read, lost, out)
	}
	code, out, _ = recoverFile(t, path, "-o", filepath.Join(t.TempDir(), "new.db"))
	if code != 1 || !strings.Contains(out, "lost ID") || !strings.Contains(out, "has what could be read of") {
		t.Errorf("exit %d, %s", code, out)
	}
	if err := os.Truncate(path, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	code, out, _ = recoverFile(t, path, "-o", filepath.Join(t.TempDir(), "new.db"))
	if code != 1 || !strings.Contains(out, "has what could be read of") {
		t.Errorf("exit %d, %s", code, out)
	}
}

func TestRecoverRefuses(t *testing.T) {
	t.Parallel()
	good, dir := newDatabase(t), t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	random := write("random.db", []byte(strings.Repeat("no database at all", 10_000)))
	used := newDatabase(t)
	s, err := sqlite.Open(t.Context(), used)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	for _, c := range []struct {
		source string
		flags  []string
		code   int
		want   string
	}{
		{filepath.Join(dir, "none.db"), nil, 2, `none\.db: no such file or directory; check the path`},
		{dir, nil, 2, `is not a regular file; name the database`},
		{os.DevNull, nil, 2, `is not a regular file; name the database`},
		{good + "-wal", nil, 2, `is a write-ahead log.*vega\.db\n`},
		{write("empty.db", nil), nil, 3, `empty\.db: nothing of vega's could be read from it; name another copy`},
		{random, nil, 3, `random\.db: nothing of vega's could be read from it`},
		{random, []string{"--into", good}, 3, `random\.db: nothing of vega's could be read from it`},
		{used, nil, 2, `another vega \(pid \d+\) holds it`},
		{good, []string{"--into", used}, 2, `another vega \(pid \d+\) holds it`},
		{good, []string{"--into", good}, 2, `can't be added to itself`},
		{good, []string{"--into", filepath.Join(dir, "none.db")}, 2, `there is no .*none\.db to add rows to; use -o`},
		{good, []string{"--into", random}, 2, `random\.db: .*is not a SQLite database`},
		{good, []string{"-o", filepath.Join(dir, "none", "new.db")}, 2, `no such file or directory`},
		{good, []string{"-o", random}, 2, `random\.db exists; choose another path with -o`},
		{good, []string{"-o", "a.db", "--into", "b.db"}, 2, `exclude each other`},
	} {
		code, out, stderr := recoverFile(t, c.source, c.flags...)
		if code != c.code || out != "" || !regexp.MustCompile(c.want).MatchString(stderr) {
			t.Errorf("%s %s: exit %d, want %d with %q: %s%s", c.source, c.flags, code, c.code, c.want, out, stderr)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "*.recovered*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The write-ahead log is next to the file that a symbolic link leads to.
func TestRecoverFollowsSymbolicLink(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vega.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	storetest.AppendRuns(t, s, storetest.RunOf("web", time.Now()))
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "killed.db"+suffix), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(filepath.Join(dir, "killed.db"), link); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := recoverFile(t, link)
	if code != 0 || !regexp.MustCompile(`runs +1 +0`).MatchString(out) {
		t.Errorf("exit %d, %s%s", code, out, stderr)
	}
	if _, err := os.Stat(link + ".recovered"); err != nil {
		t.Error(err)
	}
}
