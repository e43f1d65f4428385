package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/plugins/build"
	"vega/plugins/examples"
)

// sources names the file that the tutorial edits, by language.
var sources = map[build.Language]string{build.Go: "main.go", build.C: "main.c", build.Rust: "src/lib.rs", build.AssemblyScript: "assembly/index.ts"}

// TestTutorial runs every command of the tutorial in sdk/README.md, in every
// language, in an empty directory.
func TestTutorial(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../sdk/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for _, part := range strings.Split(string(text), "\n```sh\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		blocks = append(blocks, block)
	}
	if len(blocks) < 5 {
		t.Fatalf("the tutorial has %d blocks of commands", len(blocks))
	}
	languages := examples.Languages()
	if race { // with -race, compiling a Go module takes half a minute
		languages = []build.Language{build.C}
	}
	for _, l := range languages {
		t.Run(string(l), func(t *testing.T) { runTutorial(t, l, blocks) })
	}
}

func runTutorial(t *testing.T, l build.Language, blocks []string) {
	for _, tool := range [][2]string{{"bash", "bash"}, {"curl", "curl"}, {"python3", "python3"}, {"sed", "sed"}, {"date", "coreutils"}} {
		realtest.Program(t, tool[0], tool[1])
	}
	realtest.Toolchain(t, l, false)
	source, ok := sources[l]
	if !ok {
		t.Fatalf("no file to edit for %s", l)
	}
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "vega")); err != nil {
		t.Fatal(err)
	}
	if err := compiled.Core(filepath.Join(dir, ".vega")); err != nil {
		t.Fatal(err)
	}
	theirs := strings.NewReplacer("--lang go", "--lang "+string(l), "stock/main.go", "stock/"+source, "8080", realtest.FreePort(t), "8000", realtest.FreePort(t))
	script := "set -euo pipefail\n"
	for _, b := range blocks {
		script += "now=$(date +%s%N)\n" + theirs.Replace(b) + "\necho \"TOOK $(( ($(date +%s%N) - now) / 1000000 ))\"\n"
		if strings.Contains(b, "vega plugin new") {
			// The integration of the new project has the port of the tutorial.
			script += "sed -i s/:80''80/:" + theirs.Replace("8080") + "/ vega.hcl\n"
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "HOME="+t.TempDir(), "GOFLAGS=", "GOPATH="+goPath(t), "GOCACHE="+goCache(t))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A background process would keep a pipe open.
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	err = cmd.Run()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	for range 500 { // they write to the directory, which is removed next
		if syscall.Kill(-cmd.Process.Pid, 0) != nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	out, _ := os.ReadFile(log.Name())
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var took []string
	for line := range strings.Lines(string(out)) {
		if ms, ok := strings.CutPrefix(line, "TOOK "); ok {
			took = append(took, strings.TrimSpace(ms)+" ms")
		}
	}
	t.Logf("%s: %s", l, strings.Join(took, ", "))
	if !strings.Contains(string(out), "The run needs no grant block") || !strings.Contains(string(out), "7 jobs are waiting at") {
		t.Errorf("the output differs from the tutorial:\n%s", out)
	}
}

func goPath(t *testing.T) string  { return goEnv(t, "GOPATH") }
func goCache(t *testing.T) string { return goEnv(t, "GOCACHE") }

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), realtest.Program(t, "go", "golang"), "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
