package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// setting is a file of a cgroup and the value to write to it.
type setting struct{ file, value string }

// cgroup makes a cgroup with a controller, in the version that this machine uses
// for it, and applies the setting of that version.
func cgroup(t *testing.T, name, controller string, v1, v2 setting) (string, error) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(line, " - ")
		kind, options := strings.Fields(after), strings.Fields(before)
		if len(kind) < 3 || len(options) < 5 {
			continue
		}
		set := v1
		switch {
		case kind[0] == "cgroup" && strings.Contains(","+kind[2]+",", ","+controller+","):
		case kind[0] == "cgroup2" && delegates(options[4], controller):
			set = v2
		default:
			continue
		}
		dir := filepath.Join(options[4], fmt.Sprintf("vega-test-%s-%d", name, os.Getpid()))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return "", err
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
		return dir, os.WriteFile(filepath.Join(dir, set.file), []byte(set.value), 0o600)
	}
	return "", errors.New("no cgroup hierarchy with the controller " + controller + " is mounted")
}

// delegates reports whether the cgroup at top can give the controller to its
// children.
func delegates(top, controller string) bool {
	there, err := os.ReadFile(filepath.Join(top, "cgroup.controllers"))
	return err == nil && strings.Contains(string(there), controller) &&
		os.WriteFile(filepath.Join(top, "cgroup.subtree_control"), []byte("+"+controller), 0o600) == nil
}

// join moves a process into a cgroup.
func join(t *testing.T, group string, pid int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// killAll kills all processes of a cgroup except one.
func killAll(t *testing.T, group string, except int) {
	t.Helper()
	list, err := os.ReadFile(filepath.Join(group, "cgroup.procs"))
	if err != nil {
		t.Fatal(err)
	}
	for field := range strings.FieldsSeq(string(list)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := os.FindProcess(pid); err == nil && pid != except {
			_ = p.Kill()
		}
	}
}
