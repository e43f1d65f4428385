package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	for _, v := range []string{"0.1.0", "1.2.3", "1.2.3-rc.1", "10.20.30"} {
		if err := checkVersion(v); err != nil {
			t.Error(err)
		}
	}
	for _, v := range []string{"", "v1.2.3", "1", "1.2", "01.2.3", "1.2.3+linux", "1.2.3-rc.1+x", "1.2.3 ", "1.2.3/x", "../x", "1.2.3-", "x"} {
		if err := checkVersion(v); err == nil {
			t.Errorf("%q is accepted", v)
		}
	}
}

// repository makes a repository with one commit that holds a file.
func repository(t *testing.T) *release {
	t.Helper()
	r := &release{Repository: t.TempDir(), Version: "1.2.3", Work: t.TempDir(), Out: t.TempDir(), Binaries: map[platform]string{}}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	for _, args := range [][]string{
		{"init", "-q"},
		{"config", "user.name", "a"},
		{"config", "user.email", "a@example.com"},
		{"commit", "-q", "--allow-empty", "-m", "first"},
	} {
		r.try(t, args...)
	}
	write(t, filepath.Join(r.Repository, "file"), "one\n")
	r.try(t, "add", "file")
	r.try(t, "commit", "-q", "-m", "second", "--date=2001-02-03T04:05:06Z")
	return r
}

func (r *release) try(t *testing.T, args ...string) {
	t.Helper()
	if _, err := r.git(t.Context(), nil, args...); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDirtyTreeIsRefused checks that a release is made of a commit, and that -dirty
// builds the files as they are, new ones included, without touching the repository.
func TestDirtyTreeIsRefused(t *testing.T) {
	r := repository(t)
	if err := r.identify(t.Context()); err != nil || r.Modified || len(r.Commit) != 40 || r.Date.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	write(t, filepath.Join(r.Repository, "file"), "two\n")
	write(t, filepath.Join(r.Repository, "new"), "three\n")
	if err := r.identify(t.Context()); err == nil || !strings.Contains(err.Error(), "M file\n?? new") {
		t.Errorf("%v", err)
	}
	if err := export(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(r.Tree, "file")); err != nil || string(text) != "one\n" {
		t.Errorf("%q, %v", text, err)
	}
	r.Modified, r.Work = true, t.TempDir()
	if err := errors.Join(r.identify(t.Context()), export(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"file": "two\n", "new": "three\n"} {
		if text, err := os.ReadFile(filepath.Join(r.Tree, name)); err != nil || string(text) != want {
			t.Errorf("%q, %v", text, err)
		}
	}
	if changes, err := r.git(t.Context(), nil, "status", "--porcelain"); err != nil || string(changes) != " M file\n?? new\n" {
		t.Errorf("%s, %v", changes, err)
	}
}

func TestNoCommit(t *testing.T) {
	r := &release{Repository: t.TempDir()}
	if err := r.identify(t.Context()); err == nil || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("%v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if err := r.identify(t.Context()); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestPart checks that a directory exists only when it is complete, that two releases
// to it don't meet, and that what a killed one left is removed.
func TestPart(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	first, err := newPart(out)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(first.files, "half"), "x")
	if _, err := newPart(out); err == nil || !strings.Contains(err.Error(), "in progress") {
		t.Errorf("%v", err)
	}
	first.lock.Close() // as if the process were killed
	second, err := newPart(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(out); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	write(t, filepath.Join(second.files, "file"), "x")
	if err := second.complete(); err != nil {
		t.Fatal(err)
	}
	second.close()
	if names, err := files(out); err != nil || len(names) != 1 || names[0] != "file" {
		t.Errorf("%v, %v", names, err)
	}
	if _, err := os.Lstat(out + ".part"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := newPart(out); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Errorf("%v", err)
	}
}

// TestPartOfOthers checks that a symbolic link or a file in the place of the
// directory is left alone.
func TestPartOfOthers(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	write(t, filepath.Join(other, "files"), "precious")
	if err := os.Symlink(other, filepath.Join(dir, "out.part")); err != nil {
		t.Fatal(err)
	}
	if _, err := newPart(filepath.Join(dir, "out")); !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, syscall.ELOOP) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(other, "files")); err != nil {
		t.Error(err)
	}
	write(t, filepath.Join(dir, "file.part"), "x")
	if _, err := newPart(filepath.Join(dir, "file")); err == nil {
		t.Error("a file is taken for the directory")
	}
}

// TestFailureLeavesNothing checks that a step that fails, or an interruption, leaves
// no directory.
func TestFailureLeavesNothing(t *testing.T) {
	before := steps
	t.Cleanup(func() { steps = before })
	out := filepath.Join(t.TempDir(), "out")
	for _, failure := range []error{errors.New("no space left on device"), nil} {
		ctx, cancel := context.WithCancel(t.Context())
		steps = slices.Clone(before[:1])
		steps[0].name = "fail"
		steps[0].run = func(_ context.Context, r *release) error {
			write(t, filepath.Join(r.Out, "half"), "x")
			cancel()
			return failure
		}
		r := repository(t)
		if err := makeRelease(ctx, r, out); err == nil || failure != nil && !errors.Is(err, failure) {
			t.Errorf("%v", err)
		}
		if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) > 0 {
			t.Errorf("%v, %v", left, err)
		}
	}
}

// TestArchivesDependOnContentOnly checks that the time and the mode of a file on this
// machine are not in an archive.
func TestArchivesDependOnContentOnly(t *testing.T) {
	date := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	var all [2][2]bytes.Buffer
	for n := range all {
		path := filepath.Join(t.TempDir(), "file")
		write(t, path, "text")
		if err := errors.Join(os.Chmod(path, fs.FileMode(0o600+n)), os.Chtimes(path, time.Unix(int64(n), 0), time.Unix(int64(n), 0))); err != nil {
			t.Fatal(err)
		}
		entries := []entry{{name: "dir/name", source: path, mode: 0o644}}
		for k, pack := range []func(io.Writer, time.Time, []entry) error{writeTarGzip, writeZip} {
			if err := pack(&all[n][k], date, entries); err != nil {
				t.Fatal(err)
			}
		}
	}
	for k := range all[0] {
		if !bytes.Equal(all[0][k].Bytes(), all[1][k].Bytes()) {
			t.Errorf("archive %d differs", k)
		}
	}
}

func TestRoots(t *testing.T) {
	text, err := roots(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
	if err != nil || bytes.Count(text, []byte("BEGIN CERTIFICATE")) < 100 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// TestEveryPlatformRunsProbes checks that wazero has a compiler for each platform. vega
// opens no sandbox on its interpreter, so it would run no check there.
func TestEveryPlatformRunsProbes(t *testing.T) {
	systems := []string{"linux", "darwin", "freebsd", "netbsd", "windows"}
	for _, p := range published {
		if !slices.Contains(systems, p.OS) || p.Arch != "amd64" && p.Arch != "arm64" {
			t.Errorf("wazero compiles nothing for %s", p)
		}
	}
}

func TestUnknownPlatform(t *testing.T) {
	if all, err := choose("linux/arm64,linux/amd64"); err != nil || len(all) != 2 || all[0].Arch != "amd64" {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := choose("linux/armv7"); err == nil {
		t.Error("accepted")
	}
}

// TestModuleWithoutLicense checks that a module without a licence stops a release.
func TestModuleWithoutLicense(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "LICENSE"), "Do what you want.")
	if err := new(module).readLicenses(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("%v", err)
	}
}
