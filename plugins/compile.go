package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"vega/plugins/shortage"
	"vega/policies/check"
)

// What a child that compiles may use. The guards keep honest modules far below
// all three; the limits are for what slips past them. A machine that is busy
// gives the child, which lets others go first, a tenth of a processor or less:
// so it is the processor's time that is bounded, and the clock only ends a child
// that does not compute at all.
const (
	compileProcessor = 30 * time.Second // of all its threads
	compileTime      = 5 * time.Minute
	compileMemory    = 3 << 30 // bytes of address space, of which Go reserves one GiB unused
)

// compiling names the entries that a compiler is at work on.
const compiling = "compiling-*"

// prepare gives a module the engine it runs on and its native code. A module
// that this sandbox has never seen is read and compiled by a child process, into
// the cache: a compiler can't be interrupted, and runs out of memory for all.
func (s *Sandbox) prepare(ctx context.Context, wasm []byte, digest string, apart bool) (*ready, *engine, error) {
	dir := s.cacheOf(digest)
	if dir == "" {
		return s.prepareHere(ctx, wasm, "")
	}
	defer touch(dir)
	for try := 0; ; try++ {
		r, e, err := loadEntry(ctx, dir)
		if err == nil || try == tries {
			return r, e, err
		}
		if !apart || s.options.Compiler == nil {
			return s.prepareHere(ctx, wasm, dir)
		}
		if shortage.Of(err) != nil { // which tells nothing of the entry
			return nil, nil, err
		}
		if err := s.prepareApart(ctx, wasm, dir); err != nil {
			return nil, nil, err
		}
	}
}

// tries is how often a child makes an entry before it is given up: another
// process may find it damaged, and remove what was just made in its place.
const tries = 3

// loadEntry loads a module by what the cache keeps of it, and removes what is
// damaged.
func loadEntry(ctx context.Context, dir string) (*ready, *engine, error) {
	r, err := readEntry(dir)
	var e *engine
	if err == nil {
		e, err = load(ctx, dir, r)
	}
	if why, ok := errors.AsType[refusal](err); ok { // it was taken when the entry was made
		err = fmt.Errorf("%w: %s", errDamaged, why.reason)
	}
	if errors.Is(err, errDamaged) {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return r, e, err
}

// prepareHere reads and compiles a module in this process. That the cache has
// no room for it is no reason to be without it.
func (s *Sandbox) prepareHere(ctx context.Context, wasm []byte, dir string) (*ready, *engine, error) {
	r, err := makeReady(wasm, s.without)
	if err != nil {
		return nil, nil, err
	}
	var e *engine
	if dir != "" {
		err = s.intoCache(dir, func(temp string) (err error) {
			if e, err = load(ctx, temp, r); err != nil {
				return err
			}
			return writeEntry(temp, r)
		})
	}
	if _, final := errors.AsType[refusal](err); e == nil && !final {
		e, err = load(ctx, "", r)
	}
	if e != nil {
		return r, e, nil
	}
	return nil, nil, err
}

// intoCache makes an entry of the cache, which appears whole or not at all.
func (s *Sandbox) intoCache(dir string, fill func(temp string) error) error {
	if err := private(s.options.CacheDir); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(s.options.CacheDir, compiling)
	if err != nil {
		return fmt.Errorf("make room in the compile cache: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := fill(temp); err != nil {
		return err
	}
	if os.Rename(temp, dir) == nil {
		return nil
	}
	if _, err := readEntry(dir); err == nil {
		return nil // another was faster
	}
	return errors.Join(os.RemoveAll(dir), os.Rename(temp, dir))
}

// load compiles the module in this process, or finds its native code in dir.
func load(ctx context.Context, dir string, r *ready) (*engine, error) {
	e, err := newEngine(ctx, dir)
	if err != nil {
		return nil, err
	}
	if err := e.serve(ctx); err != nil {
		return nil, errors.Join(err, e.close())
	}
	if err := e.compile(ctx, r.code); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

// prepareApart has a child process with limits read and compile a module.
func (s *Sandbox) prepareApart(ctx context.Context, wasm []byte, dir string) error {
	return s.intoCache(dir, func(temp string) error {
		if err := s.runCompiler(ctx, wasm, temp); err != nil {
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

// runCompiler runs the child to its end.
func (s *Sandbox) runCompiler(ctx context.Context, wasm []byte, dir string) error {
	slow := refusal{reason: fmt.Sprintf("it does not compile: its compiler was ended after %v", s.compileTime), passes: true}
	ctx, cancel := context.WithTimeoutCause(ctx, s.compileTime, slow)
	defer cancel()
	cmd := s.options.Compiler(ctx, dir)
	cmd.Env = []string{"GOTRACEBACK=none"} // nothing of vega's environment, where secrets are
	cmd.Stdin = bytes.NewReader(wasm)
	var said bytes.Buffer
	cmd.Stderr = &limited{w: &said, left: 4 << 10}
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil: // it was ended
		return context.Cause(ctx)
	case shortage.Of(err) != nil: // it was not started
		return fmt.Errorf("start its compiler: %w", err)
	case usedUp(cmd.ProcessState, s.compileProcessor):
		return refusal{reason: fmt.Sprintf("it does not compile: its compiler was ended after %v of processor time", s.compileProcessor), passes: true}
	}
	last := lastWords(said.String(), err)
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == failed {
		return errors.New("it did not compile: " + last) // not for what the module is
	}
	return refusal{reason: "it does not compile: " + last, passes: true}
}

// usedUp reports whether a child was ended by a signal once it had used the
// processor for so long. What the kernel reports in the end may be a little less
// than what it ended the child for.
func usedUp(p *os.ProcessState, processor time.Duration) bool {
	return p != nil && p.ExitCode() < 0 && p.UserTime()+p.SystemTime() >= processor-processor/10
}

// failed is the exit code of a child that says itself that it failed. One that
// runs out of memory ends otherwise.
const failed = 1

// lastWords returns what the child said when it failed, or else how it ended.
func lastWords(said string, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	line = check.OneLine(check.Clip(line, 300))
	switch {
	case strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory"):
		return fmt.Sprintf("its compiler needed more than %d MiB of address space", compileMemory>>20)
	case line == "":
		return fmt.Sprintf("its compiler ended with %q", err.Error())
	default:
		return line
	}
}

// limited passes on so many bytes and drops the rest.
type limited struct {
	w    io.Writer
	left int
}

// Write never fails by the limit.
func (l *limited) Write(b []byte) (int, error) {
	n := min(len(b), l.left)
	l.left -= n
	if _, err := l.w.Write(b[:n]); err != nil {
		return 0, err
	}
	return len(b), nil
}
