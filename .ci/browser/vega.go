package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// key is the key of vega's API.
const key = "the-key-of-the-browser"

// vega is a running vega.
type vega struct {
	cmd  *exec.Cmd
	url  string
	dir  string
	out  bytes.Buffer
	done chan struct{}
	err  error // of the process, once done
}

// start starts a vega with a configuration and other files, and waits until it is ready.
func (s *suite) start(ctx context.Context, text string, files map[string][]byte) (*vega, error) {
	dir, err := os.MkdirTemp("", "vega-browser-")
	if err != nil {
		return nil, err
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	v := &vega{dir: dir, url: "http://127.0.0.1:" + port, done: make(chan struct{})}
	files["vega.hcl"] = []byte("server {\n  api_key = env(\"KEY\")\n  port    = " + port + "\n  max_connections = 512\n  max_connections_per_client = 512\n}\n" + text)
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, content, 0o600)); err != nil {
			return nil, err
		}
	}
	v.cmd = exec.CommandContext(ctx, s.program, "serve")
	v.cmd.Dir, v.cmd.Stdout, v.cmd.Stderr = dir, &v.out, &v.out
	v.cmd.Env = append(os.Environ(), "KEY="+key, "TOKEN=the-token-of-a-heartbeat")
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		v.err = v.cmd.Wait()
		close(v.done)
	}()
	return v, v.ready(ctx)
}

// ready waits until vega answers or ends.
func (v *vega) ready(ctx context.Context) error {
	for {
		if status, _, err := v.ask(ctx, http.MethodGet, "/readyz", ""); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-v.done:
			return fmt.Errorf("vega ended: %w\n%s", v.err, v.out.String())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// stop stops vega. Its error says what vega wrote if it did not end well.
func (v *vega) stop() error {
	defer os.RemoveAll(v.dir)
	_ = v.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	<-v.done
	if v.err != nil || bytes.Contains(v.out.Bytes(), []byte("panic")) {
		return fmt.Errorf("vega: %w\n%s", v.err, v.out.String())
	}
	return nil
}

// ask sends a request to the API.
func (v *vega) ask(ctx context.Context, method, path, body string) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, v.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("X-API-Key", key)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	return resp.StatusCode, content, err
}

// get decodes an answer of the API.
func (v *vega) get(ctx context.Context, path string, into any) error {
	status, body, err := v.ask(ctx, http.MethodGet, path, "")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("GET %s: %d %s", path, status, body)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// post sends JSON to the API, which must accept it.
func (v *vega) post(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	status, answer, err := v.ask(ctx, http.MethodPost, path, string(text))
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("POST %s: %d %s", path, status, answer)
	}
	return err
}

// login logs in, and returns the cookies.
func (v *vega) login(ctx context.Context) ([]*http.Cookie, error) {
	form := url.Values{"key": {key}, "next": {"/"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultTransport.RoundTrip(r) // without the page that it leads to
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) == 0 {
		return nil, fmt.Errorf("POST /login: %d, %d cookies", resp.StatusCode, len(resp.Cookies()))
	}
	return resp.Cookies(), nil
}

// eventually waits until something is so.
func eventually(ctx context.Context, what string, so func() (bool, error)) error {
	for began := time.Now(); time.Since(began) < patience; {
		ok, err := so()
		if err != nil || ok {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("not within %v: %s", patience, what)
}

// freePort returns an unused port outside of the range for connections, from which others
// may take it before vega listens.
func freePort(ctx context.Context) (string, error) {
	const first, last = 20_000, 32_000
	for range 100 {
		port := strconv.Itoa(first + rand.IntN(last-first)) //nolint:gosec // not a secret
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			return port, l.Close()
		}
	}
	return "", errors.New("no free port found")
}

// cpu returns the CPU time of vega.
func (v *vega) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", v.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}
