package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// vega is a daemon with its own directory. It keeps its port across restarts.
type vega struct {
	program string
	dir     string
	ns      namespace
	port    int
	key     string
	extra   []string // variables of the environment
	client  *http.Client
	log     *journal

	mu    sync.Mutex
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process has ended
}

// start starts the process and waits until it says its address. It returns how long
// that took.
func (v *vega) start(ctx context.Context) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, v.program, "serve", "--port", strconv.Itoa(v.port))
	cmd.Dir, cmd.Env = v.dir, append(append(os.Environ(), "VEGA_API_KEY="+v.key), v.extra...)
	stdout, err1 := cmd.StdoutPipe()
	stderr, err2 := cmd.StderrPipe()
	if err := errors.Join(err1, err2); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := v.ns.do(cmd.Start); err != nil {
		return 0, err
	}
	ended, up := make(chan struct{}), make(chan struct{})
	v.mu.Lock()
	v.cmd, v.ended = cmd, ended
	v.mu.Unlock()
	var readers sync.WaitGroup
	readers.Go(func() { v.log.read(stderr) })
	readers.Go(func() { v.follow(stdout, up) })
	go func() {
		readers.Wait()
		_ = cmd.Wait() // ProcessState has the result
		close(ended)
	}()
	select {
	case <-up:
		return time.Since(began), nil
	case <-ended:
		return 0, fmt.Errorf("vega ended at its start: %s\n%s", cmd.ProcessState, v.log.tail())
	case <-time.After(time.Minute):
		return 0, fmt.Errorf("vega does not say its address within a minute\n%s", v.log.tail())
	}
}

// follow reads what vega prints, and closes up at its address.
func (v *vega) follow(stdout io.Reader, up chan struct{}) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		v.log.note(lines.Text())
		if strings.HasPrefix(lines.Text(), "vega answers on ") && up != nil {
			close(up)
			up = nil
		}
	}
}

func (v *vega) pid() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.cmd.Process.Pid
}

// alive reports whether the process runs.
func (v *vega) alive() bool {
	select {
	case <-v.ended:
		return false
	default:
		return true
	}
}

// kill ends the process at once and waits for its end.
func (v *vega) kill() {
	_ = v.cmd.Process.Kill() // it may have ended
	<-v.ended
}

// stop sends SIGTERM. It returns how long the process took to end, and its exit code,
// which is -1 if it did not end by itself within the limit.
func (v *vega) stop(limit time.Duration) (time.Duration, int) {
	began := time.Now()
	_ = v.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-v.ended:
	case <-time.After(limit):
		v.kill()
		return time.Since(began), -1
	}
	return time.Since(began), v.cmd.ProcessState.ExitCode()
}

// answer is an HTTP response.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends a request with the API key.
func (v *vega) ask(ctx context.Context, method, path string, body io.Reader) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", v.port, path), body)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("X-API-Key", v.key)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := v.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text}, err
}

// overview is part of the answer of /admin/integrations.
type overview struct {
	Integrations []struct {
		Name, Status, Cause, Message string
		Age                          float64 `json:"age_ms"`
	}
}

// integrations returns the last verdicts.
func (v *vega) integrations(ctx context.Context) (overview, error) {
	var o overview
	a, err := v.ask(ctx, http.MethodGet, "/admin/integrations", nil)
	if err != nil {
		return o, err
	}
	if a.status != http.StatusOK {
		return o, fmt.Errorf("/admin/integrations answered %d", a.status)
	}
	return o, json.Unmarshal(a.body, &o)
}

// footprint is what the process holds.
type footprint struct {
	rss                 int64 // bytes
	descriptors, thread int
	goroutines          int
	files               int64 // bytes of the store's files
}

// footprint returns the least that the process holds at some moments of a second, so
// that checks and requests in flight do not count.
func (v *vega) footprint(ctx context.Context) footprint {
	f := v.holds(ctx)
	for range 3 {
		time.Sleep(pause)
		g := v.holds(ctx)
		f.rss, f.descriptors, f.thread = min(f.rss, g.rss), min(f.descriptors, g.descriptors), min(f.thread, g.thread)
		f.goroutines, f.files = min(f.goroutines, g.goroutines), min(f.files, g.files)
	}
	return f
}

const pause = 300 * time.Millisecond

