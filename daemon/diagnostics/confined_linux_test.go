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

	"vega/daemon/realtest"
)

const (
	confinedMemory = 256 * mib
	confinedCores  = 0.5
)

// confined is vega in a container: it holds 100 MiB, computes all the time, and
// tells what it sees. Told to, it has a child that wants more than there is.
func confined() error {
	if !heard() { // that the cgroup is ready
		return errors.New("nobody said that the cgroup is ready")
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

// greedy takes memory until it is killed.
func greedy() error {
	_, err := touched(2 * confinedMemory)
	return err
}

// sight is what the confined process saw.
type sight struct {
	First, Last Snapshot
	Child       string // how its child ended
}

// TestConfined runs this test in cgroups of 256 MiB and half a processor, of
// each version whose controllers this machine has.
func TestConfined(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "only root makes cgroups")
	}
	ran := 0
	for version, confine := range map[string]func(*testing.T) ([]string, error){"v1": confineV1, "v2": confineV2} {
		dirs, err := confine(t)
		if err != nil {
			t.Logf("version %s can't be tried here: %v", version, err)
			continue
		}
		ran++
		t.Run(version, func(t *testing.T) { checkConfined(t, dirs) })
	}
	if ran == 0 {
		realtest.Missing(t, "neither version of cgroups can be tried here, of which this test needs one: mount its memory and cpu controllers")
	}
}

// confineV1 makes a cgroup in each tree, with a child without limits: those of
// the parent count.
func confineV1(t *testing.T) ([]string, error) {
	t.Helper()
	var dirs []string
	own, err := newSystem().cgroups()
	if err != nil {
		return nil, err
	}
	for _, controller := range []string{"memory", "cpu", "cpuacct"} {
		h, ok := own.trees[controller]
		if !ok {
			return nil, fmt.Errorf("no tree with the controller %s of version 1", controller)
		}
		dir, err := cgroup(t, h, "inner")
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
		limit(dirs[1], "cpu.shares", "262144"), // or it may be too busy here to reach the quota
		limit(dirs[1], "cpu.cfs_period_us", "100000"),
		limit(dirs[1], "cpu.cfs_quota_us", "50000"),
	)
}

// confineV2 makes one below the top, which hands its controllers on.
func confineV2(t *testing.T) ([]string, error) {
	t.Helper()
	own, err := newSystem().cgroups()
	if err != nil {
		return nil, err
	}
	h, ok := own.trees[""]
	if !ok {
		return nil, errors.New("version 2 is not mounted")
	}
	h.path = "/"
	controllers, err := slurp(h.file("/", "cgroup.controllers"))
	if err != nil {
		return nil, err
	}
	if fields := strings.Fields(controllers); !slices.Contains(fields, "memory") || !slices.Contains(fields, "cpu") {
		return nil, fmt.Errorf("its controllers are %q, without memory and cpu", strings.TrimSpace(controllers))
	}
	if err := os.WriteFile(h.file("/", "cgroup.subtree_control"), []byte("+memory +cpu"), 0o600); err != nil {
		return nil, fmt.Errorf("hand controllers on: %w", err)
	}
	dir, err := cgroup(t, h, "")
	if err != nil {
		return nil, err
	}
	return []string{dir}, errors.Join(
		os.WriteFile(filepath.Join(dir, "memory.max"), []byte(strconv.Itoa(confinedMemory)), 0o600),
		os.WriteFile(filepath.Join(dir, "cpu.weight"), []byte("10000"), 0o600), // or it may be too busy here to reach the quota
		os.WriteFile(filepath.Join(dir, "cpu.max"), []byte("50000 100000"), 0o600),
	)
}

// cgroup makes one of the test's own, and inner in it unless that is "". They
// go with the test, once the processes in them have ended.
func cgroup(t *testing.T, h hierarchy, inner string) (string, error) {
	t.Helper()
	dir := h.file("/", "vega-test-"+strconv.Itoa(os.Getpid()))
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
	t.Errorf("the cgroup %s can't be removed", path)
}

func checkConfined(t *testing.T, dirs []string) {
	h := start(t, "confined")
	for _, dir := range dirs {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(h.Process.Pid)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.tell("go")
	var s sight
	if err := json.Unmarshal([]byte(h.line(t)), &s); err != nil {
		t.Fatal(err)
	}
	m, u, c := s.First.Memory, s.First.CPU, s.First.Container
	t.Logf("memory %.0f %% of %d MiB (%s), the host has %d MiB", *m.Percent, *m.Limit/mib, m.Source, *m.SystemTotal/mib)
	t.Logf("processors: the container %.0f %% of %v, the process %.0f %%, throttled in %.0f %% of periods (%.0f ms in all), the host %.0f %% of %d",
		*u.SystemPercent, u.LimitCores, *u.ProcessPercent, *u.ThrottledPercent, *c.CPU.ThrottledMS, *u.HostPercent, *u.HostCores)
	if m.Source != SourceCgroup || *m.Limit != confinedMemory || *m.Percent < 35 || *m.Percent > 70 || *m.Used < 100*mib {
		t.Errorf("memory: %+v", generic(t, m))
	}
	if u.Source != SourceCgroup || u.LimitCores != confinedCores || *u.SystemPercent < 50 || *u.ProcessPercent < 50 || *u.ThrottledPercent <= 0 {
		t.Errorf("processors: %+v", generic(t, u))
	}
	if !c.Limited || c.Memory == nil || *c.Memory.Limit != confinedMemory || c.CPU == nil || c.CPU.Cores != confinedCores || *c.CPU.ThrottledPeriods == 0 || *c.CPU.ThrottledMS <= 0 {
		t.Errorf("container: %+v", generic(t, c))
	}
	if *m.SystemTotal <= confinedMemory || *u.HostCores < 1 {
		t.Errorf("the host's figures are still the host's: %+v, %+v", generic(t, m), generic(t, u))
	}
	if !strings.Contains(s.Child, "killed") || *s.Last.Container.Memory.OOMKills != *c.Memory.OOMKills+1 {
		t.Errorf("the child: %q; kills %d, then %d", s.Child, *c.Memory.OOMKills, *s.Last.Container.Memory.OOMKills)
	}
}
