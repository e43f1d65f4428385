package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"vega/daemon/engine"
	"vega/daemon/vega/cli"
	"vega/store/sqlite"
)

// caller is a connection to vega whose bytes a test controls.
type caller struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (p *process) dial() *caller {
	p.t.Helper()
	c, err := new(net.Dialer).DialContext(p.t.Context(), "tcp", strings.TrimPrefix(p.url, "http://"))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(2 * time.Minute)) // so that a hanging test ends
	return &caller{c, p.t, bufio.NewReader(c)}
}

func (c *caller) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		c.t.Error(err)
	}
}

// hear reads one answer.
func (c *caller) hear() (status int, body string, err error) {
	c.t.Helper()
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// draining waits until vega has logged that it shuts down.
func (p *process) draining() {
	p.t.Helper()
	p.until("shutting down", func() bool { return strings.Contains(p.written(), `"msg":"shutting down"`) })
}

func (p *process) term() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
}

// reopened opens the store after vega has ended.
func reopened(t *testing.T, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, ".vega", "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

const memory = `{"value": "kept"}`

func (p *process) put(name string) string {
	return fmt.Sprintf("PUT /v1/memories/%s HTTP/1.1\r\nHost: v\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", name, p.key, len(memory))
}

// TestTermInEachPhase sends SIGTERM while one request is in each phase. Every
// request is answered in full, what it wrote is stored, and vega exits with 0.
func TestTermInEachPhase(t *testing.T) { // not parallel: it would starve other tests
	asked, answer := make(chan struct{}, 1), make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-answer
	}))
	t.Cleanup(target.Close)
	dir := t.TempDir()
	write(t, dir, "vega.hcl", fmt.Sprintf("server {\n  drain_timeout = \"1m\"\n}\nintegration \"slow\" {\n  probe    = core.http\n  interval = \"0s\"\n  timeout  = \"30s\"\n  config {\n    url = %q\n  }\n}\n", target.URL))
	vega := serveWith(t, dir, os.Environ())
	large := strings.Repeat("x", 1<<20)
	logged := vega.dial()
	body := fmt.Sprintf(`{"session_id": "s", "source": "test", "model": "m", "prompt": %q, "response": %q}`, large, large)
	const conversations = 10 // more than the socket buffers hold
	for range conversations {
		logged.say(fmt.Sprintf("POST /v1/conversations HTTP/1.1\r\nHost: v\r\nX-API-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", vega.key, len(body), body))
		if status, said, err := logged.hear(); status != http.StatusCreated || err != nil {
			t.Fatalf("%d %v %.300s", status, err, said)
		}
	}

	head := vega.dial()
	head.say(vega.put("head"))
	halfBody := vega.dial()
	halfBody.say(vega.put("half-body") + memory[:5])
	running := vega.dial()
	running.say("GET /admin/integrations/health HTTP/1.1\r\nHost: v\r\nX-API-Key: " + vega.key + "\r\n\r\n")
	<-asked
	halfRead := vega.dial()
	halfRead.say("GET /v1/conversations HTTP/1.1\r\nHost: v\r\nX-API-Key: " + vega.key + "\r\n\r\n")
	if line, err := halfRead.r.Peek(100); err != nil || !strings.HasPrefix(string(line), "HTTP/1.1 200") {
		t.Fatalf("%q %v", line, err)
	}
	// Package http keeps a connection without a complete head for five seconds at least.
	halfHead := vega.dial()
	halfHead.say(vega.put("half-head")[:60])
	if status, _ := vega.get("/healthz"); status != http.StatusOK { // and all earlier connections are accepted
		t.Fatal(status)
	}
	vega.term()
	vega.draining()

	halfHead.say(vega.put("half-head")[60:] + memory)
	head.say(memory)
	halfBody.say(memory[5:])
	for name, c := range map[string]*caller{"half-head": halfHead, "head": head, "half-body": halfBody} {
		if status, said, err := c.hear(); status != http.StatusOK || err != nil || !strings.Contains(said, "kept") {
			t.Errorf("%s: %d %v %s", name, status, err, said)
		}
	}
	close(answer)
	var h engine.Health
	if status, said, err := running.hear(); status != http.StatusOK || errors.Join(err, json.Unmarshal([]byte(said), &h)) != nil || h.Summary.Healthy != 1 {
		t.Errorf("running: %d %v %s", status, err, said)
	}
	if status, said, err := halfRead.hear(); status != http.StatusOK || err != nil || len(said) < conversations*2*len(large) {
		t.Errorf("half-read: %d %v %d bytes", status, err, len(said))
	}
	if err := vega.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, vega.written())
	}
	if log := vega.written(); strings.Contains(log, `"status":500`) || strings.Contains(log, "nil pointer") || strings.Contains(log, "panic") || strings.Contains(log, `"level":"ERROR"`) {
		t.Error(log)
	}
	s := reopened(t, dir)
	for _, name := range []string{"half-head", "head", "half-body"} {
		if m, err := s.Memory(t.Context(), name); err != nil || m.Value != "kept" {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
}

// TestTermUnderWriters sends SIGTERM to a daemon with 50 writers: every
// acknowledged write is stored, and no request gets a 500.
func TestTermUnderWriters(t *testing.T) { // not parallel: it would starve other tests
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "")
	vega := serveWith(t, dir, os.Environ())
	const writers = 50
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}}
	var mu sync.Mutex
	statuses, acknowledged := map[int]int{}, map[string]bool{}
	var all sync.WaitGroup
	begun := make(chan struct{}, writers)
	for w := range writers {
		all.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("w%d-%d", w, n)
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, vega.url+"/v1/memories/"+name, strings.NewReader(memory))
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("X-API-Key", vega.key)
				r.Header.Set("Content-Type", "application/json")
				res, err := client.Do(r)
				if n == 3 {
					begun <- struct{}{}
				}
				if err != nil {
					return // the daemon has ended
				}
				_, err = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				mu.Lock()
				statuses[res.StatusCode]++
				if res.StatusCode == http.StatusOK && err == nil {
					acknowledged[name] = true
				}
				mu.Unlock()
			}
		})
	}
	for range writers {
		<-begun
	}
	vega.term()
	if err := vega.cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, vega.written())
	}
	all.Wait()
	t.Logf("statuses %v", statuses)
	if len(statuses) != 1 || statuses[http.StatusOK] == 0 {
		t.Errorf("%v", statuses)
	}
	s := reopened(t, dir)
	lost := 0
	for name := range acknowledged {
		if _, err := s.Memory(t.Context(), name); err != nil {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged writes are lost", lost, len(acknowledged))
	}
}

