package plugins

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// engine is what one module runs on: a runtime of its own, so that modules
// share nothing, and with it the place where its compiled code is kept.
type engine struct {
	cache   wazero.CompilationCache
	runtime wazero.Runtime
}

// newEngine keeps compiled code in dir, or in memory only where that is "".
func newEngine(ctx context.Context, dir string) (*engine, error) {
	cache, err := openCache(dir)
	if err != nil {
		return nil, err
	}
	e := &engine{cache: cache, runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCompilationCache(cache).
		WithCloseOnContextDone(true).
		WithMemoryLimitPages(uint32(MaxMemory/pageSize)).
		WithDebugInfoEnabled(false).
		WithCoreFeatures(api.CoreFeaturesV2))}
	return e, nil
}

// serve instantiates what modules import.
func (e *engine) serve(ctx context.Context) error {
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, e.runtime); err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	if err := e.offerCalls(ctx); err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	return nil
}

func (e *engine) compile(ctx context.Context, code []byte) (wazero.CompiledModule, error) {
	compiled, err := e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, compileWorkers()), code)
	if err != nil {
		return nil, fmt.Errorf("it does not compile: %w", clipError(err))
	}
	return compiled, nil
}

func (e *engine) close() error {
	ctx := context.Background()
	return errors.Join(e.runtime.Close(ctx), e.cache.Close(ctx))
}
