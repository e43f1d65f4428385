package plugins

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"vega/plugins/egress"
)

// Options is what the sandbox needs of its surroundings.
type Options struct {
	// CacheDir keeps compiled modules across starts; made with mode 0700.
	// Empty: memory only.
	CacheDir string
	// Network is how guests reach the world; nil is the system's resolver and
	// certificate roots.
	Network   *egress.Network
	Databases Databases // nil: no database is known
	KV        KV        // nil: nothing is kept
	Log       Log       // nil: lines are dropped
}

// Sandbox loads modules and runs them. It is safe for concurrent use.
type Sandbox struct {
	options Options
	cache   wazero.CompilationCache
	runtime wazero.Runtime
}

// Open makes a sandbox: one runtime whose modules share nothing but the host
// functions, which keep their state per run.
func Open(ctx context.Context, o Options) (*Sandbox, error) {
	if o.Network == nil {
		o.Network = egress.New("")
	}
	cache, err := openCache(o.CacheDir)
	if err != nil {
		return nil, err
	}
	s := &Sandbox{options: o, cache: cache}
	s.runtime = wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().
		WithCompilationCache(cache).
		WithCloseOnContextDone(true).
		WithMemoryLimitPages(uint32(MaxMemory/pageSize)).
		WithDebugInfoEnabled(true).
		WithCoreFeatures(api.CoreFeaturesV2))
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, s.runtime); err != nil {
		return nil, errors.Join(fmt.Errorf("open the sandbox: %w", err), s.Close())
	}
	if err := s.offerCalls(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the sandbox: %w", err), s.Close())
	}
	return s, nil
}

// openCache keeps native code in a directory that only vega's user can write:
// whoever can write there decides what vega runs.
func openCache(dir string) (wazero.CompilationCache, error) {
	if dir == "" {
		return wazero.NewCompilationCache(), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the compile cache: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("close the compile cache to other users: %w", err)
	}
	cache, err := wazero.NewCompilationCacheWithDir(dir)
	if err != nil {
		return nil, fmt.Errorf("open the compile cache: %w", err)
	}
	return cache, nil
}

// Close ends the sandbox. Every module must have no run left.
func (s *Sandbox) Close() error {
	ctx := context.Background()
	return errors.Join(s.runtime.Close(ctx), s.cache.Close(ctx))
}
