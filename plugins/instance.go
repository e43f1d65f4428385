package plugins

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"reflect"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/guard"
	"vega/plugins/manifest"
)

// instance is a module instance with what vega needs of it at hand. Between
// runs it has no guest; what it reaches of the host it reaches by its guest.
type instance struct {
	api.Module
	guest  *guest
	memory *capped
	run    api.Function
	start  []api.Function // what brings it to where it can run, in order

	globals []api.MutableGlobal // those of the snapshot, in its order
	native  reflect.Value       // the native stack of run
	stack   [1]uint64           // its parameter and its result
	idle    time.Time           // since when
}

// instantiate makes a fresh instance, at its snapshot where there is one.
func (m *Module) instantiate(ctx context.Context, g *guest) (_ *instance, err error) {
	limit := g.memoryLimit()
	if least := uint64(m.compiled.ExportedMemories()["memory"].Min()) * pageSize; least > uint64(limit) {
		return nil, fmt.Errorf("%w: the module starts with %v and may have %v; raise memory in the integration", errMemory, manifest.Size(least), limit)
	}
	defer func() {
		if r := recover(); r != nil { // no address space left for the guest's memory
			err = fmt.Errorf("%w: %v", errHost, r)
		}
	}()
	i := &instance{guest: g}
	g.instance = i
	ctx = experimental.WithMemoryAllocator(ctx, i.allocator(uint64(limit), m.start))
	if i.Module, err = m.engine.runtime.InstantiateModule(ctx, m.compiled, i.surroundings()); err != nil {
		return nil, err
	}
	i.run = i.ExportedFunction(m.entry())
	i.native = nativeStack(i.run)
	if m.snapshot == nil {
		for _, name := range []string{guard.StartExport, initialize} { // a command has no initialize
			if f := i.ExportedFunction(name); f != nil {
				i.start = append(i.start, f)
			}
		}
		return i, nil
	}
	for _, name := range m.snapshot.names {
		i.globals = append(i.globals, i.ExportedGlobal(name).(api.MutableGlobal))
	}
	if err := m.snapshot.restore(i); err != nil {
		i.close()
		return nil, err
	}
	return i, nil
}

// begin brings a fresh instance without a snapshot to where its probe can run.
func (i *instance) begin(ctx context.Context) error {
	defer func() { i.native = nativeStack(i.run) }()
	for _, f := range i.start {
		i.native = nativeStack(f)
		if err := f.CallWithStack(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// call runs a probe.
func (i *instance) call(ctx context.Context, index int) (int32, error) {
	if i.guest.bridge != nil {
		return i.command(ctx)
	}
	i.stack[0] = uint64(index)
	err := i.run.CallWithStack(ctx, i.stack[:])
	if err == nil {
		err = ended(ctx) // it came back too late
	}
	return api.DecodeI32(i.stack[0]), err
}

// command runs a WASI command to its exit code. A code that a run was ended
// with is none: the run's context tells one from the other.
func (i *instance) command(ctx context.Context) (int32, error) {
	code, err := exited(i.run.CallWithStack(ctx, nil))
	if err == nil {
		err = ended(ctx)
	}
	return code, err
}

func (i *instance) close() {
	_ = i.Close(context.Background()) // its file system, of which there is none, could fail to close
	i.guest = nil
}

// surroundings are what WASI serves: clocks, randomness, and two streams that
// end in the log. No file, variable or socket, and arguments for a command only.
func (i *instance) surroundings() wazero.ModuleConfig {
	c := wazero.NewModuleConfig().
		WithName("").
		WithStartFunctions().
		WithWalltime(i.walltime, sys.ClockResolution(time.Microsecond)).
		WithSysNanotime().
		WithNanosleep(i.sleep).
		WithRandSource(random{i}).
		WithStdout(out{i, slog.LevelInfo}).
		WithStderr(out{i, slog.LevelWarn})
	if i.guest.bridge != nil {
		c = i.guest.surround(c)
	}
	return c
}

// walltime is the time of day in seconds and nanoseconds since 1970, UTC.
func (i *instance) walltime() (seconds int64, nanos int32) {
	t := i.guest.in.now()
	return t.Unix(), int32(t.Nanosecond())
}

func (i *instance) sleep(ns int64) { i.guest.sleep(time.Duration(ns)) }

// random is the system's randomness.
type random struct{ of *instance }

// Read gives a part of what is asked for, and nothing once the run has ended:
// a guest may ask for all of its memory full.
func (r random) Read(b []byte) (int, error) {
	g := r.of.guest
	g.rolled = true
	if err := g.run.Err(); err != nil {
		return 0, err
	}
	return rand.Read(b[:min(len(b), 64<<10)])
}

// out is a standard stream of a guest.
type out struct {
	of    *instance
	level slog.Level
}

func (o out) Write(b []byte) (int, error) {
	g := o.of.guest
	w := &g.stderr
	if o.level == slog.LevelInfo {
		w = &g.stdout
	}
	if *w == nil {
		*w = &lineWriter{g: g, level: o.level}
	}
	return (*w).Write(b)
}
