// Package shipped holds the files for Prometheus and Grafana that come with vega: alert
// rules and dashboards. Its tests evaluate them with what a running vega exports.
package shipped

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vega/daemon/realtest"
)

// rule is an alert in rules.yml.
type rule struct {
	name, expr, runbook string
	text                string // of its expr, as in the file
}

var (
	oneRule = regexp.MustCompile(`(?ms)^      - alert: (\w+)\n(.*?)(?:\n\n|\z)`)
	ruleKey = regexp.MustCompile(`(?m)^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)`)
	runbook = regexp.MustCompile(`(?m)^ {10}runbook: (\S+)$`)
)

// rules returns the alerts in rules.yml.
func rules(t *testing.T) (all []rule) {
	t.Helper()
	text := read(t, "rules.yml")
	for _, m := range oneRule.FindAllStringSubmatch(text, -1) {
		expr, book := ruleKey.FindStringSubmatch(m[2]+"\n"), runbook.FindStringSubmatch(m[2])
		if expr == nil || book == nil {
			t.Fatalf("%s has no expr or no runbook", m[1])
		}
		all = append(all, rule{m[1], strings.Join(strings.Fields(expr[1]+expr[2]), " "), book[1], expr[0]})
	}
	if len(all) != strings.Count(text, "alert: ") || len(all) == 0 {
		t.Fatalf("found %d of %d rules", len(all), strings.Count(text, "alert: "))
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// promtool runs promtool in a directory.
func promtool(t *testing.T, dir, input string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), realtest.Program(t, "promtool", "prometheus"), args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	err = cmd.Run()
	return b.String(), err
}

// TestPromtoolAcceptsTheRules checks the rules, and each by its tests in rules_test.yml.
func TestPromtoolAcceptsTheRules(t *testing.T) {
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"test", "rules", "rules_test.yml"}} {
		out, err := promtool(t, ".", "", args...)
		if err != nil {
			t.Errorf("promtool %s: %v", strings.Join(args, " "), err)
		}
		t.Logf("promtool %s: %s", strings.Join(args, " "), strings.Join(strings.Fields(out), " "))
	}
}

// TestRulesAreTestedBothWays checks that a test of each rule expects it to be quiet, and
// that another one fails if it never fires.
func TestRulesAreTestedBothWays(t *testing.T) {
	text, tests := read(t, "rules.yml"), read(t, "rules_test.yml")
	for _, r := range rules(t) {
		if !regexp.MustCompile(`alertname: ` + r.name + `\n +eval_time: \S+\n(?: +- alertname|\n|$)`).MatchString(tests) {
			t.Errorf("no test expects that %s is quiet", r.name)
		}
		dir := t.TempDir()
		changed := strings.Replace(text, r.text, "        expr: vector(1) > 2\n", 1)
		for name, content := range map[string]string{"rules.yml": changed, "rules_test.yml": tests} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := promtool(t, dir, "", "test", "rules", "rules_test.yml"); err == nil || !strings.Contains(out, "alertname: "+r.name) {
			t.Errorf("%s never fires, and no test notices: %s", r.name, out)
		}
	}
}

// TestEachRuleHasARunbook checks that the section that an alert names exists.
func TestEachRuleHasARunbook(t *testing.T) {
	all := rules(t)
	names := make([]string, len(all))
	for n, r := range all {
		names[n] = r.name
		path, anchor, _ := strings.Cut(r.runbook, "#")
		if anchor != strings.ToLower(r.name) {
			t.Errorf("%s has the runbook %s", r.name, r.runbook)
		}
		if text := read(t, filepath.Join("..", "..", "..", path)); !slices.Contains(strings.Split(text, "\n"), "### "+r.name) {
			t.Errorf("%s has no section %s", path, r.name)
		}
	}
	slices.Sort(names)
	if len(slices.Compact(names)) != len(all) {
		t.Error("two rules have the same name")
	}
}