// TestSecondTermCuts checks that a second signal ends the drain immediately, and
// that the log names what was interrupted.
func TestSecondTermCuts(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 2)
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(target.Close)
	dir := t.TempDir()
	write(t, dir, "vega.hcl", fmt.Sprintf("server {\n  drain_timeout = \"10m\"\n}\nintegration \"hangs\" {\n  probe    = core.http\n  interval = \"0s\"\n  timeout  = \"30s\"\n  config {\n    url = %q\n  }\n}\n", target.URL))
	vega := serveWith(t, dir, os.Environ())
	body := vega.dial()
	body.say(vega.put("never-whole") + memory[:5])
	run := vega.dial()
	run.say("GET /admin/integrations/health HTTP/1.1\r\nHost: v\r\nX-API-Key: " + vega.key + "\r\n\r\n")
	<-asked
	vega.term()
	vega.draining()
	vega.term()
	err := vega.cmd.Wait()
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) || exit.ExitCode() != cli.ExitError {
		t.Error(err)
	}
	log := vega.written()
	for _, want := range []string{`"msg":"stopped running checks"`, `"integrations":"[hangs]"`, `"msg":"closed connections with requests in flight"`, "PUT /v1/memories/never-whole", "received a second signal"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s:\n%s", want, log)
		}
	}
	if strings.Contains(log, "nil pointer") || strings.Contains(log, `"status":500`) {
		t.Error(log)
	}
	if _, _, err := body.hear(); err == nil {
		t.Error("half a body was answered")
	}
	if _, err := reopened(t, dir).Memory(t.Context(), "never-whole"); err == nil {
		t.Error("half a body was stored")
	}
}

// TestDrainTimeoutCuts checks that the drain timeout ends the drain, and that the
// log names the request that was not answered.
func TestDrainTimeoutCuts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "vega.hcl", "server {\n  drain_timeout = \"200ms\"\n}\n")
	vega := serveWith(t, dir, os.Environ())
	c := vega.dial()
	c.say(vega.put("never-whole") + memory[:5])
	vega.get("/admin/plugins") // by now the other connection has been accepted
	vega.term()
	err := vega.cmd.Wait()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != cli.ExitError {
		t.Error(err)
	}
	if log := vega.written(); !strings.Contains(log, "drain timeout of 200ms exceeded; 1 request not answered: PUT /v1/memories/never-whole") {
		t.Error(log)
	}
}
