package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// vega is a running daemon with a configuration.
type vega struct {
	cmd     *exec.Cmd
	dir     string
	url     string
	key     string
	ready   time.Time
	started time.Duration // from the start of the process to its first answer
	logged  sync.WaitGroup

	mu   sync.Mutex
	runs []runLine
}

// runLine is a log line of a run. The daemon logs each run that is not healthy, and
// each change.
type runLine struct {
	Msg         string  `json:"msg"`
	Integration string  `json:"integration"`
	Status      string  `json:"status"`
	Cause       string  `json:"cause"`
	Message     string  `json:"message"`
	TookMS      float64 `json:"took_ms"`
}

// buildVega builds the daemon once, with the flags of a release.
func (b *bench) buildVega(ctx context.Context) (string, error) {
	program := filepath.Join(b.dir, "vega")
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "nomsgpack,grpcnotrace", "-ldflags", "-s -w", "-o", program, "./daemon/vega")
	cmd.Dir = b.root
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, text)
	}
	return program, nil
}

// serve starts a daemon with a configuration and modules in a new directory, and
// waits until it answers.
func (b *bench) serve(ctx context.Context, name, hcl string, modules map[string][]byte) (*vega, error) {
	program, err := b.buildVega(ctx)
	if err != nil {
		return nil, err
	}
	v := &vega{dir: filepath.Join(b.dir, name)}
	if err := v.write(hcl, modules); err != nil {
		return nil, err
	}
	v.cmd = exec.CommandContext(ctx, program, "serve", "--port", "0")
	v.cmd.Dir = v.dir
	stdout, err1 := v.cmd.StdoutPipe()
	stderr, err2 := v.cmd.StderrPipe()
	began := time.Now()
	if err := errors.Join(err1, err2, v.cmd.Start()); err != nil {
		return nil, err
	}
	v.logged.Go(func() { v.readLog(stderr) })
	if err := v.await(stdout); err != nil {
		_ = v.cmd.Process.Kill()
		v.logged.Wait()
		_ = v.cmd.Wait() // killed
		return nil, err
	}
	v.ready, v.started = time.Now(), time.Since(began)
	return v, nil
}

func (v *vega) write(hcl string, modules map[string][]byte) error {
	plugins := filepath.Join(v.dir, "plugins")
	if err := os.MkdirAll(plugins, 0o700); err != nil {
		return err
	}
	for name, wasm := range modules {
		if err := os.WriteFile(filepath.Join(plugins, name+".wasm"), wasm, 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(v.dir, "vega.hcl"), []byte(hcl), 0o600)
}

// await reads the startup messages up to the address.
func (v *vega) await(stdout io.Reader) error {
	var said strings.Builder
	lines := bufio.NewScanner(stdout)
	for v.url == "" && lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if url, ok := strings.CutPrefix(lines.Text(), "vega answers on "); ok {
			v.url = url
		}
	}
	if v.url == "" {
		return fmt.Errorf("vega did not start; its output:\n%s", said.String())
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }() // ends with the process
	key, err := os.ReadFile(filepath.Join(v.dir, ".vega", "api_key"))
	v.key = strings.TrimSpace(string(key))
	return err
}

// readLog writes the log to a file and keeps its lines of runs.
func (v *vega) readLog(stderr io.Reader) {
	file, err := os.Create(filepath.Join(v.dir, "log"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(io.TeeReader(stderr, file))
	for lines.Scan() {
		var r runLine
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.Msg == "run" {
			v.mu.Lock()
			v.runs = append(v.runs, r)
			v.mu.Unlock()
		}
	}
}

// ask requests a path with the API key.
func (v *vega) ask(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+path, nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-API-Key", v.key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", path, answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

// loaded returns an error if a module is not in service, once all are decided.
func (v *vega) loaded(ctx context.Context) error {
	var list struct {
		Plugins []struct{ Name, File, State, Reason string }
	}
	for loading := true; loading; {
		if err := v.ask(ctx, "/admin/plugins", &list); err != nil {
			return err
		}
		loading = false
		for _, p := range list.Plugins {
			loading = loading || p.State == "loading"
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, p := range list.Plugins {
		if p.Reason != "" {
			return fmt.Errorf("the module %s %s is %s: %s", p.Name, p.File, p.State, p.Reason)
		}
	}
	return nil
}

func (v *vega) cpu() time.Duration { return cpuOf(v.cmd.Process.Pid) }

// stop stops the daemon with a signal and returns the runs that it logged.
func (v *vega) stop() ([]runLine, error) {
	err := v.cmd.Process.Signal(syscall.SIGTERM)
	v.logged.Wait()
	if err = errors.Join(err, v.cmd.Wait()); err != nil {
		err = fmt.Errorf("vega did not stop cleanly: %w", err)
	}
	return v.runs, err
}
