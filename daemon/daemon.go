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
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/databases"
	"vega/daemon/engine"
	"vega/daemon/monitor"
	"vega/daemon/telemetry"
	"vega/daemon/trim"
	"vega/daemon/version"
	"vega/plugins"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/store"
	"vega/store/keeper"
	"vega/store/sqlite"
)

// Options configures Open.
type Options struct {
	Log *slog.Logger // nil: log nothing
	// Step, if not nil, is called after each startup step.
	Step func(Step)
	// ReadOnly opens the store read-only, so another daemon may be using it. Values
	// stored by probes are discarded, and only the modules in use are loaded.
	ReadOnly bool
	// Compiler returns the command that compiles modules; see plugins.Options.
	Compiler func(ctx context.Context, dir string) *exec.Cmd
	// Read reads the configuration again, using the given function to find plugins.
	// If Read is nil, Reload, Validate and Plan return an error.
	Read func(config.Scan) config.Reading
	// Apply applies a configuration, including the first one, to whatever the daemon
	// does not own. The daemon calls it just before applying the configuration
	// itself. If Apply returns an error, it must not have changed anything, and the
	// configuration is rejected.
	Apply func(*config.Config) error

	// StartWait limits how long startup waits for plugins to be compiled, and
	// ReloadWait how long a requested reload waits; 0 means 10 seconds.
	StartWait, ReloadWait time.Duration
}

// Daemon is a running vega. Call Open, then Run in its own goroutine, and finally
// Shutdown.
type Daemon struct {
	options Options
	store   ownStore
	catalog *catalog.Catalog
	monitor *monitor.Monitor
	engine  *engine.Engine
	onCall
	measuring
	history
	exports
	traces      traces
	descriptors descriptors
	room        *room
	forPages
	requests  requests
	lifecycle lifecycle

	changes, ended trim.Notices // of states and of runs

	change sync.Mutex // held while preparing and installing a new state

	mu  sync.RWMutex // guards now, and the flags of lifecycle
	now *state
}

// requests holds the operations that concurrent requests share.
type requests struct {
	reloads     coalescer[Reload]
	validations coalescer[Validation]
	plans       coalescer[Planned]

	last           atomic.Pointer[lastAttempt] // the last reload; the start if there was none
	seen           atomic.Pointer[stamps]      // of a reload that the follower does not know of; nil: none
	shortageLogged atomic.Pointer[time.Time]   // when a shortage was last logged
}

// lifecycle is the state of startup and shutdown.
type lifecycle struct {
	life    context.Context // of every run; ends when a drain times out
	end     context.CancelFunc
	running sync.WaitGroup // background loops; grows only under mu while not draining
	started bool           // set by Run
	closed  bool
}

