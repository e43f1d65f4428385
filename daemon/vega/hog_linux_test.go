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

// hogMemory is what the container may use. vega takes a part of it, the hog most.
const hogMemory = 256 << 20

// TestMemoryHog puts vega into a container beside a process that takes nearly
// all the memory there is: the warning names it, and the container's limit, and
// goes away with it.
func TestMemoryHog(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root makes cgroups")
	}
	bytes := strconv.Itoa(hogMemory)
	group, err := cgroup(t, "memory", "memory", setting{"memory.limit_in_bytes", bytes}, setting{"memory.max", bytes})
	if err != nil {
		realtest.Missing(t, "a cgroup that bounds memory can't be made here: "+err.Error())
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
		t.Fatalf("a warning before there is a hog: %+v", w)
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
	endAll(t, group, p.cmd.Process.Pid)
	_ = hog.Wait() // it was ended
	p.until("the end of the warning", func() bool { return memoryWarning(t, p) == nil })
}

// memoryWarning is what vega says of memory, nil if that is fine.
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
