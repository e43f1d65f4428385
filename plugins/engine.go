package plugins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"vega/plugins/shortage"
	"vega/policies/check"
)

// engine is what one module runs on: a runtime of its own, so that modules
// share nothing, and with it the place where its compiled code is kept.
type engine struct {
	cache    wazero.CompilationCache
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
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

// compile compiles the module, or finds its native code in the cache. It refuses
// what does not compile, unless a file is what could not be written.
func (e *engine) compile(ctx context.Context, code []byte) (err error) {
	defer func() {
		if r := recover(); r != nil { // its validation trusts some indices
			err = refusal{reason: "it does not compile: the compiler failed: " + check.OneLine(check.Clip(fmt.Sprint(r), 200))}
		}
	}()
	e.compiled, err = e.runtime.CompileModule(experimental.WithCompilationWorkers(ctx, compileWorkers()), code)
	switch _, file := errors.AsType[*fs.PathError](err); {
	case err == nil:
		return nil
	case file || shortage.Of(err) != nil:
		return fmt.Errorf("keep its native code: %w", err)
	default:
		return refusal{reason: "it does not compile: " + clipError(err).Error()}
	}
}

func (e *engine) close() error {
	ctx := context.Background()
	return errors.Join(e.runtime.Close(ctx), e.cache.Close(ctx))
}
