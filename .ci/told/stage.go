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
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stage is a vega with its own directory, and what is around it.
type stage struct {
	settings
	dir      string
	port     int
	key      string
	hook     *receiver
	cmd      *exec.Cmd
	ended    chan struct{} // closed when the process has ended
	log      *os.File
	starting func(*exec.Cmd) // changes how vega starts; nil: not
	tidy     []func()
}

func newStage(ctx context.Context, s settings, name string) (*stage, error) {
	st := &stage{settings: s, dir: filepath.Join(s.work, name), key: "a-key-of-the-stories-long-enough"}
	if err := os.MkdirAll(filepath.Join(st.dir, "data"), 0o700); err != nil {
		return nil, err
	}
	var err error
	if st.log, err = os.Create(filepath.Join(st.dir, "log")); err != nil {
		return nil, err
	}
	if st.port, err = freePort(ctx); err != nil {
		return nil, err
	}
	if st.hook, err = startReceiver(ctx); err != nil {
		return nil, err
	}
	st.tidy = append(st.tidy, st.hook.close)
	return st, nil
}

// freePort returns an unused port outside of the range for connections, from which others
// may take it before vega listens.
func freePort(ctx context.Context) (int, error) {
	const first, last = 20_000, 32_000
	for range 100 {
		port := first + rand.IntN(last-first) //nolint:gosec // not a secret
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("no free port found")
}

func (s *stage) close() {
	if s.cmd != nil {
		s.kill()
	}
	for n := len(s.tidy) - 1; n >= 0; n-- {
		s.tidy[n]()
	}
	_ = s.log.Close()
}

// configure writes vega.hcl: the given blocks, the server, and a webhook named hook.
func (s *stage) configure(blocks string) error {
	text := fmt.Sprintf("data_dir = \"data\"\nserver {\n  port = %d\n  api_key = env(\"VEGA_API_KEY\")\n}\n", s.port) +
		fmt.Sprintf("notifier \"hook\" {\n  type = \"webhook\"\n  url = %q\n}\n", s.hook.url()) + blocks
	// As an editor does, so that vega never reads half of it.
	path := filepath.Join(s.dir, "vega.hcl")
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// start starts vega and waits until it answers.
func (s *stage) start(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, s.program, "serve")
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, s.log, s.log
	cmd.Env = append(os.Environ(), "VEGA_API_KEY="+s.key)
	if s.starting != nil {
		s.starting(cmd)
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	s.cmd, s.ended = cmd, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait() // ProcessState has the result
		close(ended)
	}(s.ended)
	return s.await(ctx, time.Minute, "vega answers", func() (bool, error) {
		select {
		case <-s.ended:
			return false, fmt.Errorf("vega ended at its start: %s", cmd.ProcessState)
		default:
		}
		return s.get(ctx, "/healthz", nil) == nil, nil
	})
}

// kill ends vega at once.
func (s *stage) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
}

// stop ends vega with SIGTERM.
func (s *stage) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.kill()
	}
}

// await waits until what is so. It returns an error if that takes longer than the limit.
func (s *stage) await(ctx context.Context, limit time.Duration, what string, so func() (bool, error)) error {
	for end := time.Now().Add(limit); ; {
		ok, err := so()
		switch {
		case err != nil:
			return err
		case ok:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("not within %v: %s", limit, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// get reads a JSON answer of vega.
func (s *stage) get(ctx context.Context, path string, into any) error {
	return s.ask(ctx, http.MethodGet, path, nil, into)
}

func (s *stage) ask(ctx context.Context, method, path string, body, into any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1:"+strconv.Itoa(s.port)+path, sent)
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", s.key)
	if sent != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return err
	case answer.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, text)
	case into == nil:
		return nil
	default:
		return json.Unmarshal(text, into)
	}
}

// panicked returns an error if vega's log has a panic, after which it goes on.
func (s *stage) panicked() error {
	text, err := os.ReadFile(s.log.Name())
	if n := bytes.Count(text, []byte(`"panic":`)); n > 0 {
		return fmt.Errorf("%d panics in vega's log", n)
	}
	return err
}

func (s *stage) logTail() string {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

var errNotHeld = errors.New("does not hold")