// Open opens the store and the sandbox, loads modules and binds integrations.
// Nothing runs before Run or Health is called. A refused module does not make Open
// fail: its integrations report the status unknown and the reason.
func Open(ctx context.Context, cfg *config.Config, o Options) (*Daemon, error) {
	d := &Daemon{
		options: o,
		changes: make(trim.Notices, 1),
		ended:   make(trim.Notices, 1),
		now:     &state{Set: &catalog.Set{Config: &config.Config{}}, databases: &databases.Set{}, hide: hider(nil, nil)},
	}
	d.onCall.daemon, d.history.daemon, d.exports.daemon = d, d, d
	if d.options.Log == nil {
		d.options.Log = slog.New(slog.DiscardHandler)
	}
	d.descriptors = descriptors{checks: sockets.NewPool(0), serving: !o.ReadOnly}
	d.lifecycle.life, d.lifecycle.end = context.WithCancel(context.WithoutCancel(ctx))
	pace := contention()
	d.measuring = newMeasuring(d, pace)
	d.exports.open()
	d.traces = newTraces(d)
	var board engine.NamedSink
	d.forPages, board = newForPages(d)
	d.engine = engine.New(engine.Options{
		Log: d.options.Log, Life: d.lifecycle.life, MaxRunning: config.MaxRunning, Sockets: d.descriptors.checks,
		Contention: pace, Tracer: d.traces, Durable: storeSink{d}, BestEffort: []engine.NamedSink{{Name: "log", Sink: logSink{d.options.Log}}, {Name: "metrics", Sink: d.metrics}, {Name: statsdSink, Sink: d.statsd, Active: d.statsd.Active}, board},
	})
	d.room = newRoom(ctx, d.options.Log, d.engine)
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
	next := &state{Set: &catalog.Set{Config: cfg}, inputs: cfg.Inputs(), since: time.Now(), databases: databasesOf(cfg, d.store, d.metrics, nil)}
	d.requests.last.Store(&lastAttempt{newAttempt(ctx, next.since, ByStart, cfg.Warnings), next.inputs})
	logDiagnostics(ctx, d.options.Log, cfg.Warnings)
	err = step(d.options.Step, "plugins", func() (string, error) { return d.openPlugins(ctx, next) })
	if err != nil {
		return err
	}
	if err = step(d.options.Step, "descriptors", func() (string, error) { return d.descriptors.share(cfg, d.engine) }); err != nil {
		return err
	}
	d.room.hold, d.room.grow = d.catalog.Sandbox.SetHostMemory, d.catalog.Sandbox.LimitGrowth
	d.catalog.Sandbox.AskBeforeGrowth(d.room.pressure.mayGrow)
	d.room.adopt(cfg)
	if err = step(d.options.Step, "memory", func() (string, error) { return d.room.outcome(ctx), nil }); err != nil {
		return err
	}
	d.lifecycle.running.Go(func() { d.room.follow(d.lifecycle.life) })
	if !d.options.ReadOnly {
		if err = step(d.options.Step, "alerts", func() (string, error) { return d.openAlerting(ctx, next) }); err != nil {
			return err
		}
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
		return "", inDataDir(cfg.DataDir, fmt.Errorf("create data_dir: %w; set data_dir in %s to a directory that vega's user can write to", err, cfg.Path))
	}
	release := version.Get()
	options := []sqlite.Option{sqlite.SlowQuery(cfg.Store.SlowQuery), sqlite.Correlation(telemetry.ID), sqlite.Observe(d.observeOwn), sqlite.OnAccount(plugins.Accounts{}), sqlite.Room(shortage.Room), sqlite.WrittenBy(release.Version, release.Commit), sqlite.Migrating(logMigration(d.options.Log)), sqlite.ClockChanged(logClock(d.options.Log)), sqlite.RollUp(newHistoryRules(d, cfg))}
	var st ownStore
	var err error
	if d.options.ReadOnly {
		st, err = sqlite.OpenReadOnly(ctx, cfg.Store.Path, options...)
	} else {
		st, err = keeper.Open(ctx, cfg.Store.Path, keeper.Options{SQLite: options, Log: d.options.Log, Last: d.engine.LastRuns})
	}
	if err != nil {
		return "", wayBack(cfg.Path, inDataDir(cfg.DataDir, err))
	}
	d.store = st
	if backup := st.Backup(); backup != "" {
		return cfg.Store.Path + ", migrated to this version; backup of the old version: " + backup, nil
	}
	return cfg.Store.Path, nil
}

// logMigration returns a function that logs that the database is migrated, because a start
// then takes longer.
func logMigration(log *slog.Logger) func(backup string) {
	return func(backup string) {
		log.Info("an older vega wrote the database; vega backs it up and migrates it, which takes a while if it is large", "backup", backup)
	}
}

// wayBack adds to the error of a store that a newer vega has migrated how to go back.
func wayBack(path string, err error) error {
	newer, ok := errors.AsType[*sqlite.NewerError](err)
	switch {
	case !ok:
		return err
	case newer.Backup == "":
		return fmt.Errorf("%w; install that version again, restore a backup that this version can read, or set store.path to another file", err)
	default:
		return fmt.Errorf("%w; install that version again, or go back to what this version had stored before the upgrade, without what was stored since: vega restore -c %s %s", err, quoted(path), quoted(newer.Backup))
	}
}

