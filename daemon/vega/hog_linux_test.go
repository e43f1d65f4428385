package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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
	const resource = "system.memory.percent"
	if w := warningAbout(t, p, resource); w != nil {
		t.Fatalf("a warning without a hog: %+v", w)
	}
	pid, end := memoryHog(t, group, hogMemory*7/8)
	var w *monitor.Warning
	p.until("the warning", func() bool {
		w = warningAbout(t, p, resource)
		return w != nil && w.Evidence == monitor.EvidenceReady && len(w.Behind.TopMemory) > 0 && w.Behind.TopMemory[0].PID == pid
	})
	if w.Limit == nil || w.Limit.Value != hogMemory || w.Limit.Source != "cgroup" {
		t.Errorf("%+v", w.Limit)
	}
	t.Logf("%s %s\n  %s", w.Explanation, w.WhatToDo, strings.Join(w.Sentences, "\n  "))
	end()
	p.until("the end of the warning", func() bool { return warningAbout(t, p, resource) == nil })
}

// TestHogsShowInFigures runs vega with a CPU hog, and with a client that holds
// connections. Each shows in the figure that the built-in alert names, and ends with the
// hog.
func TestHogsShowInFigures(t *testing.T) {
	t.Parallel()
	for name, hog := range map[string]struct {
		resource string
		begin    func(t *testing.T, p *process) (end func())
	}{
		"cpu":         {"system.cpu.system_percent", confinedCPUHog},
		"descriptors": {"system.file_descriptors.percent", descriptorHog},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serveConfig(t, "")
			end := hog.begin(t, p)
			var w *monitor.Warning
			p.until("the warning", func() bool { w = warningAbout(t, p, hog.resource); return w != nil })
			t.Log(w.Explanation)
			end()
			p.until("the end of the warning", func() bool { return warningAbout(t, p, hog.resource) == nil })
		})
	}
}

// stuckDatabase is a configuration with a database whose queries never end, on all its
// connections, and thresholds like those of the built-in alerts.
func stuckDatabase(t *testing.T) string {
	t.Helper()
	text := fmt.Sprintf("database \"orders\" {\n  driver = \"postgres\"\n  dsn    = %q\n}\n", realtest.Postgres(t))
	for n := range 6 { // vega uses up to four connections
		text += fmt.Sprintf("integration \"stuck-%d\" {\n  probe    = core.database\n  interval = \"5s\"\n  timeout  = \"10s\"\n  config {\n    database = database.orders\n    query    = \"SELECT pg_sleep(3600)\"\n  }\n}\n", n)
	}
	return text + `
threshold "slow-query" {
  metric  = databases.queries.slowest
  warning = "1s"
}
threshold "stuck-pool" {
  metric  = databases.pool.percent
  warning = 100
}
`
}

// TestStuckPoolAndSlowQueryShowInFigures reloads a configuration without these checks, and
// both warnings end: that about the query once the statistics are reset, and not only
// after two minutes.
func TestStuckPoolAndSlowQueryShowInFigures(t *testing.T) {
	t.Parallel()
	config := stuckDatabase(t)
	p := serveConfig(t, config)
	const slowest, percent = "database.orders.queries.slowest", "database.orders.pool.percent"
	for _, resource := range []string{slowest, percent} {
		var w *monitor.Warning
		p.until("the warning about "+resource, func() bool { w = warningAbout(t, p, resource); return w != nil })
		t.Log(w.Explanation, w.Sentences)
	}
	write(t, p.cmd.Dir, "vega.hcl", strings.ReplaceAll(config, "probe    =", "enabled  = false\n  probe    ="))
	p.hup()
	p.until("the end of the warning about the pool", func() bool { return warningAbout(t, p, percent) == nil })
	if status, body, err := p.send("POST", "/admin/database/reset-stats"); err != nil || status >= 300 {
		t.Fatalf("%d %s %v", status, body, err)
	}
	p.until("the end of the warning about the query", func() bool { return warningAbout(t, p, slowest) == nil })
}

