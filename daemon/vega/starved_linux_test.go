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
)

// TestStarvedHost puts vega beside hogs into a container that gets a twentieth of a
// processor, while its targets answer at once: no run says that one of them is
// unhealthy. With processors again, everything is as before, and a target that
// is dead is so all along.
func TestStarvedHost(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root makes cgroups")
	}
	group, err := cgroup(t, "starved", "cpu", setting{"cpu.cfs_quota_us", "5000"}, setting{"cpu.max", "5000 100000"})
	if err != nil {
		realtest.Missing(t, "a cgroup that bounds processors can't be made here: "+err.Error())
	}
	// Before and after, vega and its targets come before whatever else this machine does.
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
	vega.until("all is as it is", func() bool { return vega.statuses()["healthy"] == starvedChecks && vega.statuses()["unhealthy"] == 1 })

	join(t, group, vega.cmd.Process.Pid)
	for range 8 {
		hog := command(t, dir)
		hog.Args[0] = spins
		if err := hog.Start(); err != nil {
			t.Fatal(err)
		}
		join(t, group, hog.Process.Pid)
		defer func() { _ = hog.Wait() }() // it is ended
	}
	began := time.Now()
	time.Sleep(starvedFor)
	ended := time.Now()
	endAll(t, group, vega.cmd.Process.Pid)
	join(t, calm, vega.cmd.Process.Pid)

	seen := map[string]int{}
	late, example := 0.0, ""
	for n := range starvedChecks {
		for _, r := range vega.runsOf(fmt.Sprintf("web-%02d", n)) {
			if r.CheckedAt.Before(began) || r.CheckedAt.After(ended) {
				continue
			}
			seen[string(r.Status)+" "+string(r.Cause)]++
			if r.Contention == nil {
				t.Fatalf("a run without a stamp: %+v", r)
			}
			late = max(late, r.Contention.Late)
			if r.Cause == check.Host && strings.Contains(r.Message, "no processor") {
				example = r.Message
			}
			if r.Status == check.Unhealthy {
				t.Errorf("%s is said to be unhealthy: %s %+v", r.Name, r.Message, r.Contention)
			}
		}
	}
	t.Logf("%v; the latest %.0f ms; for one: %s", seen, late, example)
	if seen["unknown host"] == 0 {
		t.Error("no run was starved: this shows nothing")
	}
	vega.until("all is as before", func() bool { return vega.statuses()["healthy"] == starvedChecks && vega.statuses()["unhealthy"] == 1 })
	if err := vega.stop(); err != nil { // or its cgroup could not be removed
		t.Error(err)
	}
}

// statuses counts integrations by what was last known of each.
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

// runsOf are the last runs of an integration.
func (p *process) runsOf(name string) []daemon.RunReport {
	p.t.Helper()
	_, body := p.get("/admin/integrations/" + name + "/runs?limit=100")
	var page daemon.RunPage
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		p.t.Fatalf("%v: %s", err, body)
	}
	return page.Runs
}
