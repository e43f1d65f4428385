package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vega/daemon/config/diag"
	"vega/daemon/vega/cli"
)

// place is the part of a diagnostic that every output has.
type place struct {
	code         string
	line, column int
}

// TestSameDiagnosticsEverywhere checks that all ways to read a configuration
// report the same diagnostics: the command in each format, a running daemon, its
// reload, and a start that fails.
func TestSameDiagnosticsEverywhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "watch = false\n")
	env := append(os.Environ(), "APP_DSN=postgres://app:a-long-password@10.0.0.7/app")
	vega := serveWith(t, dir, env)
	many, err := os.ReadFile("../config/testdata/many.hcl")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega.hcl", string(many))
	asked := func(args ...string) string {
		t.Helper()
		cmd := command(t, dir, args...)
		cmd.Env = env
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err == nil || !asExit(err, &exit) || exit.ExitCode() != cli.ExitError {
			t.Errorf("%s: %v", strings.Join(args, " "), err)
		}
		return string(out)
	}

	var answer struct{ Diagnostics diag.Diagnostics }
	text := asked("validate", "config", "--format", "json")
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatal(err)
	}
	want := answer.Diagnostics
	if len(want) < 40 {
		t.Fatalf("%d diagnostics", len(want))
	}
	var places []place
	for _, d := range want {
		places = append(places, place{string(d.Code), d.Range.Start.Line, d.Range.Start.Column})
	}
	for how, got := range map[string][]place{
		"text":   inText(asked("validate", "config")),
		"start":  inText(asked("serve")),
		"SARIF":  inSARIF(t, asked("validate", "config", "--format", "sarif")),
		"GitHub": inGitHub(asked("validate", "config", "--format", "github")),
	} {
		if !slices.EqualFunc(got, places, func(a, b place) bool { return a == b || how == "GitHub" && a == place{b.code, b.line, 0} }) {
			t.Errorf("%s: %v\nwant %v", how, got, places)
		}
	}
	for _, ask := range [][2]string{{"GET", "/admin/config/validate"}, {"POST", "/admin/config/reload"}} {
		_, body, err := vega.send(ask[0], ask[1])
		answer.Diagnostics = nil
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Error(err)
		}
		for i, d := range answer.Diagnostics {
			answer.Diagnostics[i].Range.Filename = strings.TrimPrefix(d.Range.Filename, dir+string(filepath.Separator))
		}
		if err != nil || !slices.EqualFunc(answer.Diagnostics, want, diag.Diagnostic.Same) {
			t.Errorf("%s: %v: %s", ask[1], err, body)
		}
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
	t.Logf("%d diagnostics, the same as text, JSON, SARIF, GitHub annotations, over HTTP, at a reload and at a start", len(want))
}

func asExit(err error, exit **exec.ExitError) (ok bool) {
	*exit, ok = err.(*exec.ExitError) //nolint:errorlint // it is not wrapped
	return ok
}

var (
	headLine    = regexp.MustCompile(`(?m)^(?:error|warning)\[(VEGA\d+)\].*\n +--> vega\.hcl:(\d+):(\d+)$`)
	commandLine = regexp.MustCompile(`(?m)^::(?:error|warning) file=vega\.hcl,line=(\d+),(?:col=(\d+),)?.*?(VEGA\d+)`)
)

func inText(text string) (all []place) {
	for _, m := range headLine.FindAllStringSubmatch(text, -1) {
		all = append(all, place{m[1], number(m[2]), number(m[3])})
	}
	return all
}

// inGitHub returns 0 as the column of a range of several lines, for which GitHub
// accepts no column.
func inGitHub(text string) (all []place) {
	for _, m := range commandLine.FindAllStringSubmatch(text, -1) {
		all = append(all, place{m[3], number(m[1]), number(m[2])})
	}
	return all
}

func inSARIF(t *testing.T, text string) (all []place) {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct {
						Region struct{ StartLine, StartColumn int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation.Region
		all = append(all, place{r.RuleID, at.StartLine, at.StartColumn})
	}
	return all
}

func number(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(fmt.Sprintf("%q matched as a number", s))
	}
	return n
}
