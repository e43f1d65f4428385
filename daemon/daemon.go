package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/monitor"
	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/store/sqlite"
)

// Options is what Open needs besides the configuration.
type Options struct {
	Log *slog.Logger // nil: nothing is logged
	// Step is told of each step of the start; nil: nobody is.
	Step func(Step)
	// ReadOnly opens the store beside a running daemon: what probes would keep
	// is dropped, and only the modules in use are loaded.
	ReadOnly bool
	// Compiler is the child process that compiles modules; see plugins.Options.
	Compiler func(ctx context.Context, dir string) *exec.Cmd
	// Read reads the configuration again, for Reload and Validate, and finds the
	// plugins by what it is given; nil: neither is possible.
	Read func(config.Scan) config.Reading
	// Apply puts a configuration in force in what the daemon does not own, the
	// first included. It is called just before the daemon does; on an error it
	// must have changed nothing, and the configuration does not come into force.
	Apply func(*config.Config) error

	startLoading time.Duration // 0 is startLoading; tests are less patient
	reloadWait   time.Duration // 0 is reloadWait
}

// Daemon is vega in operation. Call Open, then Run in a goroutine of its own, and
// end it with Shutdown.
type Daemon struct {
	options     Options
	store       *sqlite.Store
	catalog     *catalog.Catalog
	monitor     *monitor.Monitor // of this machine
	engine      *engine.Engine
	descriptors descriptors
	requests    requests
	lifecycle   lifecycle

	change sync.Mutex // held while a new state is prepared and installed

	mu  sync.RWMutex // guards now, and the flags of lifecycle
	now *state
}

// requests is what those who ask for the same thing share.
type requests struct {
	reloads     coalescer[Reload]
	validations coalescer[Validation]
	plans       coalescer[Planned]

	last           atomic.Pointer[lastAttempt] // the last reload, or the start
	shortageLogged atomic.Int64                // when the log last reported a shortage, Unix nanoseconds
}

// lifecycle is how far the daemon has come.
type lifecycle struct {
	life    context.Context // of every run; ends when a drain runs out of time
	end     context.CancelFunc
	running sync.WaitGroup // loops; grows only under mu while not draining
	started bool           // Run has begun
	closed  bool
}

// Open opens the store and the sandbox, loads modules and binds integrations.
// Nothing runs before Run or Health is called. A module that is refused does
// not fail the start: its integrations are unknown, and say why.
func Open(ctx context.Context, cfg *config.Config, o Options) (*Daemon, error) {
	d := &Daemon{
		options: o,
		now:     &state{Set: &catalog.Set{Config: &config.Config{}}, databases: &databases.Set{}},
	}
	if d.options.Log == nil {
		d.options.Log = slog.New(slog.DiscardHandler)
	}
	d.descriptors = descriptors{checks: sockets.NewPool(0), serving: !o.ReadOnly}
	d.lifecycle.life, d.lifecycle.end = context.WithCancel(context.WithoutCancel(ctx))
	d.engine = engine.New(engine.Options{
		Log: d.options.Log, Life: d.lifecycle.life, MaxRunning: config.MaxRunning, Sockets: d.descriptors.checks,
		Contention: contention(), Durable: storeSink{d}, BestEffort: []engine.NamedSink{{Name: "log", Sink: logSink{d.options.Log}}},
	})
	if err := d.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Daemon) open(ctx context.Context, cfg *config.Config) error {
	var err error
	if d.monitor, err = monitor.New(cfg.DataDir); err != nil {
		return err
	}
	if err = step(d.options.Step, "store", func() (string, error) { return d.openStore(ctx, cfg) }); err != nil {
		return err
	}
	next := &state{Set: &catalog.Set{Config: cfg}, inputs: cfg.Inputs(), since: time.Now(), databases: databasesOf(cfg, d.store, nil)}
	d.requests.last.Store(&lastAttempt{newAttempt(ctx, next.since, ByStart, cfg.Warnings), next.inputs})
	logDiagnostics(ctx, d.options.Log, cfg.Warnings)
	err = step(d.options.Step, "plugins", func() (string, error) { return d.openPlugins(ctx, next) })
	if err != nil {
		return err
	}
	if err = step(d.options.Step, "descriptors", func() (string, error) { return d.descriptors.share(cfg, d.engine) }); err != nil {
		return err
	}
	return step(d.options.Step, "integrations", func() (string, error) {
		if _, err := d.install(next); err != nil {
			return "", err
		}
		return d.now.outcome(), nil
	})
}

