//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/store/sqlite"
)

// TestMain is also the second process: if VEGA_TEST_STORE is set, it opens the
// store there, stores a value, prints a line and waits to be killed.
func TestMain(m *testing.M) {
	path := os.Getenv("VEGA_TEST_STORE")
	if path == "" {
		os.Exit(m.Run())
	}
	if os.Getenv("VEGA_TEST_NOBODY") != "" {
		if err := syscall.Setuid(65534); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	if os.Getenv("VEGA_TEST_WRITE") != "" {
		writeForever(path)
	}
	if os.Getenv("VEGA_TEST_ROLL") != "" {
		fmt.Fprintln(os.Stderr, rollForever(path))
		os.Exit(1)
	}
	if os.Getenv("VEGA_TEST_MIGRATE") != "" {
		migrateSlowly(path)
	}
	if until, err := strconv.Atoi(os.Getenv("VEGA_TEST_JUDGE")); err == nil {
		if err := judgeForever(path, until); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	hold(path)
}

// migrateSlowly migrates the store, in a transaction that does not end.
func migrateSlowly(path string) {
	_, err := sqlite.Open(context.Background(), path, sqlite.Migration(rewrites), sqlite.Migration(endless))
	fmt.Println(err)
	os.Exit(1)
}

func hold(path string) {
	s, err := sqlite.Open(context.Background(), path)
	if err == nil {
		err = s.Set(context.Background(), "child", "k", []byte("kept"), 100)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("holding")
	for { // in steps: without cgo, the runtime exits if nothing can wake the process
		time.Sleep(time.Hour)
	}
}

// child starts the second process and returns the line that it printed.
func child(t *testing.T, path string, env ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "VEGA_TEST_STORE="+path)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	return cmd, line
}

func TestSecondVegaIsRefusedUntilTheFirstEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vega.db")
	for range 5 {
		first, said := child(t, path)
		if said != "holding\n" {
			t.Fatal(said)
		}
		_, err := sqlite.Open(t.Context(), path)
		if want := fmt.Sprintf("another vega (pid %d) holds it", first.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
			t.Fatalf("want %q, got %v", want, err)
		}
		if err := first.Process.Kill(); err != nil { // kill -9
			t.Fatal(err)
		}
		_ = first.Wait()
		s := openUnclosed(t, path)
		if got := get(t, s, "child", "k") + query(t, s, "PRAGMA quick_check"); got != "keptok" {
			t.Errorf("after the kill: %s", got)
		}
		if err := s.Forget(t.Context(), "child"); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
	}
}

func TestLinkLeadsToTheSameLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link, chain := filepath.Join(dir, "vega.db"), filepath.Join(dir, "link.db"), filepath.Join(dir, "chain.db")
	for name, to := range map[string]string{link: "vega.db", chain: link} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	s := openUnclosed(t, link) // creates the file
	if err := s.SetMemory(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link, chain} {
		if _, err := sqlite.Open(t.Context(), name); err == nil || !strings.Contains(err.Error(), "holds it") {
			t.Errorf("%s: %v", name, err)
		}
		r, err := sqlite.OpenReadOnly(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := r.Memory(t.Context(), "k"); err != nil || m.Value != "v" { // it is still in the write-ahead log
			t.Errorf("%s: %v, %v", name, m, err)
		}
		closeStore(t, r)
	}
	closeStore(t, s)
}

// Root may do everything, so the child becomes nobody; any other user is tested
// as is.
func TestOpenReportsMissingPermissions(t *testing.T) {
	t.Parallel()
	var env []string
	if os.Getuid() == 0 {
		env = append(env, "VEGA_TEST_NOBODY=1")
	}
	for name, modes := range map[string]struct{ dir, file, lock os.FileMode }{
		"a read-only directory":             {0o555, 0o666, 0o666},
		"no lock and a read-only directory": {0o555, 0o666, 0},
		"an unreadable file":                {0o777, 0, 0o666},
		"a read-only file":                  {0o777, 0o444, 0o666},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "vega.db")
			filled(t, path)
			if modes.lock == 0 {
				if err := os.Remove(path + ".lock"); err != nil {
					t.Fatal(err)
				}
			} else {
				chmod(t, path+".lock", modes.lock)
			}
			chmod(t, path, modes.file)
			chmod(t, filepath.Dir(dir), 0o755)
			chmod(t, dir, modes.dir)
			defer chmod(t, dir, 0o755)
			before := digestAs(t, path)
			cmd, said := child(t, path, env...)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if !strings.Contains(said, "vega's user needs write access") {
				t.Errorf("printed %q", said)
			}
			if digestAs(t, path) != before {
				t.Error("the file was changed")
			}
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// digestAs reads the file even if its mode forbids that.
func digestAs(t *testing.T, path string) [32]byte {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	chmod(t, path, 0o600)
	defer chmod(t, path, info.Mode())
	return digest(t, path)
}
