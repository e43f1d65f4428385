package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hostile are inputs that kill, hang or bloat a parser that is not guarded.
func hostile() map[string]string {
	const deep = 30_000
	n := strings.Repeat
	var loops, locals strings.Builder
	for i := range 7 {
		fmt.Fprintf(&loops, "[for a%d in [1,2,3,4,5,6,7,8,9] : ", i)
	}
	for i := range 26 {
		fmt.Fprintf(&locals, "  a%d = \"${a%d}${a%d}\"\n", i+1, i, i)
	}
	return map[string]string{
		"parentheses":             "x = " + n("(", deep),
		"parentheses closed":      "x = " + n("(", deep) + n(")", deep),
		"brackets":                "x = " + n("[", deep),
		"brackets mismatched":     "x = " + n("(]", deep),
		"templates":               "x = " + n(`"${`, 60_000),
		"calls":                   "x = " + n("f(", deep),
		"objects":                 "x = " + n("{a=", deep),
		"for":                     "x = " + n("[for a in ", deep),
		"blocks":                  n("a {\n", deep),
		"bangs":                   "x = " + n("!", deep),
		"signs":                   "x = " + n("-", deep),
		"signs over lines":        "x = (" + n("-\n", deep) + "1)",
		"signs in an object":      "x = {for a in b :" + n("-\n", deep) + "1}",
		"sum":                     "x = 1" + n("+1", deep),
		"sum over lines":          "x = (1\n" + n("+1\n", deep) + ")",
		"conditionals":            "x = " + n("a?b:", deep) + "c",
		"conditionals over lines": "x = (" + n("a?b:\n", deep) + "c)",
		"conditionals in for":     "x = {for k in v : " + n("a?b:\n", deep) + "c}",
		"conditionals and commas": "x = [" + n("a?b:c?[1,", 30) + n("a?b,", deep),
		"splats":                  "x = a" + n("[*]", deep),
		"splats over lines":       "x = (a" + n("\n[*]", deep) + ")",
		"namespaces":              "x = a" + n("::a", 80_000) + "()",
		"indices":                 "x = a" + n("[0]", 80_000),
		"traversal":               "x = a" + n(".a", deep),
		"directives":              `x = "` + n("%{if a}", 15_000) + `"`,
		"nested for":              "x = " + loops.String() + "1" + n("]", 7),
		"dynamic":                 n("dynamic \"a\" {\ncontent {\n", 18) + n("}\n}\n", 18),
		"doubling":                "locals {\n  a0 = \"xxxxxxxxxxxxxxxx\"\n" + locals.String() + "}\n",
		"large exponent":          "data_dir = 1e10000000",
		"long number":             "data_dir = " + n("9", 1<<20),
		"long number in small":    "data_dir = " + n("9", 1<<17),
		"heredoc":                 "x = <<-E\n" + n(" a\n", 260_000) + "E\n",
		"heredocs":                n("x = <<-E\n"+n(" a\n", 20_000)+"E\n", 40),
		"heredoc unclosed":        n("x = <<E\n", deep),
		"string":                  `x = "` + n("a", 2<<20),
		"string of templates":     `x = "` + n("${a}", 20_000) + `"`,
		"tokens":                  n("a ", 1<<21),
		"lines":                   n("a\n", 1<<21),
		"attributes":              n("a=1\n", 1<<20),
		"list":                    "x = [" + n("1,", 60_000) + "]",
		"one block":               "server {\n" + n("  port = 1\n", 100_000) + "}\n",
		"labels":                  "server " + n(`"a" `, 40_000) + "{}\n",
		"comments":                n("# a comment\n", MaxFile/12),
		"comment":                 "/*" + n("x", MaxFile-4) + "*/",
		"comment unclosed":        "/*" + n("\n", MaxFile-4),
		"comments open":           n("/*", MaxFile/2),
		"too large":               n(" ", MaxFile+1),
		"binary":                  n("\x00\xff\xfe\x80", deep),
		"invalid UTF-8":           "data_dir = \"\xff\"",
		"NUL":                     "data_dir = \"\x00\"",
		"backticks":               n("`", deep),
		"semicolons":              n(";", deep),
		"quotes":                  n("\"\n", deep),
		"symbols":                 n("€", 80_000),
		"CR":                      n("\r", deep),
		"closers":                 n("}\n", deep),
		"map keys":                "x = {" + n("(a) = 1,", 30_000) + "}",
		"references in a circle":  "llm {\n  base_url = llm.model_name\n  model_name = llm.base_url\n}\n",
		"JSON":                    n("[", 1<<20),
	}
}

// TestHostile: each ends soon, without a panic; all but comments with an error.
func TestHostile(t *testing.T) {
	limit := 2 * time.Second // of processor time: a busy machine is no fault of the input
	if raceEnabled {
		limit = 20 * time.Second
	}
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			began := spent(t)
			c, ds := load(t, src, Options{Scan: noPlugins})
			shownText(t, ds)
			if took := spent(t) - began; took > limit {
				t.Errorf("took %v", took)
			}
			harmless := strings.HasPrefix(name, "comment") || name == "CR"
			if !harmless && !ds.HasErrors() || (c == nil) != ds.HasErrors() {
				t.Errorf("config %v, errors %v", c != nil, ds.HasErrors())
			}
			if m, ds := LoadManifest(filepath.Join(t.TempDir(), "absent")); m != nil || !ds.HasErrors() {
				t.Error("a manifest out of nothing")
			}
		})
	}
}

// spent is the processor time of this process.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestHostileFiles: what is no regular file is not opened, or not for long.
func TestHostileFiles(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o600); err != nil {
		t.Skip(err)
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
		if c != nil || len(ds) != 1 || ds[0].Code != Unreadable || time.Since(began) > time.Second {
			t.Errorf("%q: %s", path, shownText(t, ds))
		}
	}
	for _, path := range []string{dir, "/dev/zero", filepath.Join(dir, "fifo")} {
		if _, ds := load(t, fmt.Sprintf("data_dir = file(%q)", path), Options{Scan: noPlugins}); len(ds) != 1 || ds[0].Code != FileUnreadable {
			t.Errorf("file(%q): %s", path, shownText(t, ds))
		}
	}
}
