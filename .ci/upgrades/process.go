package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a running vega, a daemon or a command.
type process struct {
	cmd   *exec.Cmd
	out   *text
	ended chan struct{} // closed when it has ended
	began time.Time
	port  int

	trace  *os.File      // what strace writes, or nil
	traced chan int      // the ID of the process that strace runs
	calls  chan struct{} // has one for each watched call that has returned
	writes chan struct{} // has one for each write to a database
}

// text keeps the end of what a process prints.
type text struct {
	mu   sync.Mutex
	kept []byte
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if n := len(t.kept) - 1<<14; n > 0 {
		t.kept = t.kept[n:]
	}
	return len(p), nil
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.kept))
}

// watched are the system calls after which a process may be killed: those that change
// what is on the disk for others to see.
const watched = "fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,ftruncate,link,linkat,fchmod,fchmodat,fchown,fchownat"

// start starts a program in the site's directory. With trace, strace runs it.
func (s *site) start(ctx context.Context, trace bool, change func(*exec.Cmd), program string, arguments ...string) (*process, error) {
	p := &process{out: &text{}, ended: make(chan struct{}), began: time.Now(), port: s.port}
	var writing *os.File
	if trace {
		var err error
		if p.trace, writing, err = os.Pipe(); err != nil {
			return nil, err
		}
		defer writing.Close()
		// Each call is followed by a pause, in which the process is killed.
		arguments = append([]string{
			"-f", "-qq", "--seccomp-bpf", "-o", "/proc/self/fd/3", "-e", "signal=none", "-e", "trace=execve,pwrite64," + watched,
			"-e", "inject=" + watched + ":delay_exit=2000", program,
		}, arguments...)
		program = s.strace
	}
	p.cmd = exec.CommandContext(ctx, program, arguments...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = s.dir, p.out, p.out
	p.cmd.Env = append(os.Environ(), "VEGA_API_KEY="+apiKey)
	if trace {
		p.cmd.ExtraFiles = []*os.File{writing}
		p.traced, p.calls = make(chan int, 1), make(chan struct{}, 1<<20)
		p.writes = make(chan struct{}, 1<<20)
	}
	if change != nil {
		change(p.cmd)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if trace {
		go p.follow()
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState has the result
		close(p.ended)
	}()
	return p, nil
}

// follow reads what strace writes.
func (p *process) follow() {
	defer p.trace.Close()
	for lines := bufio.NewScanner(p.trace); lines.Scan(); {
		id, call, _ := strings.Cut(lines.Text(), " ")
		pid, err := strconv.Atoi(id)
		switch {
		case err != nil:
		case strings.Contains(call, "execve("):
			p.traced <- pid
		case strings.Contains(call, "pwrite64("):
			p.writes <- struct{}{}
		case strings.Contains(call, " = "):
			p.calls <- struct{}{}
		}
	}
	_, _ = io.Copy(io.Discard, p.trace) // after a line that is too long
}

// serve starts a daemon and waits until it answers.
func (s *site) serve(ctx context.Context, program string) (*process, error) {
	p, err := s.start(ctx, false, nil, program, "serve")
	if err != nil {
		return nil, err
	}
	return p, p.answers(ctx)
}

// answers waits until a daemon answers.
func (p *process) answers(ctx context.Context) error {
	for end := time.Now().Add(3 * time.Minute); ; wait(ctx, 5*time.Millisecond) {
		if p.over() {
			return fmt.Errorf("vega ended at its start: %s\n%s", p.cmd.ProcessState, p.out)
		}
		if status, _, err := ask(p.port, http.MethodGet, "/healthz", ""); err == nil && status == http.StatusOK {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(end) {
			p.kill()
			return fmt.Errorf("vega does not answer: %s", p.out)
		}
	}
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the process at once. strace ends with what it runs.
func (p *process) kill() {
	pid := p.cmd.Process.Pid
	if p.traced != nil {
		select {
		case pid = <-p.traced:
		case <-p.ended:
			return
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
	<-p.ended
}

// stop ends a daemon with SIGTERM.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		p.kill()
		return fmt.Errorf("vega does not end within a minute after SIGTERM: %s", p.out)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("exit code %d after SIGTERM: %s", code, p.out)
	}
	return nil
}

// moment is when a process is killed: after a time, or after a number of watched calls or
// of writes.
type moment struct {
	after         time.Duration
	calls, writes int
}

// traced reports whether strace must count.
func (m moment) traced() bool { return m.calls+m.writes > 0 }

// strike kills the process at the moment, unless it has ended before.
func (m moment) strike(p *process) {
	defer p.kill()
	late := time.After(time.Minute) // a daemon may make fewer calls than the one before
	counted, n := p.calls, m.calls
	if m.writes > 0 {
		counted, n = p.writes, m.writes
	}
	if !m.traced() {
		late = time.After(m.after)
		n = 1 // none comes
	}
	for ; n > 0; n-- {
		select {
		case <-counted:
		case <-p.ended:
			return
		case <-late:
			return
		}
	}
}

// moments returns the moments of n kills of something that takes so long and makes so
// many watched calls and writes: a third of them random, and a third each after a call and
// after a write, evenly.
func (k *kit) moments(n int, takes time.Duration, calls, writes int) (all []moment) {
	for i := range n {
		nth := func(of int) int { return 1 + (i/3)*of/((n+2)/3) }
		switch {
		case i%3 == 1 && calls > 0:
			all = append(all, moment{calls: nth(calls)})
		case i%3 == 2 && writes > 0:
			all = append(all, moment{writes: nth(writes)})
		default:
			all = append(all, moment{after: rand.N(takes + takes/10)})
		}
	}
	return all
}
