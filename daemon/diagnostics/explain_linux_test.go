package diagnostics

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vega/daemon/diagnostics/system"
	"vega/daemon/realtest"
	"vega/policies/check"
)

// TestMain runs one of helpers instead of the tests if the environment requests it.
func TestMain(m *testing.M) {
	if name := os.Getenv("VEGA_TEST_HELPER"); name != "" {
		if err := helpers[name](); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// helpers lists programs that tests start. Each runs until its input ends.
var helpers = map[string]func() error{"large": large, "burner": burner, "confined": confined, "greedy": greedy, "waits": waits}

// helper is a running helper process.
type helper struct {
	*exec.Cmd
	lines *bufio.Scanner // its output
	send  func(line string)
}

// start runs the test binary as one of helpers.
func start(t testing.TB, name string, args ...string) *helper {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...)
	cmd.Env = append(os.Environ(), "VEGA_TEST_HELPER="+name)
	cmd.Stderr = os.Stderr
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, mib)
	return &helper{cmd, scanner, func(line string) { _, _ = fmt.Fprintln(in, line) }}
}

func (h *helper) line(t testing.TB) string {
	t.Helper()
	if !h.lines.Scan() {
		t.Fatalf("the helper exited: %v", h.lines.Err())
	}
	return h.lines.Text()
}

// waits does nothing until its input ends.
func waits() error {
	fmt.Println("ready")
	heard()
	return nil
}

// heard waits for a line of input and returns false at the end of the input.
func heard() bool { return bufio.NewScanner(os.Stdin).Scan() }

// large keeps 300 MiB of memory resident.
func large() error {
	_, err := touched(300 * mib)
	fmt.Println("ready")
	heard()
	return err
}

// touched returns resident memory. It does not use the Go heap, for which the race
// detector would need several times as much.
func touched(size int) ([]byte, error) {
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	for n := 0; n < len(memory); n += 4096 {
		memory[n] = 1
	}
	return memory, err
}

// burner keeps CPUs busy with many threads, to stand out even on a busy machine.
func burner() error {
	const threads = 8
	runtime.GOMAXPROCS(threads + 1)
	fmt.Println("ready")
	var all sync.WaitGroup
	for range threads {
		all.Go(func() { spin(time.Minute) })
	}
	all.Wait()
	return nil
}

func TestExplainFindsLargestAndBusiestProcess(t *testing.T) {
	big, busy := start(t, "large"), start(t, "burner")
	big.line(t)
	busy.line(t)
	c := settled(t)
	memory := explained(t, c, "memory.percent")
	if !slices.ContainsFunc(memory.TopMemory, func(p ProcessUse) bool {
		return p.PID == big.Process.Pid && p.RSS >= 300*mib && p.RSS < 500*mib && strings.HasPrefix(p.Name, "diagnostics")
	}) {
		t.Errorf("%+v lacks process %d", memory.TopMemory, big.Process.Pid)
	}
	if len(memory.TopMemory) > maxListed || memory.Limit == nil || memory.Limit.Unit != "bytes" || memory.Heap == nil {
		t.Errorf("%+v", memory)
	}
	isBusy := func(p ProcessUse) bool { return p.PID == busy.Process.Pid && *p.CPUPercent > 5 }
	var cpu Evidence
	agree(t, func(r reporter) { // other processes may be busier for a while
		if cpu = explained(t, c, "cpu"); !slices.ContainsFunc(cpu.TopCPU, isBusy) {
			r.Errorf("%+v lacks process %d", cpu.TopCPU, busy.Process.Pid)
		}
	})
	text := strings.Join(cpu.Sentences(), "\n")
	if !strings.Contains(text, "the limit is ") || !strings.Contains(text, fmt.Sprintf("(pid %d)", busy.Process.Pid)) {
		t.Error(text)
	}
}

