package main

import (
	"bufio"
	"bytes"
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

	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
)

// process is a running vega serve with everything it has written.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	key  string
	mu   sync.Mutex
	text bytes.Buffer
}

// serveWith starts vega in dir, on a free port, and waits until it answers.
func serveWith(t *testing.T, dir string, environment []string) *process {
	t.Helper()
	cmd := command(t, dir, "serve", "--port", "0")
	cmd.Env = environment
	return serveBy(t, dir, cmd)
}

// serveBy starts vega with cmd and waits until it answers.
func serveBy(t *testing.T, dir string, cmd *exec.Cmd) *process {
	t.Helper()
	if err := compiled.Core(filepath.Join(dir, ".vega")); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd}
	p.cmd.Stderr = p
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for p.url == "" && lines.Scan() {
		_, _ = p.Write(append(lines.Bytes(), '\n'))
		if url, ok := strings.CutPrefix(lines.Text(), "vega answers on "); ok {
			p.url = url
		}
	}
	if p.url == "" {
		t.Fatalf("vega did not start:\n%s", p.written())
	}
	go func() {
		for lines.Scan() {
			_, _ = p.Write(append(lines.Bytes(), '\n'))
		}
	}()
	if key, err := os.ReadFile(filepath.Join(dir, ".vega", "api_key")); err == nil {
		p.key = strings.TrimSpace(string(key))
	}
	return p
}

// command returns a command that runs this test binary as vega.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Args[0], cmd.Dir = "vega", dir
	return cmd
}

// Further names that this test binary runs under: spins computes forever, hoards
// allocates memory on request.
const spins, hoards = "spins", "hoards"

func spin() {
	for { //nolint:staticcheck // on purpose
	}
}

func hoard() {
	size, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdin.Read(make([]byte, 1)) // wait for the signal to start
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(err)
	}
	for at := 0; at < size; at += os.Getpagesize() {
		memory[at] = 1
	}
	time.Sleep(time.Hour) // until the test kills it
}

// Write collects the output of the process.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *process) written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// ask requests a path with the key.
func (p *process) ask(path string) (status int, body string, err error) {
	return p.send(http.MethodGet, path)
}

func (p *process) send(method, path string) (status int, body string, err error) {
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("X-API-Key", p.key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, string(b), err
}

// get requests a path with the key and fails the test on an error.
func (p *process) get(path string) (status int, body string) {
	p.t.Helper()
	status, body, err := p.ask(path)
	if err != nil {
		written := p.written()
		p.t.Fatalf("%v; vega wrote last:\n%s", err, written[max(0, len(written)-4000):])
	}
	return status, body
}

// until waits until a condition holds.
func (p *process) until(what string, done func() bool) {
	p.t.Helper()
	for end := time.Now().Add(realtest.Patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("waited in vain: %s:\n%s", what, p.written())
		}
	}
}

// hup sends SIGHUP.
func (p *process) hup() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		p.t.Fatal(err)
	}
}

// stop sends SIGTERM and waits until vega ends.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}