func (d *Daemon) openStore(ctx context.Context, cfg *config.Config) (string, error) {
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("make data_dir: %w; give vega's user a directory to write to, with data_dir in %s", err, cfg.Path)
	}
	open := sqlite.Open
	if d.options.ReadOnly {
		open = sqlite.OpenReadOnly
	}
	st, err := open(ctx, cfg.Store.Path, sqlite.SlowQuery(cfg.Store.SlowQuery), sqlite.Correlation(telemetry.ID), sqlite.OnAccount(plugins.Accounts{}), sqlite.Room(shortage.Room))
	if err != nil {
		return "", err
	}
	d.store = st
	if backup := st.Backup(); backup != "" {
		return cfg.Store.Path + ", its rows changed for this vega; as it was before: " + backup, nil
	}
	return cfg.Store.Path, nil
}

func (d *Daemon) openPlugins(ctx context.Context, next *state) (string, error) {
	network, err := newNetwork(next.Config.Network)
	if err != nil {
		return "", err
	}
	sandbox, err := plugins.Open(ctx, plugins.Options{
		CacheDir:   filepath.Join(next.Config.DataDir, "cache"),
		Compiler:   d.options.Compiler,
		Network:    network,
		HostMemory: next.Config.Sandbox.HostMemory,
		Databases:  engine.Queries{},
		KV:         newKV(d.store),
		Log:        guestLines(d.options.Log),
	})
	if err != nil {
		return "", err
	}
	d.catalog = catalog.New(catalog.Options{
		Log: d.options.Log, Host: host{d}, Sandbox: sandbox, Life: d.lifecycle.life, Draining: d.engine.Draining(), ReadOnly: d.options.ReadOnly,
	})
	owners, err := manifest.ReadOwners(filepath.Join(next.Config.DataDir, manifest.OwnersFile))
	if short := shortage.Of(err); short != nil {
		return "", short
	}
	d.now.Owners = owners // what else keeps them from being read is an error of the configuration, and reported there
	short := d.loadFirst(ctx, next)
	if ctx.Err() != nil { // which says nothing about what was being loaded
		return "", errors.Join(ErrClosing, next.Discard())
	}
	outcome, bundledRefused, refusals := next.Outcome()
	if short != nil && bundledRefused {
		return "", errors.Join(short, next.Discard()) // vega can do little without the plugins that ship with it
	}
	// The files are looked at again, as those that come later.
	if next.Waiting() {
		d.options.Log.WarnContext(ctx, "loading plugins takes long; the rest is loaded once vega has started", "after", cmp.Or(d.options.startLoading, startLoading).String())
	}
	if short != nil {
		d.postponed(ctx, "a plugin can't be loaded at the moment; it is tried again", "reason", short.Error())
	}
	if refusals != nil {
		refusals = warning{refusals}
	}
	return outcome, refusals
}

// startLoading is how long a start waits, in all, for plugins that were dropped in to
// be compiled: a few files that take long do not delay all checks.
const startLoading = 10 * time.Second

// loadFirst loads what a start needs, and what is compiled within startLoading.
func (d *Daemon) loadFirst(ctx context.Context, next *state) (short error) {
	d.lifecycle.running.Go(d.catalog.Compile)
	patience, cancel := context.WithTimeout(ctx, cmp.Or(d.options.startLoading, startLoading))
	defer cancel()
	cfg := next.Config
	next.Set, short = d.catalog.Fit(ctx, cfg, nil)
	if next.Waiting() {
		d.catalog.Settle(patience, next.Set)
		next.Set, short = d.catalog.Fit(ctx, cfg, next.Set)
	}
	return short
}

// guestLines logs the lines of guests.
func guestLines(log *slog.Logger) plugins.Log {
	return func(ctx context.Context, integration string, level slog.Level, line string) {
		log.Log(ctx, level, "probe", "integration", integration, "line", line)
	}
}

// inForce is the state that everything is answered by at the moment.
func (d *Daemon) inForce() *state {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.now
}

// Ready reports why vega can't be relied on yet, or any more; nil when it can.
func (d *Daemon) Ready() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch {
	case d.lifecycle.closed:
		return ErrClosed
	case d.leaving():
		return ErrClosing
	case !d.lifecycle.started:
		return errors.New("vega is starting")
	case d.store.Degraded() != nil:
		return errors.New("vega can store nothing at the moment; its log says why")
	default:
		return nil
	}
}
