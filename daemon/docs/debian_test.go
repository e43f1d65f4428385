package docs

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// TestPagesInDebian runs the commands of the pages that need a fresh Debian, each
// in its own, as root, with systemd and without a network. .ci/slices/pages makes what it needs
// and names it in two variables:
//
//   - VEGA_PAGES_ROOT, the tar file of a root directory
//   - VEGA_PAGES_RELEASE, the directory of a release, which a page sees as /release
//
// Without them it only lists these pages.
func TestPagesInDebian(t *testing.T) {
	root, release := os.Getenv("VEGA_PAGES_ROOT"), os.Getenv("VEGA_PAGES_RELEASE")
	for _, p := range pages(t) {
		if p.where != "debian" {
			continue
		}
		if root == "" || release == "" {
			t.Logf("%s: not run here, because VEGA_PAGES_ROOT and VEGA_PAGES_RELEASE are not set: %d commands, which bash .ci/long pages runs:", p.name, p.commands())
			list(t, p, len(p.steps))
			continue
		}
		t.Run(strings.TrimSuffix(p.name, ".md"), func(t *testing.T) { inDebian(t, p, root, release) })
	}
}

// inDebian runs a page in a Debian of its own, whose systemd runs.
func inDebian(t *testing.T, p page, root, release string) {
	tool := filepath.Join("..", "..", ".ci", "debian")
	if why, err := exec.CommandContext(t.Context(), "bash", tool, "can").CombinedOutput(); err != nil {
		realtest.Missing(t, "no Debian can be booted here: "+strings.TrimSpace(string(why)))
	}
	dir, keep := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "--numeric-owner", "-xpf", root).CombinedOutput(); err != nil {
		t.Fatalf("unpack %s: %v\n%s", root, err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the root directory of a Debian
		t.Fatal(err)
	}
	boot := exec.Command("bash", tool, "boot", dir, "--bind="+keep, "--bind-ro="+release+":/release", "--bind-ro="+standIns(t, "bin")+":/stand-ins")
	if err := boot.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("bash", tool, "stop", dir).CombinedOutput(); err != nil {
			t.Errorf("stop Debian: %v\n%s", err, out)
		}
		_ = boot.Wait() // how it ended does not matter any longer
	})
	r := &runner{page: p, dir: dir, keep: keep, ports: func(text string) string { return text }}
	r.inside = func(ctx context.Context, script string) *exec.Cmd {
		return exec.CommandContext(ctx, "bash", tool, "run", dir, "env", "PATH=/stand-ins:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TZ=UTC", "bash", "-c", script)
	}
	follow(t, r)
}
