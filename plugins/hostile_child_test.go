package plugins_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/testdata/hostile"
	"vega/policies/check"
)

// trial describes one hostile module to try in a process of its own.
type trial struct {
	Module  string
	Wasm    []byte        // instead of Module: a packed plugin
	Timeout time.Duration // of a run
	Budget  time.Duration // CPU budget; 0: the sandbox's
	AtOnce  int           // runs; 0: 1
	Memory  manifest.Size

	// Defences that are left out.
	NoCheck, NoRewrite, NoChild bool
}

// report is the result of a trial. A process that dies makes none.
type report struct {
	Refused string        // why it was not loaded
	Load    time.Duration // CPU time
	Result  plugins.Result
	Late    time.Duration // CPU time used past its deadline; negative: it ended so long before
	GC      time.Duration // CPU time used during the most expensive collection while it ran
	Peak    int64         // MiB of resident memory more than before
	Honest  string        // what was wrong with the next honest run
	Lines   int           // in the log
}

const trialVariable, reportPrefix = "VEGA_HOSTILE_TRIAL", "hostile report: "

// try runs trials in one child process, and ends it if it takes more CPU time than
// limit or more memory than maxMemory, to protect the machine.
func try(t testing.TB, limit time.Duration, trials ...trial) ([]report, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(trials)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*realtest.Patience) // for a process that neither ends nor computes
	defer cancel()
	cmd := exec.CommandContext(ctx, self, "-test.run=^TestHostileChild$", "-test.v", "-test.count=1", "-test.timeout=0")
	cmd.Env = append(os.Environ(), trialVariable+"=-", "TMPDIR="+t.TempDir(), "GOTRACEBACK=single")
	cmd.Stdin = bytes.NewReader(text)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	err = watched(cmd, limit)
	if ctx.Err() != nil {
		err = fmt.Errorf("it neither ended nor computed for %v", 2*realtest.Patience)
	}
	var reports []report
	for s := bufio.NewScanner(bytes.NewReader(out.Bytes())); s.Scan(); {
		if _, text, ok := strings.Cut(s.Text(), reportPrefix); ok {
			var r report
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			reports = append(reports, r)
		}
	}
	if err == nil && len(reports) < len(trials) {
		err = errors.New("the process ended early")
	}
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, tail(out.String()))
	}
	return reports, err
}

func tail(s string) string {
	if i := strings.Index(s, "fatal error"); i >= 0 {
		s = s[i:]
	}
	return s[:min(len(s), 600)]
}

// maxMemory is how many MiB a process may hold. Under the race detector one module
// took 1,640.
const maxMemory = min(memoryFactor, 4) * 2 << 10

// watched waits for a process to end, and ends one that grows too large or computes
// for longer than limit.
func watched(cmd *exec.Cmd, limit time.Duration) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	pid := strconv.Itoa(cmd.Process.Pid)
	for {
		select {
		case err := <-ended:
			return err
		case <-time.After(2 * time.Millisecond):
		}
		switch {
		case field(pid, "VmRSS:") > maxMemory:
			_ = cmd.Process.Kill() // an error means that it has ended
			return <-ended
		case realtest.SpentBy(cmd.Process.Pid) > limit:
			_ = cmd.Process.Kill()
			if err := <-ended; err == nil {
				return nil
			}
			return fmt.Errorf("it still computed after %v of processor time", limit)
		}
	}
}

// field returns an amount of memory from /proc/pid/status in MiB, 0 if it is not
// there.
func field(pid, name string) int64 {
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), name)
	var kib int64
	_, _ = fmt.Sscan(rest, &kib) // 0 if it is not a number
	return kib >> 10
}

// TestHostileChild is the child process of the tests of hostile modules.
func TestHostileChild(t *testing.T) {
	if os.Getenv(trialVariable) == "" {
		return // only the child process runs it
	}
	var trials []trial
	if err := json.NewDecoder(os.Stdin).Decode(&trials); err != nil {
		t.Fatal(err)
	}
	for _, c := range trials {
		if c.NoCheck || c.NoRewrite || c.NoChild {
			limitAddressSpace(t)
		}
		text, err := json.Marshal(stand(t, c))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(reportPrefix + string(text))
	}
}