// quoted returns a path as a shell reads it.
func quoted(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// ownStore is vega's own store: a keeper.Store, or one that is read only.
type ownStore interface {
	store.Store
	databases.Own
	Path() string
	Backup() string // path of the copy that a migration made, or ""
}

func (d *Daemon) openPlugins(ctx context.Context, next *state) (string, error) {
	network, err := newNetwork(next.Config.Network)
	if err != nil {
		return "", err
	}
	sandbox, err := plugins.Open(ctx, plugins.Options{
		CacheDir:    filepath.Join(next.Config.DataDir, "cache"),
		CacheNotice: cacheNotice(d.options.Log),
		Compiler:    d.options.Compiler,
		Network:     network,
		HostMemory:  next.Config.Sandbox.HostMemory,
		Databases:   engine.Queries{},
		KV:          newKV(d.store),
		Log:         guestLines(d.options.Log),
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
	d.now.Owners = owners // any other error is a configuration error, and reported there
	short := d.loadInitial(ctx, next)
	if ctx.Err() != nil { // vega is shutting down; the modules may be fine
		return "", errors.Join(ErrClosing, next.Discard())
	}
	outcome, refusals := next.Outcome()
	if next.Waiting() { // the watcher handles those files again
		d.options.Log.WarnContext(ctx, "not all plugins are loaded yet; the rest will be loaded after startup", "after", cmp.Or(d.options.StartWait, startLoading).String())
	}
	if short != nil {
		d.logPostponed(ctx, "can't load a plugin now; vega tries again", "reason", short.Error())
	}
	if refusals != nil {
		refusals = warning{refusals}
	}
	return outcome, refusals
}

// startLoading limits how long startup waits for plugins to be compiled, in total,
// so that a few slow ones do not delay all checks.
const startLoading = 10 * time.Second

// loadInitial loads the plugins that are compiled within startLoading.
func (d *Daemon) loadInitial(ctx context.Context, next *state) (short error) {
	d.lifecycle.running.Go(d.catalog.Compile)
	patience, cancel := context.WithTimeout(ctx, cmp.Or(d.options.StartWait, startLoading))
	defer cancel()
	cfg := next.Config
	next.Set, short = d.catalog.Fit(ctx, cfg, nil)
	if next.Waiting() {
		d.catalog.Settle(patience, next.Set)
		next.Set, short = d.catalog.Fit(ctx, cfg, next.Set)
	}
	return short
}

// cacheNotice returns a function that logs that the compile cache can't be written to,
// and that it can again.
func cacheNotice(log *slog.Logger) func(error) {
	return func(err error) {
		if err != nil {
			log.Warn("can't write to the compile cache; plugins are compiled in memory, and each start takes longer, until vega can", "err", err)
			return
		}
		log.Info("the compile cache can be written to again")
	}
}

// guestLines returns a function that logs the lines that guests write.
func guestLines(log *slog.Logger) plugins.Log {
	return func(ctx context.Context, integration string, level slog.Level, line string) {
		log.Log(ctx, level, "probe", "integration", integration, "line", line)
	}
}

// inForce returns the current state.
func (d *Daemon) inForce() *state {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.now
}

// Ready returns nil if vega is fully operational, and otherwise an error with the
// reason.
func (d *Daemon) Ready() error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	switch {
	case d.lifecycle.closed:
		return ErrClosed
	case d.draining():
		return ErrClosing
	case !d.lifecycle.started:
		return errors.New("vega is starting")
	case d.store.Degraded() != nil:
		return ErrNoStore
	case d.now.Stuck():
		return errors.New("vega could not load the plugins of its integrations, and tries again; see its log for the reason")
	default:
		return nil
	}
}
