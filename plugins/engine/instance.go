package engine

import (
	"context"
	"io"
	"reflect"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/memory"
)

// Host is the part of the host that an instance can reach during one run.
type Host interface {
	memory.Owner
	Now() time.Time
	Sleep(d time.Duration)
	// Random fills part of b, and fails once the run has ended.
	Random(b []byte) (int, error)
	Stdout() io.Writer
	Stderr() io.Writer
	// Args are the arguments of a WASI command, beginning with its name; nil for
	// any other guest.
	Args() []string
}

// Instance is one instance of a module. Between runs it has no host.
type Instance struct {
	api.Module
	host   Host
	memory *memory.Linear
	run    api.Function
	start  []api.Function // to call before the first run, in order

	globals []api.MutableGlobal // the globals of the snapshot, in its order
	native  reflect.Value       // the native stack of run
	stack   [1]uint64           // the parameter and result of run
	idle    time.Time           // when the instance became idle
}

// MemorySize returns the bytes of linear memory in use.
func (i *Instance) MemorySize() int { return i.memory.Size() }

// Initialize prepares a fresh instance for its first call. It calls the guest
// only if the module has no snapshot.
func (i *Instance) Initialize(ctx context.Context) error {
	defer func() { i.native = nativeStack(i.run) }()
	for _, f := range i.start {
		i.native = nativeStack(f)
		if err := f.CallWithStack(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

// Call calls the module's entry with one argument and returns its result.
func (i *Instance) Call(ctx context.Context, arg int) (int32, error) {
	i.stack[0] = uint64(arg)
	err := i.run.CallWithStack(ctx, i.stack[:])
	return api.DecodeI32(i.stack[0]), err
}

// CallCommand calls the entry of a WASI command.
func (i *Instance) CallCommand(ctx context.Context) error { return i.run.CallWithStack(ctx, nil) }

// Close frees the instance. Put closes an instance that it does not keep.
func (i *Instance) Close() {
	_ = i.Module.Close(context.Background()) // only a file system could fail to close, and the instance has none
	i.host = nil
}

// GrowMemory implements memory.Owner.
func (i *Instance) GrowMemory(size, limit uint64) bool { return i.host.GrowMemory(size, limit) }

// config returns what WASI serves: clocks, randomness and two output streams.
// It serves no files, variables or sockets, and arguments only to a command.
func (i *Instance) config() wazero.ModuleConfig {
	return wazero.NewModuleConfig().
		WithName("").
		WithStartFunctions().
		WithWalltime(i.walltime, sys.ClockResolution(time.Microsecond)).
		WithSysNanotime().
		WithNanosleep(i.sleep).
		WithRandSource(random{i}).
		WithStdout(stdout{i}).
		WithStderr(stderr{i}).
		WithArgs(i.host.Args()...)
}

// walltime returns the time of day in seconds and nanoseconds since 1970, UTC.
func (i *Instance) walltime() (seconds int64, nanos int32) {
	t := i.host.Now()
	return t.Unix(), int32(t.Nanosecond())
}

func (i *Instance) sleep(ns int64) { i.host.Sleep(time.Duration(ns)) }

type random struct{ of *Instance }

func (r random) Read(b []byte) (int, error) { return r.of.host.Random(b) }

type stdout struct{ of *Instance }

func (o stdout) Write(b []byte) (int, error) { return o.of.host.Stdout().Write(b) }

type stderr struct{ of *Instance }

func (o stderr) Write(b []byte) (int, error) { return o.of.host.Stderr().Write(b) }
