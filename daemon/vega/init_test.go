package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/daemon/realtest"
)

// TestFreshConfigurationIsHealthy runs the checks of vega init's configuration on
// a machine that has nothing: without a daemon and with one.
func TestFreshConfigurationIsHealthy(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), realtest.FreePort(t)
	if out, code := runIn(t, dir, "init"); code != 0 || !strings.HasPrefix(out, "wrote vega.hcl. ") || !strings.Contains(out, "\n  vega check ") {
		t.Fatalf("exit %d: %s", code, out)
	}
	src, err := os.ReadFile(dir + "/vega.hcl")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "vega.hcl", strings.Replace(string(src), "port = 8000", "port = "+port, 1)) // 8000 may be taken here
	statuses := func() (healthy []string, web engine.Report) {
		t.Helper()
		out, code := runIn(t, dir, "check", "--format", "json")
		var h engine.Health
		if err := json.Unmarshal([]byte(out), &h); err != nil || code != 0 || h.Status != "healthy" {
			t.Fatalf("exit %d, %v: %s", code, err, out)
		}
		for _, r := range h.Integrations {
			if r.Status == "healthy" {
				healthy = append(healthy, r.Name)
			}
			if r.Name == "web" {
				web = r
			}
		}
		return healthy, web
	}
	healthy, web := statuses()
	if want := "it checks vega itself, and no daemon listens on 127.0.0.1:" + port + ": start one with vega serve"; !slices.Equal(healthy, []string{"store"}) || web.Status != "disabled" || web.Message != want {
		t.Errorf("without a daemon, %v are healthy; web is %s: %s", healthy, web.Status, web.Message)
	}
	vega := serveBy(t, dir, command(t, dir, "serve"))
	if healthy, _ := statuses(); !slices.Equal(healthy, []string{"store", "web"}) {
		t.Errorf("with a daemon, %v are healthy", healthy)
	}
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}

// TestCheckOfAnotherServer checks that only a check of vega's own server waits
// for the daemon: anything else that refuses a connection is unhealthy.
func TestCheckOfAnotherServer(t *testing.T) {
	t.Parallel()
	dir, own, other := t.TempDir(), realtest.FreePort(t), realtest.FreePort(t)
	for host, want := range map[string]struct{ own, other int }{"127.0.0.1": {0, 2}, "localhost": {0, 2}} {
		for port, code := range map[string]int{own: want.own, other: want.other} {
			write(t, dir, "vega.hcl", "server {\n  port = "+own+"\n}\nintegration \"a\" {\n  probe = core.http\n  config {\n    url = \"http://"+host+":"+port+"/healthz\"\n  }\n}\n")
			if out, got := runIn(t, dir, "check"); got != code {
				t.Errorf("%s:%s (own: %v): exit %d, want %d: %s", host, port, port == own, got, code, out)
			}
		}
	}
}
