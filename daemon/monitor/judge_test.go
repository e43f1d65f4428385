package monitor

import (
	"strings"
	"testing"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

func TestEveryFigureHasARemediation(t *testing.T) {
	for _, f := range append(policies.Figures(), policies.DatabaseFigures()...) {
		action := remediationFor(f.Path).action
		if !strings.HasSuffix(action, ".") || subjectOf(&Warning{Resource: f.Path}) == "" {
			t.Errorf("%s: %q", f.Path, action)
		}
	}
	for n, c := range remediations {
		for _, before := range remediations[:n] {
			if strings.HasPrefix(c.prefix, before.prefix) {
				t.Errorf("%s comes after %s and never matches", c.prefix, before.prefix)
			}
		}
	}
}

func TestStuckFileSystemIsAnErrorUnderAnyThreshold(t *testing.T) {
	since := time.Now().Add(-time.Minute)
	r := readingsOf(diagnostics.Snapshot{
		Summary: diagnostics.Summary{Unavailable: map[string]string{"disks.1": "stuck: no answer"}},
		Disks:   []diagnostics.Disk{{Path: "/data", Percent: new(10.0)}, {Path: "/mnt/nfs", StuckSince: &since}},
	}, nil)
	by := policies.NewThresholds([]policies.Threshold{{Name: "disk", Resource: "system.disks.percent", Unit: policies.Percent, Warning: new(80.0)}}, nil)
	j := r.judge(by, time.Now(), func(string) []diagnostics.Move { return nil })
	if j.status != policies.LevelError || len(j.warnings) != 1 || j.warnings[0].Subject != "/mnt/nfs" || !strings.Contains(j.warnings[0].Explanation, "has not responded") {
		t.Errorf("%+v", j)
	}
	if len(j.unjudged) != 1 || j.unjudged[0].Subject != "/mnt/nfs" || !strings.HasPrefix(j.unjudged[0].Reason, "stuck") {
		t.Errorf("%+v", j.unjudged)
	}
}

func TestExplanationsAreSentences(t *testing.T) {
	limit := &diagnostics.Limit{Value: 256 << 20, Unit: "bytes", Source: "cgroup"}
	moved := []diagnostics.Move{{Field: "memory.percent", From: 60, To: 78, Delta: 18, OverMS: 300000}}
	memory := policies.Threshold{Name: "memory", Resource: "system.memory.percent", Unit: policies.Percent, Warning: new(80.0), Error: new(95.0), Clear: new(75.0), At: "vega.hcl:3"}
	space := policies.Threshold{Name: "space", Resource: "system.disks.free", Unit: policies.Bytes, Below: true, Warning: new(2.0 * (1 << 30)), At: "policies/disk.hcl:1"}
	own := memory
	own.At, own.BuiltIn = "policies/defaults/default.hcl:3 (built in)", true
	for _, c := range []struct {
		v     policies.Verdict
		limit *diagnostics.Limit
		moved []diagnostics.Move
		want  string
	}{
		{policies.Verdict{Threshold: &memory, Reading: policies.Reading{Resource: memory.Resource, Value: 96}, Level: policies.LevelError}, limit, nil, "Memory in use is 96 %; error threshold: 95 % (vega.hcl:3). The limit is 256 MiB (cgroup)."},
		{policies.Verdict{Threshold: &memory, Reading: policies.Reading{Resource: memory.Resource, Value: 78}, Level: policies.LevelWarning}, limit, moved, "Memory in use is 78 %; warning threshold: 80 % (vega.hcl:3), cleared at 75 %. It rose by 18.0 % to 78.0 % in 5m; the limit is 256 MiB (cgroup)."},
		{policies.Verdict{Threshold: &space, Reading: policies.Reading{Resource: space.Resource, Subject: "/", Value: 1 << 30}, Level: policies.LevelWarning}, nil, nil, "Free space on the file system of / is 1 GiB; warning threshold: 2 GiB (policies/disk.hcl:1)."},
		{policies.Verdict{Threshold: &own, Reading: policies.Reading{Resource: own.Resource, Value: 96}, Level: policies.LevelError}, nil, nil, "Memory in use is 96 %; error threshold: 95 % (built in, policies/defaults/default.hcl:3)."},
	} {
		w := Warning{Resource: c.v.Reading.Resource, Subject: c.v.Subject, Status: c.v.Level, Value: c.v.Value, Unit: c.v.Unit, Threshold: c.v.Bound(c.v.Level), SetAt: c.v.At, Limit: c.limit, Moved: c.moved}
		if got := w.explain(c.v); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestStrainIsBrief(t *testing.T) {
	cores := &diagnostics.Limit{Value: 2, Unit: "cores", Source: "host"}
	cpu := Warning{Resource: "system.cpu.system_percent", Status: policies.LevelError, Value: 99.6, Unit: policies.Percent, Threshold: 95, ThresholdBy: "cpu", Explanation: "long.", Limit: cores}
	free := Warning{Resource: "system.disks.free", Subject: "/", Status: policies.LevelWarning, Value: 1 << 30, Unit: policies.Bytes, Threshold: 2 << 30, ThresholdBy: "space"}
	for _, c := range []struct {
		w    Warning
		want string
	}{
		{cpu, "CPU use is 99.6 % (error threshold: 95 %; limit: 2 cores)"},
		{free, "Free space on the file system of / is 1 GiB (warning threshold: 2 GiB)"},
		{stuck(diagnostics.Disk{Path: "/mnt", StuckSince: &time.Time{}}, time.Time{}), "The file system of /mnt has not responded since 0001-01-01T00:00:00Z"},
	} {
		if got := c.w.brief(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestNoChangeOfZeroIsMentioned(t *testing.T) {
	w := Warning{Resource: "system.memory.percent", Moved: []diagnostics.Move{{Field: "memory.percent", From: 80.58, To: 80.61, Delta: 0.03, OverMS: 30000}}}
	if got := w.background(); len(got) != 0 {
		t.Errorf("%q", got)
	}
	w.Moved[0].Delta = -0.06
	if got := w.background(); len(got) != 1 || got[0] != "it fell by 0.1 % to 80.6 % in 30s" {
		t.Errorf("%q", got)
	}
}
