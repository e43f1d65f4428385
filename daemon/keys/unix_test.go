//go:build unix

package keys

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestStrangeFilesAreRefused checks that nothing but a regular file that only its
// owner can write is used, and that nothing waits.
func TestStrangeFilesAreRefused(t *testing.T) {
	elsewhere := t.TempDir()
	add(t, elsewhere, "ci", 0)
	good := filepath.Join(elsewhere, File)
	for name, make := range map[string]func(path string) error{
		"is not a regular file":  func(path string) error { return os.Symlink(good, path) },
		"is not a regular file;": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"has mode 0622": func(path string) error {
			text, _ := os.ReadFile(good)
			return errors.Join(os.WriteFile(path, text, 0o600), os.Chmod(path, 0o622))
		},
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, File)); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if err := Change(dir, func(*Set) error { return nil }); err == nil {
			t.Errorf("%s: was changed", name)
		}
	}
}

// TestReadableFileIsUsed checks that a digest that others can read, which is worth
// nothing to them, locks nobody out.
func TestReadableFileIsUsed(t *testing.T) {
	dir := t.TempDir()
	add(t, dir, "ci", 0)
	if err := os.Chmod(filepath.Join(dir, File), 0o644); err != nil {
		t.Fatal(err)
	}
	if set, err := Read(dir); err != nil || len(set.Keys) != 1 {
		t.Errorf("%+v, %v", set, err)
	}
	add(t, dir, "other", 0)
	if info, err := os.Stat(filepath.Join(dir, File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestFileBelongsToOwnerOfDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to others")
	}
	dir := t.TempDir()
	if err := os.Chown(dir, 12345, 12346); err != nil {
		t.Fatal(err)
	}
	add(t, dir, "ci", 0)
	path := filepath.Join(dir, File)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || s.Gid != 12346 {
		t.Errorf("%d %d", s.Uid, s.Gid)
	}
	if err := os.Chown(path, 54321, 54321); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "belongs to a user other than its directory") {
		t.Error(err)
	}
}

// TestKillLosesNothing kills a process that adds keys. Each key that it has reported
// must be there, and the file whole.
func TestKillLosesNothing(t *testing.T) {
	if dir := os.Getenv("VEGA_TEST_ADD_KEYS"); dir != "" {
		for n := 0; ; n++ {
			add(t, dir, fmt.Sprintf("k%d-%d", os.Getpid(), n), 0)
			fmt.Printf("k%d-%d\n", os.Getpid(), n)
		}
	}
	dir := t.TempDir()
	var added []string
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillLosesNothing$")
		cmd.Env = append(os.Environ(), "VEGA_TEST_ADD_KEYS="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			added = append(added, lines.Text())
			if n == 3*round {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait() // it was killed
	}
	set, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range added {
		if set.Named(name) == nil {
			t.Errorf("%s is lost", name)
		}
	}
	add(t, dir, "last", 0)
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
