package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"vega/daemon/monitor"
	"vega/daemon/realtest"
	"vega/policies"
)

// hogMemory is the memory limit of the container. vega uses a small part of it,
// the hog most.
const hogMemory = 256 << 20

// TestMemoryHog runs vega in a container with a process that takes nearly all the
// memory. The warning names the process and the container's limit, and ends when
// the process does.
func TestMemoryHog(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make cgroups")
	}
	bytes := strconv.Itoa(hogMemory)
	group, err := cgroup(t, "memory", "memory", setting{"memory.limit_in_bytes", bytes}, setting{"memory.max", bytes})
	if err != nil {
		realtest.Missing(t, "can't make a cgroup with a memory limit: "+err.Error())
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "vega.hcl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := serveWith(t, dir, os.Environ())
	defer func() {
		if err := p.stop(); err != nil {
			t.Error(err)
		}
	}()
	join(t, group, p.cmd.Process.Pid)
	if w := memoryWarning(t, p); w != nil {
		t.Fatalf("a warning without a hog: %+v", w)
	}
	hog := command(t, dir, strconv.Itoa(hogMemory*7/8))
	hog.Args[0] = hoards
	begin, err := hog.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := hog.Start(); err != nil {
		t.Fatal(err)
	}
	join(t, group, hog.Process.Pid)
	begin.Close()
	var w *monitor.Warning
	p.until("the warning", func() bool {
		w = memoryWarning(t, p)
		return w != nil && w.Evidence == monitor.EvidenceReady && len(w.Behind.TopMemory) > 0 && w.Behind.TopMemory[0].PID == hog.Process.Pid
	})
	if w.Limit == nil || w.Limit.Value != hogMemory || w.Limit.Source != "cgroup" {
		t.Errorf("%+v", w.Limit)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	killAll(t, group, p.cmd.Process.Pid)
	_ = hog.Wait() // it was killed
	p.until("the end of the warning", func() bool { return memoryWarning(t, p) == nil })
}

// memoryWarning returns the warning about memory, or nil.
func memoryWarning(t *testing.T, p *process) *monitor.Warning {
	t.Helper()
	status, body := p.get("/admin/diagnostics/system")
	var s monitor.System
	if err := json.Unmarshal([]byte(body), &s); err != nil || status != 200 {
		t.Fatalf("%d, %v: %s", status, err, body)
	}
	for n := range s.Warnings {
		if w := &s.Warnings[n]; w.Resource == "system.memory.percent" && w.Status != policies.LevelHealthy {
			return w
		}
	}
	return nil
}
