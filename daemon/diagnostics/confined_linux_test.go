package diagnostics

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"vega/daemon/diagnostics/kernelfile"
	"vega/daemon/realtest"
)

const (
	confinedMemory = 256 * mib
	confinedCores  = 0.5
)

// confined simulates vega in a container. It holds 100 MiB, keeps a CPU busy and
// prints two snapshots. Between them, a child exceeds the memory limit.
func confined() error {
	if !heard() { // until the cgroup is ready
		return errors.New("the test ended before the cgroup was ready")
	}
	_, err1 := touched(100 * mib)
	go spin(time.Minute)
	c, err2 := New(Options{DataDir: os.TempDir()})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	first, err := c.Snapshot(context.Background())
	if err != nil {
		return err
	}
	child := exec.CommandContext(context.Background(), os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), "VEGA_TEST_HELPER=greedy")
	childErr := child.Run()
	last, err := c.Snapshot(context.Background())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(sight{First: first, Last: last, Child: fmt.Sprint(childErr)})
}

// greedy allocates memory until the kernel kills it.
func greedy() error {
	_, err := touched(2 * confinedMemory)
	return err
}

// sight is the output of confined.
type sight struct {
	First, Last Snapshot
	Child       string // the error with which its child ended
}

// TestConfinedProcessSeesItsLimits runs a process in cgroups of 256 MiB and half a CPU, of
// each version whose controllers are available here.
func TestConfinedProcessSeesItsLimits(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "creating cgroups needs root")
	}
	ran := 0
	for version, confine := range map[string]func(*testing.T) ([]string, error){"v1": confineV1, "v2": confineV2} {
		dirs, err := confine(t)
		if err != nil {
			t.Logf("cgroups %s are not available here: %v", version, err)
			continue
		}
		ran++
		t.Run(version, func(t *testing.T) { checkConfined(t, dirs) })
	}
	if ran == 0 {
		realtest.Missing(t, "no version of cgroups is available here: mount the memory and cpu controllers of one")
	}
}

// confineV1 creates a limited cgroup in each tree, and in it an unlimited one for
// the process, to which the limits of the parent apply.
func confineV1(t *testing.T) ([]string, error) {
	t.Helper()
	var dirs []string
	for _, controller := range []string{"memory", "cpu", "cpuacct"} {
		mount, err := cgroupMount(t, "cgroup", controller)
		if err != nil {
			return nil, err
		}
		dir, err := makeCgroup(t, mount, "inner")
		if err != nil {
			return nil, err
		}
		dirs = append(dirs, dir)
	}
	limit := func(dir, name, value string) error {
		return os.WriteFile(filepath.Join(filepath.Dir(dir), name), []byte(value), 0o600)
	}
	return dirs, errors.Join(
		limit(dirs[0], "memory.limit_in_bytes", strconv.Itoa(confinedMemory)),
		limit(dirs[1], "cpu.shares", "262144"), // so that a busy machine lets it reach the quota
		limit(dirs[1], "cpu.cfs_period_us", "100000"),
		limit(dirs[1], "cpu.cfs_quota_us", "50000"),
	)
}

// confineV2 creates a limited cgroup below the top.
func confineV2(t *testing.T) ([]string, error) {
	t.Helper()
	mount, err := cgroupMount(t, "cgroup2", "")
	if err != nil {
		return nil, err
	}
	controllers, err := kernelfile.Read(filepath.Join(mount, "cgroup.controllers"))
	if err != nil {
		return nil, err
	}
	if fields := strings.Fields(controllers); !slices.Contains(fields, "memory") || !slices.Contains(fields, "cpu") {
		return nil, fmt.Errorf("the controllers are %q, without memory and cpu", strings.TrimSpace(controllers))
	}
	if err := os.WriteFile(filepath.Join(mount, "cgroup.subtree_control"), []byte("+memory +cpu"), 0o600); err != nil {
		return nil, fmt.Errorf("enable controllers: %w", err)
	}
	dir, err := makeCgroup(t, mount, "")
	if err != nil {
		return nil, err
	}
	return []string{dir}, errors.Join(
		os.WriteFile(filepath.Join(dir, "memory.max"), []byte(strconv.Itoa(confinedMemory)), 0o600),
		os.WriteFile(filepath.Join(dir, "cpu.weight"), []byte("10000"), 0o600), // so that a busy machine lets it reach the quota
		os.WriteFile(filepath.Join(dir, "cpu.max"), []byte("50000 100000"), 0o600),
	)
}

