package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/syntax"
	"vega/daemon/realtest"
)

// hostile returns inputs that crash, hang or bloat an unguarded parser.
func hostile() map[string]func() string {
	const deep = 30_000
	n := strings.Repeat
	var loops, locals strings.Builder
	for i := range 7 {
		fmt.Fprintf(&loops, "[for a%d in [1,2,3,4,5,6,7,8,9] : ", i)
	}
	for i := range 26 {
		fmt.Fprintf(&locals, "  a%d = \"${a%d}${a%d}\"\n", i+1, i, i)
	}
	return map[string]func() string{
		"parentheses":             func() string { return "x = " + n("(", deep) },
		"parentheses closed":      func() string { return "x = " + n("(", deep) + n(")", deep) },
		"brackets":                func() string { return "x = " + n("[", deep) },
		"brackets mismatched":     func() string { return "x = " + n("(]", deep) },
		"templates":               func() string { return "x = " + n(`"${`, 60_000) },
		"calls":                   func() string { return "x = " + n("f(", deep) },
		"objects":                 func() string { return "x = " + n("{a=", deep) },
		"for":                     func() string { return "x = " + n("[for a in ", deep) },
		"blocks":                  func() string { return n("a {\n", deep) },
		"bangs":                   func() string { return "x = " + n("!", deep) },
		"signs":                   func() string { return "x = " + n("-", deep) },
		"signs over lines":        func() string { return "x = (" + n("-\n", deep) + "1)" },
		"signs in an object":      func() string { return "x = {for a in b :" + n("-\n", deep) + "1}" },
		"sum":                     func() string { return "x = 1" + n("+1", deep) },
		"sum over lines":          func() string { return "x = (1\n" + n("+1\n", deep) + ")" },
		"conditionals":            func() string { return "x = " + n("a?b:", deep) + "c" },
		"conditionals over lines": func() string { return "x = (" + n("a?b:\n", deep) + "c)" },
		"conditionals in for":     func() string { return "x = {for k in v : " + n("a?b:\n", deep) + "c}" },
		"conditionals and commas": func() string { return "x = [" + n("a?b:c?[1,", 30) + n("a?b,", deep) },
		"splats":                  func() string { return "x = a" + n("[*]", deep) },
		"splats over lines":       func() string { return "x = (a" + n("\n[*]", deep) + ")" },
		"namespaces":              func() string { return "x = a" + n("::a", 80_000) + "()" },
		"indices":                 func() string { return "x = a" + n("[0]", 80_000) },
		"traversal":               func() string { return "x = a" + n(".a", deep) },
		"directives":              func() string { return `x = "` + n("%{if a}", 15_000) + `"` },
		"nested for":              func() string { return "x = " + loops.String() + "1" + n("]", 7) },
		"dynamic":                 func() string { return n("dynamic \"a\" {\ncontent {\n", 18) + n("}\n}\n", 18) },
		"doubling":                func() string { return "locals {\n  a0 = \"xxxxxxxxxxxxxxxx\"\n" + locals.String() + "}\n" },
		"large exponent":          func() string { return "data_dir = 1e10000000" },
		"long number":             func() string { return "data_dir = " + n("9", 1<<20) },
		"long number in small":    func() string { return "data_dir = " + n("9", 1<<17) },
		"heredoc":                 func() string { return "x = <<-E\n" + n(" a\n", 260_000) + "E\n" },
		"heredocs":                func() string { return n("x = <<-E\n"+n(" a\n", 20_000)+"E\n", 80) },
		"heredocs within":         func() string { return n("x = <<-E\n"+n(" a\n", 990)+"E\n", 80) },
		"heredoc unclosed":        func() string { return n("x = <<E\n", deep) },
		"string":                  func() string { return `x = "` + n("a", 2<<20) },
		"string of templates":     func() string { return `x = "` + n("${a}", 20_000) + `"` },
		"tokens":                  func() string { return n("a ", 1<<21) },
		"lines":                   func() string { return n("a\n", 1<<21) },
		"attributes":              func() string { return n("a=1\n", 1<<20) },
		"list":                    func() string { return "x = [" + n("1,", 60_000) + "]" },
		"one block":               func() string { return "server {\n" + n("  port = 1\n", 100_000) + "}\n" },
		"labels":                  func() string { return "server " + n(`"a" `, 40_000) + "{}\n" },
		"comments":                func() string { return n("# a comment\n", syntax.MaxFile/12) },
		"comment":                 func() string { return "/*" + n("x", syntax.MaxFile-4) + "*/" },
		"comment unclosed":        func() string { return "/*" + n("\n", syntax.MaxFile-4) },
		"comments open":           func() string { return n("/*", syntax.MaxFile/2) },
		"too large":               func() string { return n(" ", syntax.MaxFile+1) },
		"binary":                  func() string { return n("\x00\xff\xfe\x80", deep) },
		"invalid UTF-8":           func() string { return "data_dir = \"\xff\"" },
		"NUL":                     func() string { return "data_dir = \"\x00\"" },
		"backticks":               func() string { return n("`", deep) },
		"semicolons":              func() string { return n(";", deep) },
		"quotes":                  func() string { return n("\"\n", deep) },
		"symbols":                 func() string { return n("€", 80_000) },
		"CR":                      func() string { return n("\r", deep) },
		"closers":                 func() string { return n("}\n", deep) },
		"map keys":                func() string { return "x = {" + n("(a) = 1,", 30_000) + "}" },
		"references in a circle":  func() string { return "llm {\n  base_url = llm.model_name\n  model_name = llm.base_url\n}\n" },
		"JSON":                    func() string { return n("[", 1<<20) },
	}
}

