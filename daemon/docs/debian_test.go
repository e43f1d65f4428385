package docs

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// TestPagesInDebian runs the commands of the pages that need a fresh Debian, each
// in its own, as root and without a network. .ci/slices/pages makes what it needs
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
			t.Logf("%s: not run here, because VEGA_PAGES_ROOT and VEGA_PAGES_RELEASE are not set: %d commands, which bash .ci/long pages runs", p.name, p.commands())
			continue
		}
		t.Run(strings.TrimSuffix(p.name, ".md"), func(t *testing.T) { inDebian(t, p, root, release) })
	}
}

// inDebian runs a page in a Debian of its own.
func inDebian(t *testing.T, p page, root, release string) {
	bwrap := realtest.Program(t, "bwrap", "bubblewrap")
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can install a package; run the test as root")
	}
	dir, keep := t.TempDir(), t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "tar", "-C", dir, "--numeric-owner", "-xpf", root, "--exclude=./dev/*").CombinedOutput(); err != nil {
		t.Fatalf("unpack %s: %v\n%s", root, err, out)
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the root directory of a Debian
		t.Fatal(err)
	}
	r := &runner{page: p, dir: dir, keep: keep, ports: func(text string) string { return text }}
	r.inside = func(ctx context.Context, script string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, bwrap, "--bind", dir, "/", "--dev", "/dev", "--proc", "/proc", "--ro-bind", "/sys", "/sys",
			"--bind", keep, keep, "--ro-bind", release, "/release", "--ro-bind", standIns(t, "bin"), "/stand-ins",
			"--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", "debian", "--die-with-parent", "--cap-add", "ALL",
			"--chdir", "/root", "bash", "-c", script)
		cmd.Env = []string{"PATH=/stand-ins:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC", "DEBIAN_FRONTEND=noninteractive"}
		return cmd
	}
	follow(t, r)
}