func explained(t testing.TB, c *Collector, resource string) Evidence {
	t.Helper()
	e, err := c.Explain(t.Context(), resource)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// leak starts n goroutines that wait until end is called.
func leak(n int) (end func()) {
	never := make(chan struct{})
	var begun sync.WaitGroup
	begun.Add(n)
	for range n {
		go func() { begun.Done(); <-never }()
	}
	begun.Wait()
	return func() { close(never) }
}

func TestExplainNamesLeakingFunction(t *testing.T) {
	defer leak(5000)()
	e := explained(t, settled(t), "threads")
	if len(e.Goroutines) == 0 || len(e.Goroutines) > maxGroups {
		t.Fatalf("%+v", e.Goroutines)
	}
	g := e.Goroutines[0]
	if g.Count < 4900 || !strings.HasSuffix(g.Function, "diagnostics.leak.func1") || g.At != g.Function {
		t.Errorf("%+v", g)
	}
	if text := strings.Join(e.Sentences(), "\n"); !strings.Contains(text, "goroutines started in vega/daemon/diagnostics.leak.func1") {
		t.Error(text)
	}
}

func TestExplainCountsOpenFilesByKind(t *testing.T) {
	near, _ := pairs(t, 20)
	gone, err := os.Create(filepath.Join(t.TempDir(), "gone"))
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	if err := os.Remove(gone.Name()); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	agree(t, func(rep reporter) {
		e := explained(t, settled(t), "file_descriptors")
		k := e.OpenFiles
		if k["socket"] < 2*len(near) || k["pipe"] < 2 || k["deleted_file"] < 1 || k["eventpoll"] < 1 {
			rep.Errorf("%v", k)
		}
		total := 0
		for _, n := range k {
			total += n
		}
		open, err := system.New().OpenFiles()
		if err != nil {
			t.Fatal(err)
		}
		same(rep, "the sum of the kinds", &total, float64(open), 3)
	})
}

func TestExplainCountsOwnConnectionsByRemote(t *testing.T) {
	near, _ := pairs(t, 50)
	e := explained(t, settled(t), "network")
	if e.Connections == nil {
		t.Fatalf("%+v", e)
	}
	own := e.Connections.Own["ESTABLISHED"]
	same(t, "own", &own, float64(2*len(near)), 10)
	if !slices.ContainsFunc(e.Connections.Remotes, func(r Remote) bool { return r.Address == "127.0.0.1" && r.Own >= 2*len(near) && r.Count >= r.Own }) {
		t.Errorf("%+v", e.Connections)
	}
}

func TestExplainNamesLargestDataFiles(t *testing.T) {
	dir := t.TempDir()
	for name, size := range map[string]int{"vega.db": 3000, "vega.db-wal": 5000, "api_key": 40, "cache/a": 700, "cache/b": 0} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, make([]byte, size), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := New(Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	e := explained(t, c, "disks.0")
	want := []FileSize{{"vega.db-wal", 5000}, {"vega.db", 3000}, {"cache/a", 700}}
	if d := e.DataFiles; d == nil || d.Bytes != 8740 || d.Count != 5 || !d.Complete || !slices.Equal(d.Largest, want) {
		t.Errorf("%+v", d)
	}
	if text := strings.Join(e.Sentences(), "\n"); !strings.Contains(text, "the data directory holds 8.5 KiB: vega.db-wal 4.9 KiB") {
		t.Error(text)
	}
}

// TestMoved checks that moves compare with the previous and the oldest reading.
func TestMoved(t *testing.T) {
	c := settled(t)
	open := func(ago time.Duration, files float64) {
		c.history.readings = append(c.history.readings, reading{at: time.Now().Add(-ago), values: map[string]float64{"file_descriptors.open": files}})
	}
	open(4*time.Minute, 5)
	open(time.Minute, 9)
	open(0, 1000) // too recent to compare with
	e := explained(t, c, "file_descriptors")
	if len(e.Moved) != 2 || e.Moved[0].From != 9 || e.Moved[1].From != 5 {
		t.Fatalf("%+v", e.Moved)
	}
	for n, over := range []time.Duration{time.Minute, 4 * time.Minute} {
		m := e.Moved[n]
		if shortest := check.Milliseconds(over); m.OverMS < shortest || m.OverMS > shortest+check.Milliseconds(realtest.Patience) {
			t.Errorf("over %v ms, want slightly more than %v", m.OverMS, shortest)
		}
		if m.Delta != m.To-m.From || m.To < 3 {
			t.Errorf("%+v", m)
		}
	}
	if got := (Move{Field: "memory.used", From: 3 * mib, To: mib, Delta: -2 * mib, OverMS: 90_000}).String(); got != "memory.used fell by 2 MiB to 1 MiB in 1m30s" {
		t.Error(got)
	}
}

// TestHistoryIsThinned checks that the history covers five minutes and keeps the
// last two readings.
func TestHistoryIsThinned(t *testing.T) {
	var h history
	start := time.Now()
	for second := range 1000 {
		h.add(Summary{taken: start.Add(time.Duration(second) * time.Second)})
		h.add(Summary{taken: start.Add(time.Duration(second)*time.Second + time.Millisecond)})
	}
	n := len(h.readings)
	last := h.readings[n-1].at.Sub(start)
	if n > 40 || n < 20 || last != 999*time.Second || h.readings[n-1].at.Sub(h.readings[n-2].at) != time.Second {
		t.Errorf("%d readings, the last after %v", n, last)
	}
	if span := h.readings[n-1].at.Sub(h.readings[0].at); span > historyLength || span < historyLength-3*historyEvery {
		t.Errorf("readings over %v", span)
	}
}

func TestUnknownResourceListsValidOnes(t *testing.T) {
	_, err := collector(t).Explain(t.Context(), "weather")
	if e := (*UnknownResourceError)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "file_descriptors, memory") {
		t.Errorf("%v", err)
	}
	for resource, paths := range tracked {
		for _, path := range paths {
			if !slices.Contains(Paths(), path) {
				t.Errorf("%s tracks %s, which is not a figure", resource, path)
			}
		}
	}
}

// TestExplainOmitsProcessArguments checks that evidence contains no process
// arguments, which may be secret.
func TestExplainOmitsProcessArguments(t *testing.T) {
	const secret = "an-argument-like-no-other"
	start(t, "waits", secret).line(t)
	c := settled(t)
	for _, resource := range Resources() {
		if text := fmt.Sprint(generic(t, explained(t, c, resource))); strings.Contains(text, secret) {
			t.Errorf("the evidence for %s has arguments: %s", resource, text)
		}
	}
}