const hostileVariable = "VEGA_HOSTILE_CONFIG"

// The limits for reading a hostile input: CPU time, which does not depend on
// how busy the machine is, and memory of the whole process.
const (
	hostileTime   = time.Second
	hostileMemory = 200 << 20
)

// TestHostile reads each input in a separate process, which must finish
// quickly, use little memory, and report an error for all inputs except
// comments.
func TestHostile(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	inputs := hostile()
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestHostileChild$", "-test.count=1")
			cmd.Env = append(os.Environ(), hostileVariable+"="+name)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			held := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
			if !raceEnabled && (took > 5*hostileTime || held > hostileMemory) {
				t.Errorf("it took %v and %d MB", took, held>>20)
			}
			said, _, _ := strings.Cut(string(out), "\n")
			fmt.Fprintf(&table, "%-24s %9d bytes  %6.0f ms  %4d MB  %s\n", name, len(inputs[name]()), took.Seconds()*1000, held>>20, said)
		})
	}
	t.Logf("\n%s", table.String())
}

// TestHostileChild reads one input, in the child process of TestHostile.
func TestHostileChild(t *testing.T) {
	name, ok := os.LookupEnv(hostileVariable)
	if !ok {
		return // it is for the child process of TestHostile
	}
	c, ds := load(t, hostile()[name](), Options{Scan: noPlugins})
	shownText(t, ds)
	harmless := strings.HasPrefix(name, "comment") || name == "CR"
	if !harmless && !ds.HasErrors() || (c == nil) != ds.HasErrors() {
		t.Errorf("config %v, errors %v", c != nil, ds.HasErrors())
	}
	if len(ds) > 0 {
		fmt.Printf("%s %.90s\n", ds[0].Code, ds[0].Detail)
	}
}

// TestHostileFiles checks that files that are not regular are refused quickly.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		realtest.Missing(t, "a pipe can't be made here: "+err.Error())
	}
	for _, link := range [][2]string{{"a", "b"}, {"b", "a"}} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "locked"), []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	paths := []string{dir, "/dev/zero", "/dev/stdin", filepath.Join(dir, "fifo"), filepath.Join(dir, "a"), filepath.Join(dir, "fifo", "x"), "", "a\x00b", strings.Repeat("x", 5000)}
	if os.Getuid() != 0 {
		paths = append(paths, filepath.Join(dir, "locked"))
	}
	for _, path := range paths {
		began := time.Now()
		c, ds := Load(path, Options{Scan: noPlugins})
		if c != nil || len(ds) != 1 || ds[0].Code != diag.Unreadable || time.Since(began) > realtest.Patience {
			t.Errorf("%q: %s", path, shownText(t, ds))
		}
	}
	for _, path := range []string{dir, "/dev/zero", filepath.Join(dir, "fifo")} {
		if _, ds := load(t, fmt.Sprintf("data_dir = file(%q)", path), Options{Scan: noPlugins}); len(ds) != 1 || ds[0].Code != diag.FileUnreadable {
			t.Errorf("file(%q): %s", path, shownText(t, ds))
		}
	}
}

// TestWidePattern checks that a pattern of include that matches too much is refused
// before all of it was looked at.
func TestWidePattern(t *testing.T) {
	dir := t.TempDir()
	for n := range 40 {
		if err := os.Symlink(".", filepath.Join(dir, fmt.Sprintf("again%d", n))); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]diag.Code{"*/*/*/*/*/*/*/*/*/*.hcl": diag.TooMuch, "*/*.hcl": diag.NoMatch, "again1/again2/*": diag.NoMatch} {
		c, ds := load(t, fmt.Sprintf("include = [%q]", filepath.Join(dir, pattern)), Options{Scan: noPlugins})
		if len(ds) != 1 || ds[0].Code != want || (c == nil) != (want == diag.TooMuch) {
			t.Errorf("%s: %s", pattern, shownText(t, ds))
		}
	}
}

// TestHostileFileNames checks that a diagnostic shows no character of a file's name that
// is invisible or moves the cursor.
func TestHostileFileNames(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.hcl")
	if err := errors.Join(os.WriteFile(path, []byte("include = [\"*b.hcl\"]\n"), 0o600), os.WriteFile(filepath.Join(dir, "a\x1b[31m\n\u202eb.hcl"), []byte("data_dir = data_dir\nlog {\n}\nlog {\n}\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	_, ds := Load(path, Options{Scan: noPlugins})
	text := shownText(t, ds)
	if len(ds) != 2 || strings.ContainsAny(text, "\x1b\u202e") || strings.Count(text, "a·[31m··b.hcl:") < 3 {
		t.Error(text)
	}
}
