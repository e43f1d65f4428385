package realtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Missing skips the test because the machine lacks something. If VEGA_REQUIRE=1 is
// set, which promises that nothing is missing, it fails the test instead.
func Missing(t Skipper, what string) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	if os.Getenv("VEGA_REQUIRE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// Skipper is a test or a testscript.
type Skipper interface {
	Skip(args ...any)
	Fatal(args ...any)
}

// Program returns the path of an installed program. install is the name of the
// distribution package that contains it.
// It skips the test if the program does not start, as a wrapper without the program
// that it wraps does not.
func Program(t testing.TB, name, install string) string {
	t.Helper()
	path := programs(t, install, name)[0]
	if why := starts(t.Context(), path); path != "" && why != "" {
		Missing(t, fmt.Sprintf("%s does not start: %s; run apt-get install %s", path, why, install))
	}
	return path
}

// starts returns why a program does not start, or "". A program that starts may
// refuse the flag --version, with another exit code than a shell's for a program that
// it can't find (127) or run (126).
func starts(ctx context.Context, path string) (why string) {
	out, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	exit, ran := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil || ran && exit.ExitCode() != 126 && exit.ExitCode() != 127:
		return ""
	case ran:
		return fmt.Sprintf("%v: %s", err, strings.TrimSpace(string(out)))
	default:
		return err.Error()
	}
}

// programs returns the paths of programs that belong to the same installation. It
// requires them to be in the same directory, which excludes wrappers and programs of
// other installations.
func programs(t testing.TB, install string, names ...string) (paths []string) {
	t.Helper()
	lacks := names
	for _, dir := range places() {
		if without := absent(dir, names); len(without) < len(lacks) {
			lacks = without
		}
		if len(lacks) == 0 {
			for _, name := range names {
				paths = append(paths, filepath.Join(dir, name))
			}
			return paths
		}
	}
	Missing(t, fmt.Sprintf("%s is not installed; run apt-get install %s", strings.Join(lacks, ", "), install))
	return make([]string, len(names))
}

// places returns the directories in PATH, and the adjacent ones in which
// distributions install servers. It returns no others, so PATH alone determines
// which programs a test can use.
func places() []string {
	dirs := filepath.SplitList(os.Getenv("PATH"))
	all := slices.Clone(dirs)
	for _, dir := range dirs {
		for _, place := range []string{"sbin", "libexec", "lib/postgresql/*/bin"} {
			found, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), place)) // the patterns are well formed
			slices.Reverse(found)                                              // newest first
			all = append(all, found...)
		}
	}
	return all
}

// absent returns the programs that a directory lacks.
func absent(dir string, names []string) (lacks []string) {
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			lacks = append(lacks, name)
		}
	}
	return lacks
}
