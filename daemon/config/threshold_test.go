package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/config/diag"
	"vega/policies"
)

// shownThresholds formats each threshold as one line: name, metric, values,
// place.
func shownThresholds(all []policies.Threshold) string {
	var b strings.Builder
	for _, t := range all {
		value := func(v *float64) string {
			if v == nil {
				return "-"
			}
			return fmt.Sprintf("%.6g", *v)
		}
		at := t.At[strings.LastIndex(t.At, "/")+1:]
		fmt.Fprintln(&b, t.Name, t.Resource, t.Unit, value(t.Warning), value(t.Error), value(t.Clear), t.Below, t.Off, at)
	}
	return b.String()
}

func TestThresholds(t *testing.T) {
	c, ds := load(t, `
database "app" {
  driver = "postgres"
  dsn    = "postgres://127.0.0.1/app"
}
threshold "memory" {
  metric = system.memory.percent
  error  = 90
}
threshold "my-disk" {
  metric  = system.disks.percent
  enabled = false
}
threshold "space" {
  metric  = system.disk.free
  warning = "20GiB"
  clear   = "21GiB"
}
threshold "app" {
  metric  = database.app.wal_bytes
  warning = "1KiB"
}
threshold "late" {
  metric  = system.runtime.sched_latency.p99_ms
  warning = "1.5s"
}
threshold "alone" {
  metric = system.network.by_status.LISTEN
  when   = "below"
  error  = 1
}
`, options(t, nil))
	if ds.HasErrors() {
		t.Fatal(shownText(t, ds))
	}
	got := map[string]string{}
	for line := range strings.Lines(shownThresholds(c.Thresholds)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		got[name] = rest
	}
	for name, want := range map[string]string{
		"memory":  "system.memory.percent percent - 90 - false false vega.hcl:6",
		"my-disk": "system.disks.percent percent - - - false true vega.hcl:10",
		"space":   "system.disk.free bytes 2.14748e+10 - 2.25486e+10 true false vega.hcl:14",
		"app":     "database.app.wal_bytes bytes 1024 - - false false vega.hcl:19",
		"late":    "system.runtime.sched_latency.p99_ms milliseconds 1500 - - false false vega.hcl:23",
		"alone":   "system.network.by_status.LISTEN count - 1 - true false vega.hcl:27",
		"cpu":     "system.cpu.system_percent percent 80 95 70 false false default.hcl:12 (built in)",
		"wal":     "databases.wal_bytes bytes 1.34218e+08 1.07374e+09 6.71089e+07 false false default.hcl:110 (built in)",
		"disk":    "", // my-disk is in its place
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

// TestOldNameOfMetric checks that the old name, resource, is reported once with
// a fix, and that Fix applies it.
// TestBoundFromAVariable checks that a bound may be a number from the
// environment, and that nothing else in it is taken for one.
func TestBoundFromAVariable(t *testing.T) {
	for value, want := range map[string]string{"80": "80", "80.5": "80.5", "NaN": "", "0x50": "", "many": ""} {
		c, ds := load(t, `
threshold "memory" {
  metric  = system.memory.percent
  warning = env("LIMIT")
}`, Options{Env: func(string) (string, bool) { return value, true }})
		got := ""
		if c != nil {
			for _, th := range c.Thresholds {
				if th.Name == "memory" && th.Warning != nil {
					got = fmt.Sprintf("%.6g", *th.Warning)
				}
			}
		}
		if got != want || want == "" && len(ds) == 0 {
			t.Errorf("%s: %q, %v", value, got, ds)
		}
	}
}

func TestOldNameOfMetric(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.hcl")
	put(t, path, []byte("threshold \"m\" {\n  resource = system.memory.percent\n  warning  = 80\n}\n"), 0o600)
	_, ds := Load(path, options(t, nil))
	if len(ds) != 1 || ds[0].Code != diag.UnknownKey || ds[0].Fix != "use metric" || ds[0].Detail != `threshold has no attribute "resource"; its new name is metric.` {
		t.Error(shownText(t, ds))
	}
	fixed, left := Fix(path, options(t, nil))
	if want := "threshold \"m\" {\n  metric = system.memory.percent\n  warning  = 80\n}\n"; len(left) > 0 || len(fixed) != 1 || string(fixed[0].After) != want {
		t.Errorf("%+v\n%s", fixed, shownText(t, left))
	}
	put(t, path, []byte("threshold \"m\" {\n  metric   = system.memory.percent\n  resource = system.cpu.load1\n  warning  = 80\n}\n"), 0o600)
	if _, ds := Load(path, options(t, nil)); len(ds) != 2 || ds[0].Code != diag.UnknownKey || ds[1].Code != diag.Twice {
		t.Error(shownText(t, ds))
	}
}

// TestDefaultThresholds checks that the built-in thresholds are valid, and that
// each judges a different metric.
func TestDefaultThresholds(t *testing.T) {
	judged := map[string]bool{}
	for _, d := range defaultThresholds() {
		if d.Off || d.Warning == nil || d.Error == nil || d.Clear == nil || judged[d.Resource] {
			t.Errorf("%+v", d)
		}
		judged[d.Resource] = true
	}
	if len(judged) < 10 {
		t.Errorf("there are %d", len(judged))
	}
}