// cgroupMount returns the mount point of a controller's tree.
func cgroupMount(t *testing.T, fileSystem, controller string) (string, error) {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		before, after, _ := strings.Cut(strings.TrimSpace(line), " - ")
		options := strings.Fields(after)
		if options[0] == fileSystem && (controller == "" || slices.Contains(strings.Split(options[2], ","), controller)) {
			return strings.Fields(before)[4], nil
		}
	}
	return "", fmt.Errorf("no %s with the controller %q is mounted", fileSystem, controller)
}

// makeCgroup creates a cgroup for the test below mount, and inner in it unless
// that is "". They are removed after the test, once their processes have ended.
func makeCgroup(t *testing.T, mount, inner string) (string, error) {
	t.Helper()
	dir := filepath.Join(mount, "vega-test-"+strconv.Itoa(os.Getpid()))
	for _, path := range []string{dir, filepath.Join(dir, inner)} {
		if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return "", err
		}
		t.Cleanup(func() { removeCgroup(t, path) })
	}
	return filepath.Join(dir, inner), nil
}

func removeCgroup(t *testing.T, path string) {
	for range 100 {
		if err := os.Remove(path); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("can't remove the cgroup %s", path)
}

func checkConfined(t *testing.T, dirs []string) {
	h := start(t, "confined")
	for _, dir := range dirs {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(h.Process.Pid)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.send("go")
	var s sight
	if err := json.Unmarshal([]byte(h.line(t)), &s); err != nil {
		t.Fatal(err)
	}
	m, u, c := s.First.Memory, s.First.CPU, s.First.Container
	t.Logf("memory: %.0f %% of %d MiB (%s); the host has %d MiB", *m.Percent, *m.Limit/mib, m.Source, *m.SystemTotal/mib)
	t.Logf("CPU: the container uses %.0f %% of %v, the process %.0f %%; throttled in %.0f %% of periods (%.0f ms in total); the host uses %.0f %% of %d",
		*u.SystemPercent, u.LimitCores, *u.ProcessPercent, *u.ThrottledPercent, *c.CPU.ThrottledMS, *u.HostPercent, *u.HostCores)
	if m.Source != SourceCgroup || *m.Limit != confinedMemory || *m.Percent < 35 || *m.Percent > 70 || *m.Used < 100*mib {
		t.Errorf("memory: %+v", generic(t, m))
	}
	if u.Source != SourceCgroup || u.LimitCores != confinedCores || *u.SystemPercent < 50 || *u.ProcessPercent < 50 || *u.ThrottledPercent <= 0 {
		t.Errorf("CPU: %+v", generic(t, u))
	}
	if !c.Limited || c.Memory == nil || *c.Memory.Limit != confinedMemory || c.CPU == nil || c.CPU.Cores != confinedCores || *c.CPU.ThrottledPeriods == 0 || *c.CPU.ThrottledMS <= 0 {
		t.Errorf("container: %+v", generic(t, c))
	}
	if *m.SystemTotal <= confinedMemory || *u.HostCores < 1 {
		t.Errorf("figures of the host: %+v, %+v", generic(t, m), generic(t, u))
	}
	if !strings.Contains(s.Child, "killed") || *s.Last.Container.Memory.OOMKills != *c.Memory.OOMKills+1 {
		t.Errorf("the child ended with %q; OOM kills %d, then %d", s.Child, *c.Memory.OOMKills, *s.Last.Container.Memory.OOMKills)
	}
}
