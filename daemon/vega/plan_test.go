package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/vega/cli"
)

// TestPlanOfRunningDaemon checks the plan for a changed file, and that plan
// refuses to compare the running file with another one.
func TestPlanOfRunningDaemon(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one := "watch = false\n" + bound("keep") + bound("change") + bound("drop")
	write(t, dir, "vega.hcl", one)
	vega := serveWith(t, dir, os.Environ())
	ask := func(in string, want int, args ...string) string {
		t.Helper()
		cmd := command(t, in, append([]string{"plan"}, args...)...)
		cmd.Env = append(os.Environ(), "VEGA_API_KEY="+vega.key)
		out, _ := cmd.CombinedOutput() // the exit code is checked
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Errorf("%v: exit %d, want %d: %s", args, code, want, out)
		}
		return string(out)
	}
	if got := ask(dir, 0, "--server", vega.url, "--detailed-exitcode"); got != "Nothing would change.\n" {
		t.Errorf("%q", got)
	}
	two := strings.Replace(strings.Replace(one, bound("drop"), bound("new"), 1), bound("change"), strings.Replace(bound("change"), `"0s"`, `"1h"`, 1), 1)
	write(t, dir, "vega.hcl", two)
	got := ask(dir, cli.ExitChanges, "--server", vega.url, "--detailed-exitcode")
	for _, part := range []string{"~ integration.change\n    interval: 0s → 1h\n", "- integration.drop\n", "+ integration.new\n", "Integrations: 1 to add, 1 to change, 0 to restart, 1 to remove, 1 kept."} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in\n%s", part, got)
		}
	}
	write(t, dir, "vega.hcl", "serverr {\n}\n")
	if got := ask(dir, cli.ExitError, "--server", vega.url); !strings.Contains(got, "error[VEGA007]") {
		t.Errorf("%q", got)
	}
	write(t, dir, "vega.hcl", one)

	at, err := url.Parse(vega.url)
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	write(t, other, "vega.hcl", "data_dir = \""+filepath.Join(dir, ".vega")+"\"\nserver {\n  port = "+at.Port()+"\n}\n")
	if got := ask(other, cli.ExitUsage); !strings.Contains(got, filepath.Join(dir, "vega.hcl")+", not "+filepath.Join(other, "vega.hcl")) || !strings.Contains(got, "--against") {
		t.Errorf("%q", got)
	}
	vega.key = strings.Repeat("0", 32)
	if got := ask(dir, cli.ExitUsage, "--server", vega.url); !strings.Contains(got, "does not accept this API key") {
		t.Errorf("%q", got)
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}