// stand tries one module and reports.
func stand(t *testing.T, c trial) report {
	s := trialSandbox(t, c)
	honest := s.load(t, watWasm(t, "segments"))
	wasm := c.Wasm
	if wasm == nil {
		wasm = hostileWasm(t, c.Module)
	}
	before := startPeak()
	began := realtest.Spent(t)
	m, err := s.Load(t.Context(), wasm)
	r := report{Load: realtest.Spent(t) - began}
	if err != nil {
		r.Refused = err.Error()
	} else {
		for r.runs(t, m, c); starved(r.Result) && c.AtOnce == 0; r.runs(t, m, c) {
		}
		_ = m.Close() // it only unmaps code
	}
	r.Peak = field("self", "VmHWM:") - before
	if got := honest.Run(t.Context(), plugins.Input{Probe: "p", Timeout: time.Minute}); got.Status != check.Healthy {
		r.Honest = fmt.Sprintf("%s/%s %q", got.Status, got.Cause, got.Message)
	}
	if logged := s.logged(); logged != "" {
		r.Lines = len(strings.Split(logged, "\n"))
	}
	return r
}

// runs runs a module as often concurrently as the trial says, while it collects
// garbage again and again.
func (r *report) runs(t *testing.T, m *plugins.Module, c trial) {
	in := plugins.Input{Integration: "i", Probe: "p", Timeout: c.Timeout, Memory: c.Memory}
	var all sync.WaitGroup
	var mu sync.Mutex
	r.Late = -c.Timeout
	deadline := time.Now().Add(c.Timeout)
	used := realtest.Spent(t) // at the last look before the deadline
	for range max(1, c.AtOnce) {
		all.Go(func() {
			got := m.Run(t.Context(), in)
			mu.Lock()
			defer mu.Unlock()
			late := -time.Until(deadline)
			if late > 0 {
				late = realtest.Spent(t) - used
			}
			r.Result, r.Late = got, max(r.Late, late)
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for {
		began := realtest.Spent(t)
		mu.Lock()
		if time.Now().Before(deadline) {
			used = began
		}
		mu.Unlock()
		runtime.GC()
		r.GC = max(r.GC, realtest.Spent(t)-began)
		select {
		case <-done:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// trialSandbox returns the sandbox of a trial: like the daemon's, with a compiler in
// a child process, without the defences that the trial leaves out.
func trialSandbox(t *testing.T, c trial) *sandbox {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	o := plugins.Options{CacheDir: t.TempDir(), CPUBudget: c.Budget}
	if !c.NoChild {
		o.Compiler = func(ctx context.Context, dir string) *exec.Cmd {
			return exec.CommandContext(ctx, self, "compile-module", dir, without(c.NoCheck, "check"), without(c.NoRewrite, "rewrite"))
		}
	}
	s := &sandbox{kept: map[string]string{}}
	o.KV, o.Log = s, s.log
	if s.Sandbox, err = plugins.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if c.NoChild {
		s.without = plugins.Defences{NoCheck: c.NoCheck, NoRewrite: c.NoRewrite}
	}
	return s
}

// without returns the name of a defence if it is left out.
func without(off bool, defence string) string {
	if off {
		return defence
	}
	return ""
}

// startPeak resets the kernel's measurement of peak memory, and returns the memory
// in use now.
func startPeak() int64 {
	runtime.GC()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // not on every system; the peak is that of the whole process then
	return field("self", "VmRSS:")
}

// hostileWasm packs a manifest with one probe "p" into a hostile module. A module
// that can't be read gets none.
func hostileWasm(t testing.TB, name string) []byte {
	t.Helper()
	for _, m := range hostile.Modules() {
		if m.Name == name {
			packed, err := manifest.Pack(m.Wasm(), &manifest.Manifest{ABI: "vega_v1", Name: "hostile", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
			if err != nil {
				return m.Wasm()
			}
			return packed
		}
	}
	t.Fatalf("there is no hostile module %q", name)
	return nil
}
