package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// daemon is a vega whose wall clock a test moves.
type daemon struct {
	t                  *testing.T
	program, dir, addr string
	running            *exec.Cmd
}

const apiKey = "a-key-for-tests-that-is-long-enough"

// newDaemon builds vega, and configures a check of itself each second and one of redis
// on request.
func newDaemon(t *testing.T, redis string) *daemon {
	t.Helper()
	dir := t.TempDir()
	overlay, err := write(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &daemon{t: t, program: filepath.Join(dir, "vega"), dir: dir, addr: freeAddress(t)}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", d.program, "vega/daemon/vega")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, port, _ := net.SplitHostPort(d.addr)
	config := fmt.Sprintf(`data_dir = %q
server {
  port    = %s
  api_key = %q
}
plugins {
  dir = %q
}
integration "self" {
  probe    = core.http
  interval = "1s"
  timeout  = "1s"
  config {
    url = "http://%s/healthz"
  }
}
integration "redis" {
  probe    = core.redis
  interval = "0s"
  timeout  = "1m"
  config {
    address = %q
  }
}
`, filepath.Join(dir, "data"), port, apiKey, filepath.Join(dir, "plugins"), d.addr, redis)
	if err := os.WriteFile(filepath.Join(dir, "vega.hcl"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.stop)
	return d
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// move moves vega's wall clock and, if vega runs, waits until that has happened.
func (d *daemon) move(by time.Duration) {
	d.t.Helper()
	path := filepath.Join(d.dir, "offset")
	if err := os.WriteFile(path+".new", []byte(by.String()), 0o600); err != nil {
		d.t.Error(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		d.t.Error(err)
	}
	for d.running != nil && d.t.Context().Err() == nil {
		var now struct{ At time.Time }
		d.get("/admin/integrations", &now)
		if time.Until(now.At.Add(-by)).Abs() < time.Minute {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (d *daemon) start() {
	d.t.Helper()
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.CommandContext(context.WithoutCancel(d.t.Context()), d.program, "serve")
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, log, log
	cmd.Env = append(os.Environ(), "CLOCK_OFFSET="+filepath.Join(d.dir, "offset"))
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	for d.try("/readyz", nil) != nil && d.t.Context().Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	d.running = cmd
}

func (d *daemon) stop() {
	if d.running == nil {
		return
	}
	_ = d.running.Process.Signal(syscall.SIGTERM)
	if err := d.running.Wait(); err != nil {
		d.t.Error(err)
	}
	d.running = nil
}

// get reads an answer of vega's API.
func (d *daemon) get(path string, into any) {
	d.t.Helper()
	if err := d.try(path, into); err != nil {
		d.t.Error(err)
	}
}

func (d *daemon) try(path string, into any) error {
	r, err := http.NewRequestWithContext(context.WithoutCancel(d.t.Context()), http.MethodGet, "http://"+d.addr+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", apiKey)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, resp.Status, body)
	}
	if err == nil && into != nil {
		err = json.Unmarshal(body, into)
	}
	return err
}

// run is the last run of an integration, or one of its history.
type run struct {
	ID      int64   `json:"id"`
	Status  string  `json:"status"`
	Message string  `json:"message"`
	AgeMS   float64 `json:"age_ms"`
	Stored  bool    `json:"stored"`
	Metrics []struct {
		Name  string  `json:"name"`
		Value float64 `json:"value"`
	} `json:"metrics"`
}

// awaitRuns waits for some more runs of the check of itself.
func (d *daemon) awaitRuns(n int64) {
	d.t.Helper()
	newest := func() int64 {
		var page struct{ Runs []run }
		d.get("/admin/integrations/self/runs?limit=1", &page)
		if len(page.Runs) == 0 {
			return 0
		}
		if page.Runs[0].AgeMS < 0 {
			d.t.Errorf("%+v", page.Runs[0])
		}
		return page.Runs[0].ID
	}
	for first := newest(); newest() < first+n && d.t.Context().Err() == nil; {
		time.Sleep(50 * time.Millisecond)
	}
}

// TestChecksGoOnUnderAnyClock starts vega with a wrong clock that is corrected later.
// It doesn't end if the checks don't go on.
func TestChecksGoOnUnderAnyClock(t *testing.T) {
	d := newDaemon(t, "127.0.0.1:1")
	for _, offset := range []time.Duration{
		-time.Since(time.Unix(0, 0)).Truncate(time.Hour), // 1970
		-24 * time.Hour, time.Hour, 400 * 24 * time.Hour,
		175 * 365 * 24 * time.Hour, // after 2157, Go has no monotonic clock
		280 * 365 * 24 * time.Hour, // nanoseconds since 1970 overflow
	} {
		d.move(offset)
		d.start()
		d.awaitRuns(2)
		d.move(0)
		d.awaitRuns(2)
		d.move(-offset / 2)
		d.awaitRuns(2)
		var r run
		if d.get("/admin/integrations/self", &r); r.Status != "healthy" || r.Stored || r.AgeMS < 0 || r.AgeMS > float64(time.Hour.Milliseconds()) {
			t.Errorf("%v: %+v", offset, r)
		}
		d.stop()
	}
}

// TestAJumpIsNoLatency moves the clock while a target lets a check wait.
func TestAJumpIsNoLatency(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	d := newDaemon(t, l.Addr().String())
	d.start()
	jumps := []time.Duration{time.Hour, -time.Hour, 400 * 24 * time.Hour, 0}
	next := make(chan time.Duration, 1)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 100))
			d.move(<-next)
			_, _ = c.Write([]byte("+PONG\r\n"))
			_ = c.Close()
		}
	}()
	for _, by := range jumps {
		next <- by
		var h struct{ Integrations []run }
		d.get("/admin/integrations/health?name=redis&timeout=1m", &h)
		if len(h.Integrations) != 1 || h.Integrations[0].Status != "healthy" || len(h.Integrations[0].Metrics) != 1 {
			t.Fatalf("%v: %+v", by, h)
		}
		if ping := h.Integrations[0].Metrics[0].Value; ping < 0 || ping > float64(time.Minute.Milliseconds()) {
			t.Errorf("%v: the PING took %v ms: %s", by, ping, h.Integrations[0].Message)
		}
	}
}