// serveConfig starts vega with a configuration. It is stopped at the end of the test.
func serveConfig(t *testing.T, config string) *process {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", config)
	p := serveWith(t, dir, os.Environ())
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.cmd.Wait() })
	return p
}

// memoryHog begins a process in a cgroup that takes memory.
func memoryHog(t *testing.T, group string, bytes int) (pid int, end func()) {
	t.Helper()
	hog := command(t, t.TempDir(), strconv.Itoa(bytes))
	hog.Args[0] = hoards
	begin, err := hog.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := hog.Start(); err != nil {
		t.Fatal(err)
	}
	join(t, group, hog.Process.Pid)
	_ = begin.Close()
	return hog.Process.Pid, func() { _ = hog.Process.Kill(); _ = hog.Wait() }
}

// confinedCPUHog moves vega into a cgroup with a third of a CPU, and begins a process
// there that takes all of it.
func confinedCPUHog(t *testing.T, p *process) (end func()) {
	t.Helper()
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make cgroups")
	}
	groups := cpuGroups(t, strings.ReplaceAll(t.Name(), "/", "-"), 33)
	hog := command(t, t.TempDir())
	hog.Args[0] = spins
	if err := hog.Start(); err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		join(t, group, p.cmd.Process.Pid)
		join(t, group, hog.Process.Pid)
	}
	stop := func() { _ = hog.Process.Kill(); _ = hog.Wait() }
	t.Cleanup(stop)
	return stop
}

// cpuGroups makes a cgroup that gets a part of a CPU, whatever else the machine does, and
// whose CPU time is counted. In version 1 these may be two.
func cpuGroups(t *testing.T, name string, percent int) []string {
	t.Helper()
	quota := strconv.Itoa(1000 * percent)
	group, err := cgroup(t, name, "cpu", setting{"cpu.cfs_quota_us", quota}, setting{"cpu.max", quota + " 100000"})
	if err != nil {
		realtest.Missing(t, "can't make a cgroup with a CPU limit: "+err.Error())
	}
	for file, most := range map[string]string{"cpu.shares": "262144", "cpu.weight": "10000"} {
		if _, err := os.Stat(filepath.Join(group, file)); err == nil {
			write(t, group, file, most)
		}
	}
	counts, err := cgroup(t, name, "cpuacct", setting{"cpuacct.usage", "0"}, setting{})
	if err != nil { // version 2, or one hierarchy for both
		return []string{group}
	}
	return []string{group, counts}
}

// descriptorHog lowers the limit of vega's open files to a few more than it has, and holds
// idle connections to it that use most of these.
func descriptorHog(t *testing.T, p *process) (end func()) {
	t.Helper()
	const connections = 50
	open := *readSystem(t, p).FileDescriptors.Open
	limit := uint64(open+connections) * 10 / 9
	if err := unix.Prlimit(p.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: limit}, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	address := strings.TrimPrefix(p.url, "http://")
	var holding sync.WaitGroup
	for range connections {
		holding.Go(func() {
			for ctx.Err() == nil { // vega closes connections that are idle for long
				conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
				if err != nil {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
				_, _ = conn.Read(make([]byte, 1))
				stop()
				_ = conn.Close()
			}
		})
	}
	end = func() { cancel(); holding.Wait() }
	t.Cleanup(end)
	return end
}

// readSystem returns the state of the machine as vega reports it.
func readSystem(t *testing.T, p *process) (s monitor.System) {
	t.Helper()
	status, body := p.get("/admin/diagnostics/system")
	if err := json.Unmarshal([]byte(body), &s); err != nil || status != 200 {
		t.Fatalf("%d, %v: %s", status, err, body)
	}
	return s
}

// warningAbout returns the warning about a resource, or nil.
func warningAbout(t *testing.T, p *process, resource string) *monitor.Warning {
	t.Helper()
	s := readSystem(t, p)
	for n := range s.Warnings {
		if w := &s.Warnings[n]; w.Resource == resource && w.Status != policies.LevelHealthy {
			return w
		}
	}
	return nil
}
