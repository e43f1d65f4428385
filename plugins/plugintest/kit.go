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
)

// Options are the surroundings in which a Kit records. A replay needs none.
type Options struct {
	Network   *egress.Network   // nil: the system's
	Databases plugins.Databases // nil: no database is known
	// Bundled says that the plugin is the one that ships with vega, whose fixed
	// hosts are granted.
	Bundled bool
	// CacheDir keeps the compiled module for the next Kit; "" keeps nothing.
	CacheDir string
}

// Kit is a plugin on the bench.
type Kit struct {
	Module  *plugins.Module
	sandbox *plugins.Sandbox
	options Options
}

// Open loads a module, as the daemon would.
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

// Run is what came of one run.
type Run struct {
	plugins.Result
	Log     []string // "WARN a line"
	Learned Learned
	Problem string // of the case: that it has no answer to what was asked
	// Undeclared are the options that the probe read and the manifest does not
	// have. They are never set: most are misspelt.
	Undeclared []string

	outlasted bool // it lasted until its deadline
}

// Probe is the probe of that name.
func (k *Kit) Probe(name string) (*manifest.Probe, error) {
	p, n := k.Module.Manifest.Probe(name)
	if n < 0 {
		return nil, fmt.Errorf("the plugin %s has no probe %q", k.Module.Manifest.Name, name)
	}
	return p, nil
}

// input is the run that a case describes, without its world.
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

// Implied are the grants that follow from the config of a case and its probe.
func (k *Kit) Implied(c *Case) (grant.Set, error) {
	bare := *c
	bare.Grant = Grant{}
	in, err := k.input(&bare)
	in.Grants.Anywhere = k.Module.Embedded()
	return in.Grants, err
}

// run runs the probe in a world. allow grants what was not granted.
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

// world is what answers sql and kv for one run, and hears its log.
type world struct {
	databases plugins.Databases
	kv        plugins.KV

	mu   sync.Mutex
	log  []string
	held int64
}

type worldKey struct{}

func worldOf(ctx context.Context) *world { return ctx.Value(worldKey{}).(*world) }

// worlds passes each call on to the world of its run.
type worlds struct{}

func (worlds) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	w := worldOf(ctx)
	if w.databases == nil {
		return nil, fmt.Errorf("no database %q is known", database)
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

// shelf is storage that lasts for one run.
type shelf struct {
	world *world
	kept  map[string][]byte
	first map[string][]byte // what was kept before the run, as far as it was read
}

func (s *shelf) Get(_ context.Context, _, key string) ([]byte, bool, error) {
	v, ok := s.kept[key]
	if ok && s.first != nil {
		if _, seen := s.first[key]; !seen {
			s.first[key] = v
		}
	}
	return v, ok, nil
}

// Set keeps to the quota, where there is one: a run that learns has none yet.
func (s *shelf) Set(_ context.Context, _, key string, value []byte, quota int64) error {
	held := int64(len(key) + len(value))
	for k, v := range s.kept {
		if k != key {
			held += int64(len(k) + len(v))
		}
	}
	if quota > 0 && held > quota {
		return fmt.Errorf("%w: it would hold %d bytes, and may hold %d", plugins.ErrQuota, held, quota)
	}
	s.kept[key] = append([]byte{}, value...)
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	s.world.held = max(s.world.held, held)
	return nil
}
