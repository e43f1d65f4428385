package daemon

import (
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

	"vega/daemon/config"
	"vega/daemon/diagnostics"
	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/store"
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
	// Read reads the configuration again, for Reload and Validate; nil: neither
	// is possible.
	Read func() config.Reading
	// Apply puts a configuration in force in what the daemon does not own, the
	// first included. It is called just before the daemon does; on an error it
	// must have changed nothing, and the configuration does not come into force.
	Apply func(*config.Config) error
}

// Daemon runs integrations and answers for them.
type Daemon struct {
	options Options
	log     *slog.Logger
	store   *store.Store
	sandbox *plugins.Sandbox
	lookout *lookout          // over this machine
	pace    *diagnostics.Pace // of this process, while runs last

	complained atomic.Int64 // when it was last logged that a run is not stored

	life  context.Context // of every run; ends when a drain runs out of time
	end   context.CancelFunc
	halt  chan struct{} // closed when Run is to end, since Shutdown was called
	slots chan struct{} // one place for each guest that runs

	reloads     turns[Reload]
	validations turns[Validation]
	plans       turns[Planned]
	last        atomic.Pointer[attempted] // the last reload, or the start

	change  sync.Mutex    // held by whoever prepares a new state, one at a time
	changed chan struct{} // wakes the scheduler

	mu       sync.RWMutex // guards what follows; write-locked only to swap
	now      *state
	draining bool
	running  sync.WaitGroup // flights and loops; grows only under mu while not draining
	started  bool           // Run has begun
}

// Open opens the store and the sandbox, loads modules and binds integrations.
// Nothing runs before Run or Health is called. A module that is refused does
// not fail the start: its integrations are unknown, and say why.
func Open(ctx context.Context, cfg *config.Config, o Options) (*Daemon, error) {
	d := &Daemon{
		options: o,
		log:     o.Log,
		slots:   make(chan struct{}, config.MaxRunning),
		halt:    make(chan struct{}),
		changed: make(chan struct{}, 1),
		pace:    diagnostics.NewPace(),
		now:     &state{cfg: &config.Config{}, databases: &databases{}},
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.life, d.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := d.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *Daemon) open(ctx context.Context, cfg *config.Config) error {
	var err error
	if d.lookout, err = newLookout(cfg.DataDir); err != nil {
		return err
	}
	if err = d.step("store", func() (string, error) { return d.openStore(ctx, cfg) }); err != nil {
		return err
	}
	next := &state{cfg: cfg, inputs: cfg.Inputs(), since: time.Now(), databases: newDatabases(cfg, d.store, nil)}
	d.last.Store(&attempted{newAttempt(ctx, next.since, ByStart, cfg.Warnings), next.inputs})
	d.tellDiagnostics(ctx, cfg.Warnings)
	err = d.step("plugins", func() (string, error) { return d.openPlugins(ctx, next) })
	if err != nil {
		return err
	}
	return d.step("integrations", func() (string, error) {
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
	open := store.Open
	if d.options.ReadOnly {
		open = store.OpenReadOnly
	}
	st, err := open(ctx, cfg.Store.Path, store.SlowQuery(cfg.Store.SlowQuery), store.Correlation(telemetry.ID))
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
	network, err := newNetwork(next.cfg.Network)
	if err != nil {
		return "", err
	}
	d.sandbox, err = plugins.Open(ctx, plugins.Options{
		CacheDir:  filepath.Join(next.cfg.DataDir, "cache"),
		Compiler:  d.options.Compiler,
		Network:   network,
		Databases: bindings{},
		KV:        newKV(d.store),
		Log:       d.guestLine,
	})
	if err != nil {
		return "", err
	}
	next.plugins = d.loadAll(ctx, next.cfg)
	return loadedOf(next.plugins)
}

// guestLine takes a line that a guest logged.
func (d *Daemon) guestLine(ctx context.Context, integration string, level slog.Level, line string) {
	d.log.Log(ctx, level, "probe", "integration", integration, "line", line)
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
	case d.draining:
		return errors.New("vega is shutting down")
	case !d.started:
		return errors.New("vega is starting")
	case d.store.Degraded() != nil:
		return errors.New("vega can store nothing at the moment; its log says why")
	default:
		return nil
	}
}

// Shutdown starts no run any more and waits for those in flight; when ctx
// ends first, they are ended. Then everything is closed.
func (d *Daemon) Shutdown(ctx context.Context) error {
	d.mu.Lock()
	if !d.draining {
		d.draining = true
		close(d.halt)
	}
	d.mu.Unlock()
	stop := context.AfterFunc(ctx, d.end)
	d.running.Wait()
	stop()
	d.end()
	return d.release()
}

// Close is Shutdown without patience: runs in flight are ended.
func (d *Daemon) Close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return d.Shutdown(ctx)
}

// release closes what is open, in the reverse order of opening.
func (d *Daemon) release() error {
	d.change.Lock()
	defer d.change.Unlock()
	d.mu.Lock()
	modules := d.now.plugins
	dbs := d.now.databases
	d.now = &state{cfg: d.now.cfg, integrations: d.now.integrations, depends: d.now.depends, databases: dbs, thresholds: d.now.thresholds}
	d.mu.Unlock()
	errs := []error{d.lookout.close(), releaseAll(modules)} // the lookout stays, to say that it is closed
	if d.sandbox != nil {
		errs = append(errs, d.sandbox.Close(), dbs.release())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	d.sandbox, d.store = nil, nil
	return errors.Join(errs...)
}