// holds reads what the process holds.
func (v *vega) holds(ctx context.Context) footprint {
	var f footprint
	proc := fmt.Sprintf("/proc/%d/", v.pid())
	status, _ := os.ReadFile(proc + "status") // empty if the process has ended
	for line := range strings.Lines(string(status)) {
		fields := append(strings.Fields(line), "", "")
		n, _ := strconv.ParseInt(fields[1], 10, 64) // 0 for other lines
		switch fields[0] {
		case "VmRSS:":
			f.rss = n << 10
		case "Threads:":
			f.thread = int(n)
		}
	}
	open, _ := os.ReadDir(proc + "fd")
	f.descriptors = len(open)
	names, _ := filepath.Glob(filepath.Join(v.dir, "data", "vega.db*"))
	for _, name := range names {
		if info, err := os.Stat(name); err == nil {
			f.files += info.Size()
		}
	}
	var system struct{ Runtime struct{ Goroutines int } }
	if a, err := v.ask(ctx, http.MethodGet, "/admin/diagnostics/system", nil); err == nil {
		_ = json.Unmarshal(a.body, &system) // 0 if it does not answer
	}
	f.goroutines = system.Runtime.Goroutines
	return f
}

// journal is what vega has logged.
type journal struct {
	file *os.File

	mu      sync.Mutex
	errors  []entry
	spoken  []time.Time // of the lines that are not of a run or a request
	last    []string    // a few lines
	strange []string    // lines of a crash
	unwell  map[string]int
	lost    int64

	stuck atomic.Bool // nobody reads the log
}

// entry is a log line of the level ERROR.
type entry struct {
	at       time.Time
	msg, err string
}

// note keeps a line for an error of the kit.
func (j *journal) note(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintln(j.file, line)
	if j.last = append(j.last, line); len(j.last) > 6 {
		j.last = j.last[1:]
	}
}

func (j *journal) tail() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.last, "\n")
}

// read reads the log of one process.
func (j *journal) read(stderr io.Reader) {
	lines := bufio.NewReader(stderr)
	for {
		for j.stuck.Load() {
			time.Sleep(period)
		}
		line, err := lines.ReadString('\n')
		if line = strings.TrimSuffix(line, "\n"); line != "" {
			j.note(line)
			j.digest(line)
		}
		if err != nil {
			return
		}
	}
}

// digest counts a line of the log.
func (j *journal) digest(line string) {
	var fields map[string]any
	j.mu.Lock()
	defer j.mu.Unlock()
	if json.Unmarshal([]byte(line), &fields) != nil {
		crash := strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") || strings.HasPrefix(line, "goroutine ")
		if crash && len(j.strange) < 3 {
			j.strange = append(j.strange, line)
		}
		return
	}
	msg, _ := fields["msg"].(string)
	if msg == "run" && fields["status"] == "unhealthy" && !isPatient(fields["integration"]) {
		j.unwell[fmt.Sprint(fields["cause"], ": ", fields["message"])]++
	}
	if msg != "run" && msg != "request" && msg != "request failed" {
		j.spoken = append(j.spoken, time.Now())
	}
	if fields["level"] == "ERROR" {
		j.errors = append(j.errors, entry{time.Now(), msg, fmt.Sprint(fields["err"])})
	}
	for key, value := range fields {
		// One line says it when the store can be written again, another one at the end.
		if n, ok := value.(float64); ok && (key == "runs_lost" || key == "runs") && strings.Contains(msg+key, "lost") && !strings.HasPrefix(msg, "still") {
			j.lost += int64(n)
		}
	}
}

// spokeBetween reports whether vega logged something between two moments that is not
// of a run or a request.
func (j *journal) spokeBetween(from, to time.Time) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.ContainsFunc(j.spoken, func(at time.Time) bool { return at.After(from) && at.Before(to) })
}

// errorsSince returns the messages of ERROR lines since a moment, with their numbers.
func (j *journal) errorsSince(t time.Time) (n int, kinds []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	count := map[string]int{}
	for _, e := range j.errors {
		if e.at.After(t) {
			n++
			count[e.msg]++
		}
	}
	for _, msg := range slices.Sorted(maps.Keys(count)) {
		kinds = append(kinds, fmt.Sprintf("%d× %s", count[msg], msg))
	}
	return n, kinds
}

// forget forgets what was logged so far.
func (j *journal) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.errors, j.spoken, j.lost = nil, nil, 0
	clear(j.unwell)
}
