package plugins

import (
	"context"
	"errors"
	"fmt"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
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
		WithMemoryLimitPages(uint32(MaxMemory/pageSize)).
		WithDebugInfoEnabled(false).
		WithCoreFeatures(api.CoreFeaturesV2))}
	return e, nil
}

// serve instantiates what modules import.
func (e *engine) serve(ctx context.Context) error {
	if err := offerWASI(ctx, e.runtime); err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	if err := e.offerCheck(ctx); err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	if err := e.offerCalls(ctx); err != nil {
		return fmt.Errorf("open the sandbox: %w", err)
	}
	return nil
}

func (e *engine) compile(ctx context.Context, code []byte) (compiled wazero.CompiledModule, err error) {
	defer func() {
		if r := recover(); r != nil { // its validation trusts some indices
			err = fmt.Errorf("it does not compile: the compiler failed: %s", oneLine(clip(fmt.Sprint(r), 200)))
		}
	}()
	compiled, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, compileWorkers()), code)
	if err != nil {
		return nil, fmt.Errorf("it does not compile: %w", clipError(err))
	}
	return compiled, nil
}

func (e *engine) close() error {
	ctx := context.Background()
	return errors.Join(e.runtime.Close(ctx), e.cache.Close(ctx))
}
