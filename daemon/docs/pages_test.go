// Package docs holds the pages for operators. Its tests run every command in them.
package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// TestPages runs the commands of every page that any user can follow on any
// machine. With -v it lists them.
func TestPages(t *testing.T) {
	for _, p := range pages(t) {
		if p.where != "host" {
			continue
		}
		t.Run(strings.TrimSuffix(p.name, ".md"), func(t *testing.T) {
			t.Parallel()
			onHost(t, p)
		})
	}
}

// pages returns all pages.
func pages(t *testing.T) (all []page) {
	t.Helper()
	realtest.Program(t, "bash", "bash")
	names, err := filepath.Glob("*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("no pages", err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := parse(t.Context(), name, string(text))
		if err != nil {
			t.Error(err)
			continue
		}
		all = append(all, p)
	}
	return all
}

// onHost runs a page in a fresh directory.
func onHost(t *testing.T, p page) {
	for _, program := range []string{"curl", "python3", "openssl"} {
		realtest.Program(t, program, program)
	}
	if p.name == "prometheus.md" {
		realtest.Program(t, "prometheus", "prometheus")
		realtest.Program(t, "promtool", "prometheus")
	}
	bin, dir, keep, home := realtest.Vega(t, temporary), t.TempDir(), t.TempDir(), t.TempDir()
	r := &runner{page: p, dir: dir, keep: keep, ports: onFreePorts(p, func() string { return realtest.FreePort(t) })}
	source, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	path := []string{standIns(t, "host"), standIns(t, "bin"), filepath.Dir(bin), os.Getenv("PATH")}
	r.inside = func(ctx context.Context, script string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "bash", "-c", script)
		cmd.Dir = dir
		cmd.Env = append(goEnv(t),
			"PATH="+strings.Join(path, ":"), "HOME="+home, "TMPDIR="+home, "LC_ALL=C.UTF-8", "TZ=UTC",
			"VEGA_PAGE_PROGRAM="+bin, "VEGA_PAGE_PORT="+r.ports("8000"), "VEGA_PAGE_SOURCE="+source)
		return cmd
	}
	follow(t, r)
}

// goEnv returns the variables with which a page's Go finds what it compiled before,
// and downloads nothing.
func goEnv(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE").Output()
	paths := strings.Fields(string(out))
	if err != nil || len(paths) != 2 {
		t.Fatalf("go env: %v: %q", err, out)
	}
	return []string{"GOCACHE=" + paths[0], "GOMODCACHE=" + paths[1], "GOPROXY=off", "GOTOOLCHAIN=local"}
}

// standIns returns a directory of programs that stand in for others.
func standIns(t *testing.T, name string) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// follow runs a page and lists its commands.
func follow(t *testing.T, r *runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*realtest.Patience)
	defer cancel()
	began := time.Now()
	err := r.run(ctx)
	list(t, r.page, r.reached())
	t.Logf("%s: %d commands in %.1f s", r.page.name, r.page.commands(), time.Since(began).Seconds())
	if err != nil {
		t.Error(err)
	}
}

// list lists the commands among the first n steps of a page.
func list(t *testing.T, p page, n int) {
	t.Helper()
	for _, s := range p.steps[:n] {
		if s.kind == command {
			t.Logf("%s:%d $ %s", p.name, s.line, strings.ReplaceAll(s.text, "\n", "\n    "))
		}
	}
}

// commands returns the number of commands of a page.
func (p page) commands() (n int) {
	for _, s := range p.steps {
		if s.kind == command {
			n++
		}
	}
	return n
}

// temporary is the directory of the program.
var temporary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "vega-pages-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		temporary = dir
		return m.Run()
	}())
}
