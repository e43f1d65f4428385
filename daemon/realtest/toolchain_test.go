package realtest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/build"
)

// TestReadyTriesTheToolchain finds compilers whose parts are all there, but which
// build nothing.
func TestReadyTriesTheToolchain(t *testing.T) {
	dir := t.TempDir()
	for name, script := range map[string]string{
		"clang": `case "$*" in
-print-targets) echo "wasm32 - WebAssembly 32-bit" ;;
*wasm-ld) echo "$HERE/wasm-ld" ;;
*crt1-command.o | *libc.a | *libgcc*) echo "$HERE/part" ;;
*) echo "main.c:1:10: fatal error: 'math.h' file not found" >&2; exit 1 ;;
esac`,
		"cargo": "echo 'error: cargo is too old' >&2; exit 1",
		"rustc": `case "$*" in
*sysroot) echo "$HERE" ;;
*) echo "$HERE" ;;
esac`,
		"node": "exit 1", "asc": "echo 'asc needs another node' >&2; exit 1",
		"wasm-ld": "", "part": "", "libcore-1.rlib": "", "libstd-1.rlib": "",
	} {
		text := "#!/bin/sh\nHERE=" + dir + "\n" + script + "\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	for _, c := range []struct {
		language build.Language
		command  bool
		says     string
	}{
		{build.C, false, "does not build a small program: clang: exit status 1\nmain.c:1:10: fatal error: 'math.h' file not found"},
		{build.C, true, "the toolchain for a command in c does not build"},
		{build.Rust, false, "cargo is too old"},
		{build.Rust, true, "cargo is too old"},
		{build.AssemblyScript, false, "asc needs another node"},
	} {
		if err := build.Ready(t.Context(), c.language, c.command); err != nil {
			t.Errorf("%s, command %v: the parts are not all there: %v", c.language, c.command, err)
		}
		if err := realtest.Ready(t.Context(), c.language, c.command); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s, command %v: %v, want %q", c.language, c.command, err, c.says)
		}
	}
}

// TestProgramStarts finds a wrapper whose program is missing, as a version manager
// leaves one.
func TestProgramStarts(t *testing.T) {
	dir := t.TempDir()
	for name, script := range map[string]string{"shim": "echo 'no version is set' >&2; exit 127", "tool": "exit 3"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	t.Setenv("VEGA_REQUIRE", "")
	if got := realtest.Program(t, "tool", "tools"); got != filepath.Join(dir, "tool") {
		t.Errorf("got %s", got)
	}
	skipped := &skipTest{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		realtest.Program(skipped, "shim", "shims")
	}()
	<-done
	if !strings.Contains(skipped.why, "no version is set") {
		t.Errorf("a wrapper without its program counts as installed: %q", skipped.why)
	}
}

// skipTest records why a test is skipped, and ends its goroutine.
type skipTest struct {
	testing.TB
	why string
}

// Skipf records the reason.
func (s *skipTest) Skipf(format string, args ...any) {
	s.why = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// Skip records the reason.
func (s *skipTest) Skip(args ...any) {
	s.why = fmt.Sprint(args...)
	runtime.Goexit()
}
