package docs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// runner runs the steps of a page in one bash.
type runner struct {
	page page
	dir  string // the directory in which the reader begins
	keep string // the directory for the commands and their output

	inside func(ctx context.Context, script string) *exec.Cmd // runs a script with bash
	ports  func(text string) string                           // puts this test's ports in the place of those of the page
}

// run runs the page and returns what failed, with the page and line, the command
// and its output. A failed command ends the page; a sample that differs does not.
func (r *runner) run(ctx context.Context) error {
	script, err := r.script()
	if err != nil {
		return err
	}
	cmd := r.inside(ctx, script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	outside, err := os.Create(filepath.Join(r.keep, "outside"))
	if err != nil {
		return err
	}
	defer func() { _ = outside.Close() }()
	cmd.Stdout, cmd.Stderr = outside, outside // files, so that nothing waits for a program in the background
	err = cmd.Run()
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), err)
	}
	return r.judge(err)
}

// script writes the steps to files and returns the script that runs them.
func (r *runner) script() (string, error) {
	var b strings.Builder
	b.WriteString("set -euo pipefail\n")
	for i, s := range r.page.steps {
		if err := os.WriteFile(r.path(i, "sh"), []byte(r.ports(s.text)), 0o600); err != nil {
			return "", err
		}
		file, output := quote(r.path(i, "sh")), quote(r.path(i, "out"))
		fmt.Fprintf(&b, "echo %d >%s\n", i, quote(filepath.Join(r.keep, "at")))
		switch {
		case s.kind == write:
			fmt.Fprintf(&b, "cat %s >%s\n", file, quote(s.file))
		case s.kind == add:
			fmt.Fprintf(&b, "{ echo; cat %s; } >>%s\n", file, quote(s.file))
		case s.background:
			fmt.Fprintf(&b, ". %s >%s 2>&1 </dev/null &\n", file, output)
		case s.exit == anyExit:
			fmt.Fprintf(&b, "{ . %s; } >%s 2>&1 </dev/null || true\n", file, output)
		case s.exit > 0:
			fmt.Fprintf(&b, "{ . %s; } >%s 2>&1 </dev/null && code=0 || code=$?\n[ $code = %d ] || { echo \"exit code $code instead of %d\"; exit 1; }\n", file, output, s.exit, s.exit)
		default:
			fmt.Fprintf(&b, ". %s >%s 2>&1 </dev/null\n", file, output)
		}
	}
	fmt.Fprintf(&b, "echo %d >%s\n", len(r.page.steps), quote(filepath.Join(r.keep, "at")))
	return b.String(), nil
}

func (r *runner) path(i int, ext string) string {
	return filepath.Join(r.keep, strconv.Itoa(i)+"."+ext)
}

// judge returns what failed.
func (r *runner) judge(ended error) error {
	at := r.reached()
	var failed []error
	for i, s := range r.page.steps[:min(at, len(r.page.steps))] {
		if s.sample == "" {
			continue
		}
		if out := r.output(i); !matches(s.sample, out) {
			failed = append(failed, fmt.Errorf("%s:%d: the output is not like the sample\n$ %s\nthe page has\n%s\nthe command prints\n%s", r.page.name, s.line, s.text, s.sample, out))
		}
	}
	if at < len(r.page.steps) {
		s := r.page.steps[at]
		outside, _ := os.ReadFile(filepath.Join(r.keep, "outside"))
		failed = append(failed, fmt.Errorf("%s:%d: failed: %w\n$ %s\n%s%s%s", r.page.name, s.line, ended, s.text, r.output(at), r.hide(string(outside)), r.background(at)))
	}
	return errors.Join(failed...)
}

// reached returns the index of the step that bash has reached.
func (r *runner) reached() int {
	text, err := os.ReadFile(filepath.Join(r.keep, "at"))
	if err != nil {
		return 0
	}
	at, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return at
}

// output returns what a step printed, without keys.
func (r *runner) output(i int) string {
	text, err := os.ReadFile(r.path(i, "out"))
	if err != nil {
		return ""
	}
	return r.hide(string(text))
}

// background returns what the programs in the background printed until a step.
func (r *runner) background(until int) string {
	var b strings.Builder
	for i, s := range r.page.steps[:until] {
		if s.background {
			fmt.Fprintf(&b, "in the background, %s:\n%s", s.text, r.output(i))
		}
	}
	return b.String()
}

// hide replaces the API keys that vega made for the page.
func (r *runner) hide(text string) string {
	_ = filepath.WalkDir(r.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() != "api_key" {
			return nil //nolint:nilerr // what can't be read is not hidden
		}
		if key, err := os.ReadFile(path); err == nil && len(strings.TrimSpace(string(key))) > 0 {
			text = strings.ReplaceAll(text, strings.TrimSpace(string(key)), "(key)")
		}
		return nil
	})
	return text
}

// quote quotes a text for the shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// address matches a port of this machine in a page.
var address = regexp.MustCompile(`\b(?:127\.0\.0\.1|localhost):(\d{4,5})\b`)

// onFreePorts returns a function that replaces 8000, and each other port of this
// machine that the page names, by free ports.
func onFreePorts(p page, free func() string) func(string) string {
	by := map[string]string{"8000": free()}
	for _, s := range p.steps {
		for _, m := range address.FindAllStringSubmatch(s.text, -1) {
			if by[m[1]] == "" {
				by[m[1]] = free()
			}
		}
	}
	number := regexp.MustCompile(`\b\d{4,5}\b`)
	return func(text string) string {
		return number.ReplaceAllStringFunc(text, func(n string) string {
			if port := by[n]; port != "" {
				return port
			}
			return n
		})
	}
}
