package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
	"vega/policies/check"
)

const (
	starvedChecks = 20
	starvedFor    = 10 * time.Second
	maxStarved    = 5 // times
)

// TestStarvedHost runs vega with CPU hogs in a container that gets a twentieth of
// a CPU, while its targets answer immediately. No run may report one of them as
// unhealthy. Once vega has enough CPU time, all are healthy again. A dead target
// stays unhealthy.
func TestStarvedHost(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root can make cgroups")
	}
	group, err := cgroup(t, "starved", "cpu", setting{"cpu.cfs_quota_us", "5000"}, setting{"cpu.max", "5000 100000"})
	if err != nil {
		realtest.Missing(t, "can't make a cgroup with a CPU limit: "+err.Error())
	}
	// Before and after, vega and its targets have priority over other work.
	calm, err := cgroup(t, "calm", "cpu", setting{"cpu.shares", "262144"}, setting{"cpu.weight", "10000"})
	if err != nil {
		t.Fatal(err)
	}
	join(t, calm, os.Getpid())
	defer join(t, filepath.Dir(calm), os.Getpid())
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	dir := t.TempDir()
	var text strings.Builder
	add := func(name, url string) {
		fmt.Fprintf(&text, "integration %q {\n  probe    = core.http\n  interval = \"2s\"\n  timeout  = \"1s\"\n  config {\n    url = %q\n  }\n}\n", name, url)
	}
	for n := range starvedChecks {
		add(fmt.Sprintf("web-%02d", n), target.URL)
	}
	add("dead", "http://"+fixtures.Hang(t))
	write(t, dir, "vega.hcl", text.String())
	vega := serveWith(t, dir, os.Environ())
	vega.until("steady state", func() bool { return vega.statuses()["healthy"] == starvedChecks && vega.statuses()["unhealthy"] == 1 })

	seen := map[string]int{}
	for round := 0; seen["unknown host"] == 0; round++ {
		if round == maxStarved {
			t.Fatal("no run was starved, so this test can't fail")
		}
		starve(t, vega, group, calm, seen)
		vega.until("steady state again", func() bool { return vega.statuses()["healthy"] == starvedChecks && vega.statuses()["unhealthy"] == 1 })
	}
	if err := vega.stop(); err != nil { // so that its cgroup can be removed
		t.Error(err)
	}
}

// starve leaves vega next to nothing of a CPU for a while, and counts the runs that began
// meanwhile by status and cause. Where nothing at all is left, there may be none.
func starve(t *testing.T, vega *process, group, calm string, seen map[string]int) {
	t.Helper()
	join(t, group, vega.cmd.Process.Pid)
	for range 8 {
		hog := command(t, t.TempDir())
		hog.Args[0] = spins
		if err := hog.Start(); err != nil {
			t.Fatal(err)
		}
		join(t, group, hog.Process.Pid)
		defer func() { _ = hog.Wait() }() // it is killed
	}
	began := time.Now()
	time.Sleep(starvedFor)
	ended := time.Now()
	killAll(t, group, vega.cmd.Process.Pid)
	join(t, calm, vega.cmd.Process.Pid)

	late, example := 0.0, ""
	for n := range starvedChecks {
		for _, r := range vega.runsOf(fmt.Sprintf("web-%02d", n)) {
			if r.CheckedAt.Before(began) || r.CheckedAt.After(ended) {
				continue
			}
			seen[string(r.Status)+" "+string(r.Cause)]++
			if r.Contention == nil {
				t.Fatalf("a run without contention: %+v", r)
			}
			late = max(late, r.Contention.Late)
			if r.Cause == check.Host && strings.Contains(r.Message, "no processor") {
				example = r.Message
			}
			if r.Status == check.Unhealthy {
				t.Errorf("%s is reported as unhealthy: %s %+v", r.Name, r.Message, r.Contention)
			}
		}
	}
	t.Logf("%v; at most %.0f ms late; an example: %s", seen, late, example)
}

// statuses counts integrations by their last status.
func (p *process) statuses() map[string]int {
	p.t.Helper()
	_, body := p.get("/admin/integrations/health?max_age=1h")
	var h engine.Health
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		p.t.Fatalf("%v: %s", err, body)
	}
	by := map[string]int{}
	for _, r := range h.Integrations {
		by[string(r.Status)]++
	}
	return by
}

// runsOf returns the last runs of an integration.
func (p *process) runsOf(name string) []daemon.RunReport {
	p.t.Helper()
	_, body := p.get("/admin/integrations/" + name + "/runs?limit=100")
	var page daemon.RunPage
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		p.t.Fatalf("%v: %s", err, body)
	}
	return page.Runs
}
