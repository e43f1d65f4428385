package cgroup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const mib = 1 << 20

// machine extracts an archive from testdata and returns a Reader for it.
func machine(t *testing.T, name string) *Reader {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
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
	return &Reader{root: root}
}

func TestRecordedMachines(t *testing.T) {
	for _, want := range []struct {
		machine, version, path string
		tightest               Level
		nearest                string // the level closest to its limit
		levels                 int
		quota                  Quota   // zero for none
		pids                   string  // current/limit, or the error
		pressure               float64 // avg10 of the container's CPU pressure, -1 for none
	}{
		{
			machine: "v2-pod", version: "v2", path: "/kubepods.slice/kubepods-pod7.slice/cri-containerd-ab12.scope",
			tightest: Level{Path: "/kubepods.slice/kubepods-pod7.slice", Limit: 512 * mib, Current: 400 * mib, WorkingSet: 300 * mib, Held: 250 * mib, OOMKills: 2},
			nearest:  "/kubepods.slice/kubepods-pod7.slice", levels: 3,
			quota: Quota{Path: "/kubepods.slice/kubepods-pod7.slice", Cores: 1.5, Usage: 12.5e9, Periods: 400, Throttled: 100, ThrottledFor: 7e9},
			pids:  "50/200", pressure: 42,
		},
		{
			machine: "v2-namespace", version: "v2", path: "/",
			tightest: Level{Path: "/", Limit: 256 * mib, Current: 128 * mib, WorkingSet: 96 * mib, Held: 96 * mib},
			nearest:  "/", levels: 1,
			quota: Quota{Path: "/", Cores: 0.5, Usage: 2e9, Periods: 40, Throttled: 10, ThrottledFor: 300e6},
			pids:  ErrNoLimit.Error(), pressure: 1.5,
		},
		{machine: "v2-top", version: "v2", path: "/", pids: ErrNoLimit.Error(), pressure: -1},
		{
			machine: "v1-docker", version: "v1", path: "/docker/4f1e",
			tightest: Level{Path: "/", Limit: 512 * mib, Current: 256 * mib, WorkingSet: 192 * mib, Held: 192 * mib, OOMKills: 3},
			nearest:  "/", levels: 1,
			quota: Quota{Path: "/", Cores: 0.25, Usage: 12e9, Periods: 1000, Throttled: 250, ThrottledFor: 5e9},
			pids:  "25/100", pressure: -1,
		},
		{
			machine: "v1-unlimited", version: "v1", path: "/system.slice/vega.service",
			tightest: Level{Path: "/system.slice/vega.service", Limit: Unlimited, Current: 104857600, WorkingSet: 100000000, Held: 100000000},
			levels:   1, pids: "no cgroup tree with the controller pids is mounted", pressure: -1,
		},
		{
			machine: "hybrid", version: "hybrid", path: "/user/vega",
			tightest: Level{Path: "/user", Limit: 200 * mib, Current: 190 * mib, WorkingSet: 190 * mib, Held: 190 * mib, OOMKills: 5},
			nearest:  "/user", levels: 2,
			quota: Quota{Path: "/user/vega", Cores: 2, Periods: 4, Throttled: 1, ThrottledFor: 1e6},
			pids:  "16/64", pressure: 3,
		},
		{
			machine: "outside", version: "v2", path: "/../other",
			tightest: Level{Path: "/", Limit: 256 * mib, Current: mib, WorkingSet: 0},
			nearest:  "/", levels: 1, pids: ErrNoLimit.Error(), pressure: 7,
		},
	} {
		t.Run(want.machine, func(t *testing.T) {
			r := machine(t, want.machine)
			if version, path, err := r.Own(); version != want.version || path != want.path || err != nil {
				t.Errorf("version %q, path %q, %v", version, path, err)
			}
			checkLevels(t, r, want.tightest, want.nearest, want.levels)
			checkQuota(t, r.Quota(), want.quota)
			if got := pidsText(r); got != want.pids {
				t.Errorf("pids %q, want %q", got, want.pids)
			}
			if got := pressureOf(t, r); got != want.pressure {
				t.Errorf("pressure %v, want %v", got, want.pressure)
			}
		})
	}
}

func checkLevels(t *testing.T, r *Reader, tightest Level, nearest string, count int) {
	t.Helper()
	levels, err := r.Memory()
	if count == 0 {
		if err == nil {
			t.Errorf("levels %+v, want an error", levels)
		}
		return
	}
	if err != nil || len(levels) != count {
		t.Fatalf("levels %+v, %v", levels, err)
	}
	got := *levels.Tightest()
	if version, _, _ := r.Own(); version == "v1" && got.Limit == Unlimited {
		if got.OOMErr == nil {
			t.Error("no error although an old kernel does not count OOM kills")
		}
		got.OOMErr = nil
	}
	if got != tightest {
		t.Errorf("tightest %+v,\nwant     %+v", got, tightest)
	}
	total := uint64(16 << 30)
	switch l := levels.Nearest(&total); {
	case l == nil && nearest != "", l != nil && l.Path != nearest:
		t.Errorf("nearest to its limit %+v, want %q", l, nearest)
	}
	small := uint64(mib)
	if l := levels.Nearest(&small); l != nil {
		t.Errorf("%+v is not tighter than a host with 1 MiB", l)
	}
}

func checkQuota(t *testing.T, got *Quota, want Quota) {
	t.Helper()
	if got == nil {
		if want.Cores != 0 {
			t.Errorf("no quota, want %+v", want)
		}
		return
	}
	if (got.UsageErr != nil) != (want.Usage == 0) {
		t.Errorf("usage error %v", got.UsageErr)
	}
	got.UsageErr = nil
	if *got != want {
		t.Errorf("quota %+v,\nwant  %+v", *got, want)
	}
}

func pidsText(r *Reader) string {
	p, err := r.PIDs()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d/%d", p.Current, p.Limit)
}

// pressureOf returns avg10 of the container's CPU pressure, or -1 if there is none.
func pressureOf(t *testing.T, r *Reader) float64 {
	t.Helper()
	read, err := r.Pressure()
	if err != nil {
		return -1
	}
	text, err := read("cpu")
	if err != nil {
		t.Fatal(err)
	}
	var avg10 float64
	if _, err := fmt.Sscanf(text, "some avg10=%f", &avg10); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return avg10
}

func TestReaderFollowsProcessToAnotherCgroup(t *testing.T) {
	r := machine(t, "v2-pod")
	if q := r.Quota(); q == nil || q.Cores != 1.5 {
		t.Fatalf("quota %+v", q)
	}
	if err := os.WriteFile(r.root+"/proc/self/cgroup", []byte("0::/kubepods.slice\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if q := r.Quota(); q != nil {
		t.Errorf("quota %+v of a cgroup that has none", q)
	}
	if levels, err := r.Memory(); err != nil || levels.Tightest().Limit != 8<<30 {
		t.Errorf("%+v, %v", levels, err)
	}
}

func TestReaderWithoutCgroups(t *testing.T) {
	r := &Reader{root: t.TempDir()}
	if _, err := r.Memory(); err == nil {
		t.Error("no error without /proc/self/cgroup")
	}
	if r.Quota() != nil {
		t.Error("a quota without cgroups")
	}
}

func TestErrorNamesMalformedFile(t *testing.T) {
	r := machine(t, "v2-namespace")
	if err := os.WriteFile(r.root+"/sys/fs/cgroup/memory.max", []byte("lots\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Memory(); err == nil || !strings.Contains(err.Error(), "memory.max") {
		t.Errorf("%v", err)
	}
}
