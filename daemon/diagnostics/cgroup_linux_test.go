package diagnostics

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const mib = 1 << 20

// machine lays a tree of testdata/cgroup out and reads it.
func machine(t *testing.T, name string) *system {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "cgroup", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range archive.Files {
		path := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return newSystemAt(root)
}

// TestCgroups reads each recorded machine whole.
func TestCgroups(t *testing.T) {
	for _, want := range []struct {
		machine, version, path string
		tightest               memoryLevel
		nearest                string // the level that Memory is about
		levels                 int
		quota                  cpuQuota // zero: none
		pids                   string   // current/limit, or the error
		pressure               float64  // of the container's processors, avg10; -1: none
	}{
		{
			machine: "v2-pod", version: "v2", path: "/kubepods.slice/kubepods-pod7.slice/cri-containerd-ab12.scope",
			tightest: memoryLevel{path: "/kubepods.slice/kubepods-pod7.slice", limit: 512 * mib, current: 400 * mib, workingSet: 300 * mib, oomKills: 2},
			nearest:  "/kubepods.slice/kubepods-pod7.slice", levels: 3,
			quota: cpuQuota{path: "/kubepods.slice/kubepods-pod7.slice", cores: 1.5, usage: 12.5e9, periods: 400, throttled: 100, throttledFor: 7e9},
			pids:  "50/200", pressure: 42,
		},
		{
			machine: "v2-namespace", version: "v2", path: "/",
			tightest: memoryLevel{path: "/", limit: 256 * mib, current: 128 * mib, workingSet: 96 * mib},
			nearest:  "/", levels: 1,
			quota: cpuQuota{path: "/", cores: 0.5, usage: 2e9, periods: 40, throttled: 10, throttledFor: 300e6},
			pids:  errNoLimit.Error(), pressure: 1.5,
		},
		{machine: "v2-top", version: "v2", path: "/", pids: errNoLimit.Error(), pressure: -1},
		{
			machine: "v1-docker", version: "v1", path: "/docker/4f1e",
			tightest: memoryLevel{path: "/", limit: 512 * mib, current: 256 * mib, workingSet: 192 * mib, oomKills: 3},
			nearest:  "/", levels: 1,
			quota: cpuQuota{path: "/", cores: 0.25, usage: 12e9, periods: 1000, throttled: 250, throttledFor: 5e9},
			pids:  "25/100", pressure: -1,
		},
		{
			machine: "v1-unlimited", version: "v1", path: "/system.slice/vega.service",
			tightest: memoryLevel{path: "/system.slice/vega.service", limit: unlimited, current: 104857600, workingSet: 100000000},
			levels:   1, pids: "no cgroup tree with the controller pids is mounted here", pressure: -1,
		},
		{
			machine: "hybrid", version: "hybrid", path: "/user/vega",
			tightest: memoryLevel{path: "/user", limit: 200 * mib, current: 190 * mib, workingSet: 190 * mib, oomKills: 5},
			nearest:  "/user", levels: 2,
			quota: cpuQuota{path: "/user/vega", cores: 2, periods: 4, throttled: 1, throttledFor: 1e6},
			pids:  "16/64", pressure: 3,
		},
		{
			machine: "outside", version: "v2", path: "/../other",
			tightest: memoryLevel{path: "/", limit: 256 * mib, current: mib, workingSet: 0},
			nearest:  "/", levels: 1, pids: errNoLimit.Error(), pressure: 7,
		},
	} {
		t.Run(want.machine, func(t *testing.T) {
			s := machine(t, want.machine)
			if version, path, err := s.group(); version != want.version || path != want.path || err != nil {
				t.Errorf("version %q, path %q, %v", version, path, err)
			}
			checkLevels(t, s, want.tightest, want.nearest, want.levels)
			checkQuota(t, s.quota(), want.quota)
			if got := pidsText(s); got != want.pids {
				t.Errorf("pids %q, want %q", got, want.pids)
			}
			if got := pressureOf(t, s); got != want.pressure {
				t.Errorf("pressure %v, want %v", got, want.pressure)
			}
		})
	}
}

func checkLevels(t *testing.T, s *system, tightest memoryLevel, nearest string, count int) {
	t.Helper()
	levels, err := s.memoryLevels()
	if count == 0 {
		if err == nil {
			t.Errorf("levels %+v, want an error", levels)
		}
		return
	}
	if err != nil || len(levels) != count {
		t.Fatalf("levels %+v, %v", levels, err)
	}
	got := *levels.tightest()
	if s, _, _ := s.group(); s == "v1" && got.limit == unlimited {
		if got.oomErr == nil {
			t.Error("an old kernel does not count kills; want an error")
		}
		got.oomErr = nil
	}
	if got != tightest {
		t.Errorf("the tightest is %+v,\nwant %+v", got, tightest)
	}
	total := uint64(16 << 30)
	switch l := levels.nearest(&total); {
	case l == nil && nearest != "", l != nil && l.path != nearest:
		t.Errorf("the nearest to its limit is %+v, want %q", l, nearest)
	}
	small := uint64(mib)
	if l := levels.nearest(&small); l != nil {
		t.Errorf("%+v is no tighter than a host with 1 MiB", l)
	}
}

func checkQuota(t *testing.T, got *cpuQuota, want cpuQuota) {
	t.Helper()
	if got == nil {
		if want.cores != 0 {
			t.Errorf("no quota, want %+v", want)
		}
		return
	}
	if (got.usageErr != nil) != (want.usage == 0) {
		t.Errorf("the use of the quota: %v", got.usageErr)
	}
	got.usageErr = nil
	if *got != want {
		t.Errorf("quota %+v,\nwant  %+v", *got, want)
	}
}

func pidsText(s *system) string {
	p, err := s.pids()
	if err != nil {
		return err.Error()
	}
	return counted(p.Current) + "/" + counted(p.Limit)
}

func pressureOf(t *testing.T, s *system) float64 {
	t.Helper()
	read, err := s.groupPressure()
	if err != nil {
		return -1
	}
	g := gaps{}
	p := newPressure(read, "container.pressure", g)
	if p.CPU == nil {
		t.Fatal(g)
	}
	return p.CPU.Some.Avg10
}

// TestCgroupMoved sees that the process is in another cgroup now.
func TestCgroupMoved(t *testing.T) {
	s := machine(t, "v2-pod")
	if q := s.quota(); q == nil || q.cores != 1.5 {
		t.Fatalf("quota %+v", q)
	}
	if err := os.WriteFile(s.root+"/proc/self/cgroup", []byte("0::/kubepods.slice\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if q := s.quota(); q != nil {
		t.Errorf("the cgroup it is in now has no quota: %+v", q)
	}
	if levels, err := s.memoryLevels(); err != nil || levels.tightest().limit != 8<<30 {
		t.Errorf("%+v, %v", levels, err)
	}
}

// TestNoCgroups says so, and does not fail.
func TestNoCgroups(t *testing.T) {
	s := newSystemAt(t.TempDir())
	if _, err := s.memoryLevels(); err == nil {
		t.Error("no error without /proc/self/cgroup")
	}
	if s.quota() != nil {
		t.Error("a quota from nowhere")
	}
}

// TestMalformedCgroup names the file that it could not read.
func TestMalformedCgroup(t *testing.T) {
	s := machine(t, "v2-namespace")
	if err := os.WriteFile(s.root+"/sys/fs/cgroup/memory.max", []byte("lots\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.memoryLevels(); err == nil || !strings.Contains(err.Error(), "memory.max") {
		t.Errorf("%v", err)
	}
}

// TestSlurp reads files of any length as they are.
func TestSlurp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, size := range []int{0, 1, 16<<10 - 1, 16 << 10, 16<<10 + 1, 1 << 20} {
		want := strings.Repeat("0123456789", size/10+1)[:size]
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := slurp(path); got != want || err != nil {
			t.Errorf("%d bytes were read of %d, %v", len(got), size, err)
		}
	}
	if _, err := slurp(path + "-not"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
}
