package compiler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/policies/check"
)

// maxAddressSpace limits the address space of a child, in bytes. Go reserves
// one GiB of it without using it.
const maxAddressSpace = 3 << 30

// failed is the exit code of a child that prints on standard error why it
// failed. A child that runs out of memory exits differently.
const failed = 1

// Limits bound what a compiling child may use. The guard keeps honest modules
// far below them; they stop what gets past the guard. On a busy machine a
// child, which has a low priority, gets a tenth of a processor or less.
// Processor is the effective limit; Time only stops a child that gets no
// processor time.
type Limits struct {
	Processor time.Duration // CPU time of all threads of the child
	Time      time.Duration
}

// DefaultLimits are the Limits of a Compiler without any in its Options.
var DefaultLimits = Limits{Processor: 30 * time.Second, Time: 5 * time.Minute}

// Child is the main function of a child: it limits its own process, reads and
// compiles the module on its standard input, and leaves a cache entry or the
// reason for a refusal in dir. If dir is empty, it keeps nothing, and writes the
// reason to standard output. The calling program should exit afterwards.
func Child(ctx context.Context, module io.Reader, dir string, admit Admit) error {
	if err := LimitProcess(DefaultLimits.Processor); err != nil {
		return fmt.Errorf("limit the compiler: %w", err)
	}
	wasm, err := io.ReadAll(io.LimitReader(module, manifest.MaxModule+1))
	if err != nil {
		return fmt.Errorf("read the module: %w", err)
	}
	p, err := Parse(wasm, admit)
	if err == nil {
		err = p.Store(ctx, dir)
	}
	why, refused := errors.AsType[refusal](err)
	switch {
	case refused && dir == "":
		_, err := os.Stdout.WriteString(why.reason)
		return err
	case refused:
		return os.WriteFile(filepath.Join(dir, refusedFile), []byte(why.reason), 0o600)
	}
	if why, ok := errors.AsType[*fs.PathError](err); ok { // its path differs each time and says nothing
		return fmt.Errorf("%s in the compile cache: %w", why.Op, why.Err)
	}
	return err
}

// compileInChild runs a child process that reads and compiles a module into dir.
func (c *Compiler) compileInChild(ctx context.Context, wasm []byte, dir string) error {
	return c.cache.add(dir, len(wasm), func(temp string) error {
		if _, err := c.runChild(ctx, wasm, temp, nil); err != nil {
			return err
		}
		reason, err := os.ReadFile(filepath.Join(temp, refusedFile))
		switch {
		case err == nil:
			return refusal{reason: check.OneLine(check.Clip(string(reason), maxReason))}
		case errors.Is(err, fs.ErrNotExist):
			return nil
		default:
			return fmt.Errorf("read what its compiler left: %w", err)
		}
	})
}

// runChild runs the child until it ends and returns the CPU time that it used. out
// receives what it writes to standard output, and may be nil.
func (c *Compiler) runChild(ctx context.Context, wasm []byte, dir string, out io.Writer) (used time.Duration, err error) {
	slow := refusal{reason: fmt.Sprintf("it does not compile: its compiler was killed after %v", c.limits.Time), temporary: true}
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.Time, slow)
	defer cancel()
	cmd := c.command(ctx, dir)
	cmd.Env = []string{"GOTRACEBACK=none"} // nothing of vega's environment, which holds secrets
	cmd.Stdin = bytes.NewReader(wasm)
	var said bytes.Buffer
	cmd.Stderr = &limited{w: &said, left: 4 << 10}
	if out != nil {
		cmd.Stdout = &limited{w: out, left: 4 << 10}
	}
	err = cmd.Run()
	switch {
	case err == nil:
		return processorTime(cmd), nil
	case ctx.Err() != nil: // killed
		return 0, context.Cause(ctx)
	case shortage.Of(err) != nil: // not started
		return 0, fmt.Errorf("start its compiler: %w", err)
	default:
		return 0, c.childError(cmd.ProcessState, firstLine(said.String()), err)
	}
}

// childError explains how a child exited by itself. p is nil if the child was
// not started; err says how it ended.
func (c *Compiler) childError(p *os.ProcessState, said string, err error) error {
	switch {
	case usedUp(p, c.limits.Processor):
		return refusal{reason: fmt.Sprintf("it does not compile: its compiler was killed after %v of processor time", c.limits.Processor), temporary: true}
	case p != nil && p.ExitCode() != failed: // a crash, by a signal or of Go's runtime
		return refusal{reason: fmt.Sprintf("it does not compile: its compiler, which may use %d MiB of address space, crashed: %s", maxAddressSpace>>20, lastWords(said, err)), temporary: true}
	case said != "":
		return errors.New("it did not compile: " + said)
	default:
		return fmt.Errorf("it did not compile: its compiler failed: %w", err)
	}
}

// lastWords returns what a child printed, or else how it ended.
func lastWords(said string, err error) string {
	if said == "" {
		return err.Error()
	}
	return said
}

// usedUp reports whether a child was killed by a signal after it had used up
// its CPU time. The kernel counts ticks towards the limit, and reports what it
// measured, which is less on a busy machine, where a tick is not used up.
func usedUp(p *os.ProcessState, processor time.Duration) bool {
	return p != nil && p.ExitCode() < 0 && p.UserTime()+p.SystemTime() >= processor/2
}

// firstLine returns the first line that a child printed.
func firstLine(said string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	return check.OneLine(check.Clip(line, 300))
}

// limited writes so many bytes and drops the rest.
type limited struct {
	w    io.Writer
	left int
}

// Write never fails because of the limit.
func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	if _, err := l.w.Write(b[:n]); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Command starts a program that calls Child with dir and its standard input.
type Command func(ctx context.Context, dir string) *exec.Cmd
