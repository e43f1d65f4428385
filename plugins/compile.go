package plugins

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"

	"vega/plugins/manifest"
)

// What a child that compiles may use. The guards keep honest modules far below
// both; the limits are for what slips past them.
const (
	compileTime   = 30 * time.Second
	compileMemory = 3 << 30 // bytes of address space, of which Go reserves one GiB unused
)

// compiling names the entries that a compiler is at work on.
const compiling = "compiling-*"

// prepare gives a module the engine it runs on and its native code. Code that
// this sandbox has never seen is compiled by a child process, into the cache:
// a compiler can't be interrupted, and runs out of memory for all.
func (s *Sandbox) prepare(ctx context.Context, code []byte, apart bool) (*engine, wazero.CompiledModule, error) {
	dir := s.cacheOf(code)
	apart = apart && s.options.Compiler != nil
	if apart && !isDir(dir) {
		if err := s.compileApart(ctx, code, dir); err != nil {
			return nil, nil, err
		}
	}
	e, compiled, err := load(ctx, dir, code)
	touch(dir)
	if err == nil || dir == "" {
		return e, compiled, err
	}
	// What is in the cache may be damaged: make it anew, once.
	if err := os.RemoveAll(dir); err != nil {
		return nil, nil, fmt.Errorf("remove a damaged entry of the compile cache: %w", err)
	}
	if apart {
		if err := s.compileApart(ctx, code, dir); err != nil {
			return nil, nil, err
		}
	}
	return load(ctx, dir, code)
}

// load compiles the module in this process, or finds it in the cache.
func load(ctx context.Context, dir string, code []byte) (*engine, wazero.CompiledModule, error) {
	e, err := newEngine(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	if err := e.serve(ctx); err != nil {
		return nil, nil, errors.Join(err, e.close())
	}
	compiled, err := e.compile(ctx, code)
	if err != nil {
		return nil, nil, errors.Join(err, e.close())
	}
	return e, compiled, nil
}

// compileApart runs the compiler as a child process with limits. The entry
// appears in the cache whole or not at all.
func (s *Sandbox) compileApart(ctx context.Context, code []byte, dir string) error {
	if err := private(s.options.CacheDir); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(s.options.CacheDir, compiling)
	if err != nil {
		return fmt.Errorf("make room in the compile cache: %w", err)
	}
	defer os.RemoveAll(temp)
	slow := fmt.Errorf("it does not compile: its compiler was ended after %v", s.compileTime)
	ctx, cancel := context.WithTimeoutCause(ctx, s.compileTime, slow)
	defer cancel()
	cmd := s.options.Compiler(ctx, temp)
	cmd.Env = []string{"GOTRACEBACK=none"} // nothing of vega's environment, where secrets are
	cmd.Stdin = bytes.NewReader(code)
	var said bytes.Buffer
	cmd.Stderr = &limited{w: &said, left: 4 << 10}
	err = cmd.Run()
	switch {
	case err != nil && ctx.Err() != nil: // it was ended
		return context.Cause(ctx)
	case err != nil:
		return fmt.Errorf("it does not compile: %s", firstLine(said.String(), err))
	}
	return os.Rename(temp, dir)
}

// firstLine is what the child said, or else how it ended.
func firstLine(said string, err error) string {
	line, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
	line = oneLine(clip(line, 300))
	if _, reason, ok := strings.Cut(line, "it does not compile: "); ok {
		line = reason
	}
	switch {
	case strings.Contains(said, "out of memory") || strings.Contains(said, "cannot allocate memory"):
		return fmt.Sprintf("its compiler needed more than %d MiB of address space", compileMemory>>20)
	case line == "":
		return "its compiler " + err.Error()
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

// CompileChild is the child's part: it limits itself, compiles the module that
// it reads, and leaves the native code in dir. Its caller's program ends with
// it.
func CompileChild(ctx context.Context, module io.Reader, dir string) error {
	if err := limitProcess(); err != nil {
		return fmt.Errorf("limit the compiler: %w", err)
	}
	code, err := io.ReadAll(io.LimitReader(module, 2*manifest.MaxModule))
	if err != nil {
		return fmt.Errorf("read the module: %w", err)
	}
	e, err := newEngine(ctx, dir)
	if err != nil {
		return err
	}
	if _, err := e.compile(ctx, code); err != nil {
		return err
	}
	return e.close()
}
