// Package engine runs modules on wazero.
//
// New makes an Engine, the runtime of one module: modules share nothing.
// Engine.Compile compiles the module; the caller and ServeWASI define what it
// may import, and CheckLinks compares the two. NewPool makes a Pool of its
// instances: Pool.Get returns one in which nothing ran before, or that was set
// back to that state, and Pool.Put takes it back.
//
// An instance reaches the host through its Host only, which changes with each
// run. The package knows neither the ABI's calls nor what a run may do.
package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"vega/plugins/manifest"
	"vega/policies/check"
)

const (
	// MaxMemory is the maximum linear memory of any guest.
	MaxMemory manifest.Size = 256 << 20
	// PageSize is the unit of linear memory.
	PageSize = 64 << 10
)

const i32 = api.ValueTypeI32

// Engine is the runtime of one module.
type Engine struct {
	cache    wazero.CompilationCache
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// New returns an Engine that keeps native code in dir, or only in memory if dir
// is empty. Anyone who can write to dir controls what vega runs.
func New(ctx context.Context, dir string) (*Engine, error) {
	cache := wazero.NewCompilationCache()
	if dir != "" {
		var err error
		if cache, err = wazero.NewCompilationCacheWithDir(dir); err != nil {
			return nil, fmt.Errorf("open the compile cache: %w", err)
		}
	}
	return &Engine{cache: cache, runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCompilationCache(cache).
		WithMemoryLimitPages(uint32(MaxMemory/PageSize)).
		WithDebugInfoEnabled(false).
		WithCoreFeatures(api.CoreFeaturesV2))}, nil
}

// Compile compiles the module, or finds its native code in the cache.
func (e *Engine) Compile(ctx context.Context, code []byte) (err error) {
	defer func() {
		if r := recover(); r != nil { // wazero's validation trusts some indices
			err = errors.New("the compiler failed: " + check.OneLine(check.Clip(fmt.Sprint(r), 200)))
		}
	}()
	workers := max(1, runtime.GOMAXPROCS(0))
	if Cramped() {
		workers = 1
	}
	e.compiled, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, workers), code)
	return err
}

// crampedHeap is the limit of the Go heap below which a process is cramped.
const crampedHeap = 80 << 20

// Cramped reports whether the limit of the Go heap is low, so that compiling must
// take less memory, and may take more time. Each worker needs about 10 MiB for its
// largest function, and the cache a copy of the code.
func Cramped() bool { return debug.SetMemoryLimit(-1) < crampedHeap }

// Compiled returns the compiled module, or nil before Compile.
func (e *Engine) Compiled() wazero.CompiledModule { return e.compiled }

// Host returns a builder for a module that the guest may import.
func (e *Engine) Host(name string) wazero.HostModuleBuilder {
	return e.runtime.NewHostModuleBuilder(name)
}

// Close frees the module's code. All its instances must be closed first.
func (e *Engine) Close() error {
	ctx := context.Background()
	return errors.Join(e.runtime.Close(ctx), e.cache.Close(ctx))
}

// Version returns the version of wazero in this program.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/tetratelabs/wazero" {
				return d.Version
			}
		}
	}
	return "unknown"
}
