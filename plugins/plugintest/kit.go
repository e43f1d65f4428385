package plugintest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/policies/check"
)

// Options are the environment in which a Kit records. A replay needs none.
type Options struct {
	Network   *egress.Network   // nil for the system's
	Databases plugins.Databases // nil means no databases
	// Bundled reports that the plugin ships with vega, so its fixed hosts are
	// granted.
	Bundled bool
	// CacheDir stores the compiled module for the next Kit; "" disables the
	// cache.
	CacheDir string
}

// Kit is a loaded plugin under test.
type Kit struct {
	Module  *plugins.Module
	sandbox *plugins.Sandbox
	options Options
}

// Open loads a module as the daemon does.
func Open(ctx context.Context, wasm []byte, o Options) (*Kit, error) {
	k := &Kit{options: o}
	var err error
	k.sandbox, err = plugins.Open(ctx, plugins.Options{CacheDir: o.CacheDir, Network: o.Network, Databases: worlds{}, KV: worlds{}, Log: logLine})
	if err != nil {
		return nil, err
	}
	if k.Module, err = k.sandbox.Load(ctx, wasm); err != nil {
		return nil, errors.Join(err, k.sandbox.Close())
	}
	return k, nil
}

// Close frees the module.
func (k *Kit) Close() error { return errors.Join(k.Module.Close(), k.sandbox.Close()) }

// Run is the result of one run.
type Run struct {
	plugins.Result
	Log     []string // "WARN a line"
	Learned Learned
	Problem string // a request for which the case has no result
	// Undeclared lists the options that the probe read but the manifest does
	// not declare. They are never set; most are misspelled.
	Undeclared []string

	outlasted bool // whether the run lasted until its deadline
}

// Probe returns the probe with the given name.
func (k *Kit) Probe(name string) (*manifest.Probe, error) {
	p, n := k.Module.Manifest.Probe(name)
	if n < 0 {
		return nil, fmt.Errorf("the plugin %s has no probe %q", k.Module.Manifest.Name, check.Clip(name, 80))
	}
	return p, nil
}

// input returns the input of the run that a case describes, without its world.
func (k *Kit) input(c *Case) (plugins.Input, error) {
	p, err := k.Probe(c.Probe)
	if err != nil {
		return plugins.Input{}, err
	}
	values, written, err := c.values(p)
	if err != nil {
		return plugins.Input{}, err
	}
	block, err := c.Grant.set()
	if err != nil {
		return plugins.Input{}, err
	}
	granted, _ := grant.Effective(grant.Request{Probe: p, Values: values, Written: written, Bundled: k.options.Bundled, Secret: secret.In(p, values), Block: block})
	timeout := time.Duration(c.Timeout)
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return plugins.Input{Integration: "test", Probe: c.Probe, Values: values, Grants: granted, Timeout: timeout}, nil
}

// Implied returns the grants implied by the config of a case and by its probe.
func (k *Kit) Implied(c *Case) (grant.Set, error) {
	bare := *c
	bare.Grant = Grant{}
	in, err := k.input(&bare)
	in.Grants.Anywhere = k.Module.Embedded()
	return in.Grants, err
}

// run runs the probe in a world. If allow is set, everything is granted.
func (k *Kit) run(ctx context.Context, in plugins.Input, w *world, allow bool) Run {
	var r Run
	in.Grants.Watch = func(asked grant.Rule, granted bool) bool {
		r.Learned.asked(asked, granted)
		return allow
	}
	in.Undeclared = func(option string) {
		if !slices.Contains(r.Undeclared, option) {
			r.Undeclared = append(r.Undeclared, option)
		}
	}
	r.Result = k.Module.Run(context.WithValue(ctx, worldKey{}, w), in)
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Log, r.Learned.KV = w.log, manifest.Size(w.held)
	return r
}

// world implements sql, kv and the log for one run.
type world struct {
	databases plugins.Databases
	kv        plugins.KV

	mu   sync.Mutex
	log  []string
	held int64
}

type worldKey struct{}

func worldOf(ctx context.Context) *world { return ctx.Value(worldKey{}).(*world) }

// worlds passes each call to the world of its run.
type worlds struct{}

func (worlds) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	w := worldOf(ctx)
	if w.databases == nil {
		return nil, fmt.Errorf("database %q is not configured", database)
	}
	return w.databases.Query(ctx, database, query)
}

func (worlds) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	return worldOf(ctx).kv.Get(ctx, integration, key)
}

func (worlds) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	return worldOf(ctx).kv.Set(ctx, integration, key, value, quota)
}

func logLine(ctx context.Context, _ string, level slog.Level, line string) {
	w, ok := ctx.Value(worldKey{}).(*world)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, level.String()+" "+line)
}

// storage keeps values for one run.
type storage struct {
	world *world
	kept  map[string][]byte
	first map[string][]byte // values from before the run that the run has read
}

func (s *storage) Get(_ context.Context, _, key string) ([]byte, bool, error) {
	v, ok := s.kept[key]
	if ok && s.first != nil {
		if _, seen := s.first[key]; !seen {
			s.first[key] = v
		}
	}
	return v, ok, nil
}

// Set enforces the quota, if there is one. A run that learns has none.
func (s *storage) Set(_ context.Context, _, key string, value []byte, quota int64) error {
	held := int64(len(key) + len(value))
	for k, v := range s.kept {
		if k != key {
			held += int64(len(k) + len(v))
		}
	}
	if quota > 0 && held > quota {
		return fmt.Errorf("%w: it would use %d bytes of %d", plugins.ErrQuota, held, quota)
	}
	if s.kept[key] = append([]byte{}, value...); len(value) == 0 {
		delete(s.kept, key) // as in vega's own storage
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.held = max(s.world.held, held)
	return nil
}
