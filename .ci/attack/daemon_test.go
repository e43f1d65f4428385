package attack

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	_ "modernc.org/sqlite"

	"vega/daemon/realtest"
)

// daemon is a `vega serve` with its own directory.
type daemon struct {
	t        *testing.T
	dir, url string
	key      string
	cmd      *exec.Cmd
	ended    chan error
	mu       sync.Mutex
	text     bytes.Buffer
	asked    int
	answered int
	peak     int64 // bytes, with shared pages counted once
	shared   int64 // bytes, the most that were counted for each instance of a module
	began    time.Time
}

// home makes the directory of a daemon with its configuration and plugins.
func home(t *testing.T, hcl string, plugins map[string][]byte) *daemon {
	t.Helper()
	d := &daemon{t: t, dir: t.TempDir(), ended: make(chan error, 1)}
	d.write("vega.hcl", []byte(hcl))
	for name, wasm := range plugins {
		d.write(filepath.Join("plugins", name), wasm)
	}
	return d
}

func (d *daemon) write(name string, b []byte) {
	d.t.Helper()
	file := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		d.t.Fatal(err)
	}
}

// run starts vega and reports whether it answers in time. The shell command runs
// first, in the same shell, to set a limit for example.
func (d *daemon) run(within time.Duration, shell string, environment ...string) bool {
	d.t.Helper()
	d.cmd = exec.Command("/bin/sh", "-c", shell+` exec "$0" serve --port 0`, realtest.Vega(d.t, scratch))
	d.cmd.Dir, d.cmd.Env, d.cmd.Stderr = d.dir, append(os.Environ(), environment...), d
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	d.began = time.Now()
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(d.kill)
	up := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if url, ok := strings.CutPrefix(lines.Text(), "vega answers on "); ok {
				up <- url
			}
			_, _ = d.Write(append(lines.Bytes(), '\n'))
		}
		d.ended <- d.cmd.Wait()
		close(d.ended)
		close(up)
	}()
	select {
	case d.url = <-up:
	case <-time.After(within):
	}
	if d.url == "" {
		return false
	}
	key, err := os.ReadFile(filepath.Join(d.dir, ".vega", "api_key"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.key = strings.TrimSpace(string(key))
	d.decided("")
	return true
}

// decided waits until vega has loaded or refused every module that it found,
// including the file.
func (d *daemon) decided(file string) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		_, body, err := d.send(http.MethodGet, "/admin/plugins", 10*time.Second)
		if err != nil || !strings.Contains(body, `"state":"loading"`) && strings.Contains(body, file) {
			return
		}
	}
}

// start runs vega and fails the test if it does not answer.
func (d *daemon) start(environment ...string) *daemon {
	d.t.Helper()
	if !d.run(time.Minute, "", environment...) {
		d.t.Fatalf("vega does not answer:\n%s", d.written())
	}
	return d
}

func (d *daemon) kill() {
	d.measure()
	_ = d.cmd.Process.Kill()
	for range d.ended { // until closed
	}
}

// Write records vega's output.
func (d *daemon) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(b)
}

func (d *daemon) written() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// send sends a request to vega.
func (d *daemon) send(method, path string, within time.Duration) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("X-API-Key", d.key)
	client := http.Client{Timeout: within, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// result is the result of a check.
type result struct {
	Name, Status, Cause, Message string
	Error                        *struct{ Code, Message string }
	Details                      map[string]string
}

// check runs all checks without an interval and returns the results.
func (d *daemon) check(within time.Duration) map[string]result {
	d.t.Helper()
	_, body, err := d.send(http.MethodGet, "/admin/integrations/health", within)
	if err != nil {
		d.t.Logf("request the health: %v", err)
		return nil
	}
	var health struct{ Integrations []result }
	if err := json.Unmarshal([]byte(body), &health); err != nil {
		d.t.Fatalf("%v in %s", err, body)
	}
	all := map[string]result{}
	for _, r := range health.Integrations {
		all[r.Name] = r
	}
	return all
}

// answers requests /readyz n times, and reports whether each was answered within
// two seconds.
func (d *daemon) answers(n int) bool {
	before := d.answered
	for range n {
		d.asked++
		if _, _, err := d.send(http.MethodGet, "/readyz", 2*time.Second); err == nil {
			d.answered++
		}
	}
	return d.answered-before == n
}

// meanwhile requests /readyz until the returned function is called.
func (d *daemon) meanwhile() (end func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				d.share()
				d.answers(1)
			}
		}
	}()
	return func() { close(stop); <-done }
}

// measure updates the peak memory of vega.
func (d *daemon) measure() {
	d.share()
	d.peak = max(d.peak, d.memory("VmHWM:")-d.shared)
}

// share notes the size of the shared pages: the kernel counts those of a module's
// image for each instance.
func (d *daemon) share() { d.shared = max(d.shared, d.memory("RssShmem:")) }

func (d *daemon) memory(field string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	if err != nil {
		return 0 // it has ended
	}
	_, after, _ := strings.Cut(string(status), field)
	kib, _ := strconv.ParseInt(strings.Fields(after + " 0")[0], 10, 64)
	return kib << 10
}

// settle waits a moment, resets the peak memory of vega and returns its current
// memory without shared pages.
func (d *daemon) settle() int64 {
	time.Sleep(2 * time.Second)
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", d.cmd.Process.Pid), []byte("5"), 0); err != nil {
		d.t.Log(err)
	}
	return d.memory("VmRSS:") - d.memory("RssShmem:")
}

// processor returns the CPU time of vega.
func (d *daemon) processor() time.Duration {
	const schedClock = 2 // CPUCLOCK_SCHED: <linux/posix-timers.h>
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^d.cmd.Process.Pid<<3|schedClock), &t); err != nil {
		return 0 // it has ended
	}
	return time.Duration(t.Nano())
}

func (d *daemon) signal(s syscall.Signal) {
	d.t.Helper()
	if err := d.cmd.Process.Signal(s); err != nil {
		d.t.Fatal(err)
	}
}

// sqliteFile makes a database with one table and returns a block for it.
func sqliteFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (a)"); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("database \"app\" {\n  driver = \"sqlite\"\n  dsn    = %q\n}\n", file)
}
