package keeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/identity"
)

// Options configures Open.
type Options struct {
	SQLite []sqlite.Option
	Log    *slog.Logger // nil: log nothing
	// Last returns the last known run of each integration, with which a new file is
	// begun. It may be nil.
	Last func() []check.Run
}

// Store is a store.Store whose file is replaced when it is lost. It is safe for
// concurrent use.
type Store struct{ *caretaker }

// caretaker looks after the file of a store.
type caretaker struct {
	named   string // the path that was given to Open
	path    string // where named leads to; changes with gate locked
	options Options
	health  *store.Health
	queries *profile.Profiler
	runs    *store.Appender
	report  *report
	lock    *filelock.Lock

	gate sync.RWMutex                     // read-locked by every call
	now  *sqlite.Store                    // nil while the file is opened again
	why  atomic.Pointer[identity.Trouble] // why nothing may be written, or nil

	awaited atomic.Bool // exchange waits for calls in progress

	repair repair // of the goroutine that looks after the files
	wake   chan struct{}
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
}

var _ store.Store = (*Store)(nil)

// Open opens the database at path, as sqlite.Open does and with the same errors, and
// begins to look after its files. The caller must Close the store.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	named, err := filepath.Abs(path)
	if err == nil {
		path, err = sqlite.Resolve(named)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create the directory of the store: %w", err)
	}
	held, err := filelock.Acquire(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	k := &Store{&caretaker{
		named: named, path: path, options: o, lock: held, queries: sqlite.NewProfiler(o.SQLite...),
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}}
	k.report = newReport(o.Log)
	k.health = &store.Health{Changed: k.changed}
	if err = k.keepLog(); err == nil {
		k.now, err = k.open(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, held.Release())
	}
	k.runs = store.NewAppender(writerOf(k), k.health)
	if k.recoverInto(k.now); k.repair.recovery.cancel == nil {
		k.resume()
	}
	go k.watch()
	return k, nil
}

// open opens the file that the path names.
func (c *caretaker) open(ctx context.Context) (*sqlite.Store, error) {
	return sqlite.Open(ctx, c.path, append(c.options.SQLite[:len(c.options.SQLite):len(c.options.SQLite)], sqlite.ReportTo(c.health), sqlite.Kept(c.queries))...)
}

// changed is called when an outage begins or ends.
func (c *caretaker) changed(o store.Outage) {
	c.report.changed(o, time.Now())
	select {
	case c.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Close implements store.Store. It logs how many runs could not be stored.
func (k *Store) Close() error {
	k.once.Do(func() { close(k.stop) })
	<-k.done
	waiting := k.runs.Waiting()
	k.runs.Close()
	if o := k.health.Outage(); o.Err != nil && (waiting > 0 || o.Lost > 0) {
		k.options.Log.Error("runs could not be stored and are lost", "runs_lost", o.Lost, "since", o.Since.UTC(), "err", o.Err)
	}
	k.gate.Lock()
	defer k.gate.Unlock()
	var errs []error
	if k.now != nil {
		if !k.now.Files().Linked() {
			k.options.Log.Error("the store's file was deleted, and vega could not write it again; what it held is lost", "path", k.path)
		}
		err := k.now.Close()
		if err != nil && k.health.Outage().Err != nil { // it was said why nothing can be written
			k.options.Log.Warn("the store did not close", "err", err)
			err = nil
		}
		errs = append(errs, err)
		k.now = nil
	}
	if k.lock != nil {
		errs = append(errs, k.lock.Release())
		k.lock = nil
	}
	return errors.Join(errs...)
}
