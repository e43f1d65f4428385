package compiler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
)

// accept admits every module.
func accept(*manifest.Module) error { return nil }

// TestMain turns this program into a child that ends as its last argument says.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "child" {
		switch os.Args[2] {
		case "crash":
			_, _ = os.Stderr.WriteString("runtime: out of memory: cannot allocate\nfatal error\n")
			os.Exit(2)
		case "report":
			_, _ = os.Stderr.WriteString("the disk is full, out of memory\n")
			os.Exit(failed)
		case "fail":
			os.Exit(failed)
		}
	}
	os.Exit(m.Run())
}

// childThat returns a Command whose child ends in the given way.
func childThat(t *testing.T, ends string) Command {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, _ string) *exec.Cmd { return exec.CommandContext(ctx, self, "child", ends) }
}

// How a child ended is read from its exit code: a crash refuses the module for a
// while, a failure that it reports says nothing about the module, whatever the words
// of the report.
func TestChildEnds(t *testing.T) {
	for ends, c := range map[string]struct {
		refused bool
		says    string
	}{
		"crash":  {true, "it does not compile: its compiler, which may use 3072 MiB of address space, crashed: runtime: out of memory: cannot allocate"},
		"report": {false, "it did not compile: the disk is full, out of memory"},
		"fail":   {false, "it did not compile: its compiler failed: exit status 1"},
	} {
		compiler, err := New(Options{Dir: t.TempDir(), Command: childThat(t, ends), Admit: accept})
		if err != nil {
			t.Fatal(err)
		}
		err = compiler.Compile(t.Context(), []byte("\x00asm\x01\x00\x00\x00"), "digest")
		if err == nil || err.Error() != c.says || IsRefusal(err) != c.refused {
			t.Errorf("%s: %v, a refusal: %v", ends, err, IsRefusal(err))
		}
		if want := map[bool]time.Duration{true: retryAfter, false: retrySoon}[c.refused]; RetryAfter(err) != want {
			t.Errorf("%s: to be tried again after %v, want %v", ends, RetryAfter(err), want)
		}
	}
}

func TestChildNeedsACache(t *testing.T) {
	if _, err := New(Options{Command: childThat(t, "fail"), Admit: accept}); err == nil {
		t.Error("accepted")
	}
}

// An entry decodes to the program that it was made of. A damaged one is reported as
// such, wherever a byte is flipped or the rest cut off.
func TestEntriesAreReadBack(t *testing.T) {
	image := make([]byte, 5*blockSize+7)
	image[0], image[2*blockSize+1], image[len(image)-1] = 1, 2, 3
	want := &Program{Read: &manifest.Module{Manifest: &manifest.Manifest{ABI: "vega_v1", Name: "m"}}, Code: []byte("code"), Image: image}
	b, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 3*blockSize+1000 {
		t.Errorf("%d bytes: zeros are kept", len(b))
	}
	got, err := decodeEntry(b)
	if err != nil || !bytes.Equal(got.Image, want.Image) || !bytes.Equal(got.Code, want.Code) || !reflect.DeepEqual(got.Read, want.Read) {
		t.Fatalf("%+v, %v", got, err)
	}
	for at := 0; at < len(b); at += 97 {
		damaged := bytes.Clone(b)
		damaged[at] ^= 0x10
		if _, err := decodeEntry(damaged); !errors.Is(err, errDamaged) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if _, err := decodeEntry(b[:at]); !errors.Is(err, errDamaged) {
			t.Fatalf("cut after %d bytes: %v", at, err)
		}
	}
}

// Long reasons are shortened, and a refusal of a refusal is the same.
func TestRefusalsAreOneLine(t *testing.T) {
	err := Refuse(errors.New(strings.Repeat("x\n", 1000)))
	if !IsRefusal(err) || strings.Contains(err.Error(), "\n") || len(err.Error()) > maxError+len("…") {
		t.Errorf("%q", err)
	}
	if RetryAfter(err) != 0 || Refuse(nil) != nil {
		t.Error("a refusal is tried again, or nothing is refused")
	}
	if err := compileError(t.Context(), fmt.Errorf("write: %w", &os.PathError{Op: "write", Path: "f", Err: os.ErrPermission})); IsRefusal(err) {
		t.Errorf("a file that can't be written refuses a module: %v", err)
	}
}

// Only the latest refusals are remembered, in memory and in the file, and only by the
// program that refused.
func TestRefusalsAreBounded(t *testing.T) {
	dir := t.TempDir()
	r := openRefusals(dir)
	for n := range maxRefusals + 5 {
		r.keep(fmt.Sprint(n), Refuse(errors.New("no")))
	}
	r.keep("later", refusal{reason: "busy", temporary: true})
	r.keep("never", errors.New("not a refusal"))
	again := openRefusals(dir)
	if len(r.all) != maxRefusals || len(again.all) != maxRefusals {
		t.Errorf("%d and %d are remembered", len(r.all), len(again.all))
	}
	if again.find("4") != nil || again.find("5") == nil || again.find("later") != nil || r.find("later") == nil || r.find("never") != nil {
		t.Error("others are remembered than the latest refusals")
	}
	other := &refusals{path: r.path, program: "another"}
	if len(other.read()) != 0 {
		t.Error("another program reads them")
	}
}

// Modules that were not loaded for long are removed, others stay.
func TestCacheIsTidied(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"unused": cacheAge + time.Hour, "compiling-1": 2 * compilingAge, "used": cacheAge / 2, "compiling-2": compilingAge / 2} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now(), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := New(Options{Dir: dir, Admit: accept}); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "compiling-2" || filepath.Base(left[1]) != "used" {
		t.Errorf("%v, %v", left, err)
	}
}

// A wall clock that is a year ahead, next to the times of the files, empties nothing.
func TestCacheSurvivesAWrongClock(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{"used": 365 * 24 * time.Hour, "also-used": 370 * 24 * time.Hour, "unused": 400 * 24 * time.Hour} {
		path := filepath.Join(dir, name)
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Now(), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := New(Options{Dir: dir, Admit: accept}); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(left) != 2 || filepath.Base(left[0]) != "also-used" || filepath.Base(left[1]) != "used" {
		t.Errorf("%v, %v", left, err)
	}
}
