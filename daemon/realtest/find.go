package realtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/plugins/build"
)

// Missing skips the test because the machine lacks something. If VEGA_REQUIRE=1
// promises that nothing is missing, the test fails.
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

// Program returns the path of an installed program. install is the distribution's
// package for it.
func Program(t testing.TB, name, install string) string {
	t.Helper()
	return programs(t, install, name)[0]
}

// programs returns the paths of programs of one installation: they are in the same
// directory, so that wrappers and parts of other installations are not mixed in.
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
	Missing(t, fmt.Sprintf("%s is not installed: apt-get install %s", strings.Join(lacks, ", "), install))
	return make([]string, len(names))
}

// places returns the directories of PATH, and next to them those in which
// distributions install servers, which are not in a user's PATH. Other places are
// not searched, so that PATH alone determines what a test can use.
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

// Toolchain skips the test unless the whole toolchain that builds probes, or with
// command WASI commands, in a language is installed.
func Toolchain(t testing.TB, l build.Language, command bool) {
	t.Helper()
	if err := build.Ready(t.Context(), l, command); err != nil {
		Missing(t, err.Error())
	}
}
