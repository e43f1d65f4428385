package keeper

import (
	"context"
	"errors"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite"
)

// errReopening is the error of a call while the file is opened again.
var errReopening = &store.UnavailableError{
	Reason: "its file is being opened again",
	Err:    errors.New("use the store: its file is being opened again; the log says why"),
}

// errClosed is the error of a call after Close.
var errClosed = errors.New("the store is closed")

// enter returns the open file. Unless it returns an error, the caller must call
// c.gate.RUnlock.
func (c *caretaker) enter() (*sqlite.Store, error) {
	c.gate.RLock()
	switch {
	case c.now != nil:
		return c.now, nil
	case c.lock == nil:
		c.gate.RUnlock()
		return nil, errClosed
	default:
		c.gate.RUnlock()
		return nil, errReopening
	}
}

// read calls f with the open file.
func read[T any](k *Store, f func(*sqlite.Store) (T, error)) (T, error) {
	s, err := k.enter()
	if err != nil {
		var none T
		return none, err
	}
	defer k.gate.RUnlock()
	v, err := f(s)
	if s.Files().Notice(err) {
		err = &store.UnavailableError{Reason: s.Files().Lasting().Text, Err: err}
	}
	return v, err
}

// write calls f with the open file, unless what it wrote would be lost.
func write[T any](k *Store, f func(*sqlite.Store) (T, error)) (T, error) {
	return read(k, func(s *sqlite.Store) (none T, err error) {
		if t := k.why.Load(); t != nil {
			return none, sqlite.Unavailable(k.path, t)
		}
		return f(s)
	})
}

// nothing is the result of a call that returns only an error.
type nothing struct{}

func without(err error) (nothing, error) { return nothing{}, err }

// writerOf returns the function that stores a batch of runs, and changes of alerting.
func writerOf(k *Store) func([]store.PackedRun, *incident.Changes) error {
	return func(batch []store.PackedRun, changes *incident.Changes) error {
		_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.WriteRuns(batch, changes)) })
		if err != nil {
			k.health.Fail(err)
		}
		return err
	}
}

// AppendRun implements store.Runs.
func (k *Store) AppendRun(ctx context.Context, r *check.Run) error { return k.runs.Append(ctx, r) }

// FlushRuns implements store.Runs. If a write has just failed, it does not try again:
// each attempt to write to a locked file takes seconds.
func (k *Store) FlushRuns(ctx context.Context) error {
	if err := k.health.Recent(); err != nil {
		return err
	}
	return k.runs.Flush(ctx)
}

// Runs implements store.Runs.
func (k *Store) Runs(ctx context.Context, q store.RunQuery) (store.RunPage, error) {
	return read(k, func(s *sqlite.Store) (store.RunPage, error) { return s.Runs(ctx, q) })
}

// LastRuns implements store.Runs.
func (k *Store) LastRuns(ctx context.Context, integrations []string) ([]check.Run, error) {
	return read(k, func(s *sqlite.Store) ([]check.Run, error) { return s.LastRuns(ctx, integrations) })
}

// Recent implements store.Runs.
func (k *Store) Recent(ctx context.Context, integration string, limit int) (store.Recent, error) {
	return read(k, func(s *sqlite.Store) (store.Recent, error) { return s.Recent(ctx, integration, limit) })
}

// Statuses implements store.Runs.
func (k *Store) Statuses(ctx context.Context, integration string, since, until time.Time, f func(time.Time, check.Status) bool) (time.Time, error) {
	return read(k, func(s *sqlite.Store) (time.Time, error) { return s.Statuses(ctx, integration, since, until, f) })
}

// LogConversation implements store.Conversations.
func (k *Store) LogConversation(ctx context.Context, c store.Conversation) (int64, error) {
	return write(k, func(s *sqlite.Store) (int64, error) { return s.LogConversation(ctx, c) })
}

// Conversation implements store.Conversations.
func (k *Store) Conversation(ctx context.Context, id int64) (store.Conversation, error) {
	return read(k, func(s *sqlite.Store) (store.Conversation, error) { return s.Conversation(ctx, id) })
}

// SetReviewed implements store.Conversations.
func (k *Store) SetReviewed(ctx context.Context, id int64, reviewed bool) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.SetReviewed(ctx, id, reviewed)) })
	return err
}

// DeleteConversation implements store.Conversations.
func (k *Store) DeleteConversation(ctx context.Context, id int64) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.DeleteConversation(ctx, id)) })
	return err
}

// HistoryPage implements store.Conversations.
func (k *Store) HistoryPage(ctx context.Context, q store.Query) (store.Page, error) {
	return read(k, func(s *sqlite.Store) (store.Page, error) { return s.HistoryPage(ctx, q) })
}

// Memory implements store.Memories.
func (k *Store) Memory(ctx context.Context, key string) (store.Memory, error) {
	return read(k, func(s *sqlite.Store) (store.Memory, error) { return s.Memory(ctx, key) })
}

// SetMemory implements store.Memories.
func (k *Store) SetMemory(ctx context.Context, key, value string) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.SetMemory(ctx, key, value)) })
	return err
}

// DeleteMemory implements store.Memories.
func (k *Store) DeleteMemory(ctx context.Context, key string) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.DeleteMemory(ctx, key)) })
	return err
}

// Memories implements store.Memories.
func (k *Store) Memories(ctx context.Context, after string, limit int) ([]store.Memory, error) {
	return read(k, func(s *sqlite.Store) ([]store.Memory, error) { return s.Memories(ctx, after, limit) })
}

// Get implements store.KV.
func (k *Store) Get(ctx context.Context, integration, key string) (value []byte, found bool, err error) {
	value, err = read(k, func(s *sqlite.Store) (value []byte, err error) {
		value, found, err = s.Get(ctx, integration, key)
		return value, err
	})
	return value, found, err
}

// Set implements store.KV.
func (k *Store) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.Set(ctx, integration, key, value, quota)) })
	return err
}

// Forget implements store.KV.
func (k *Store) Forget(ctx context.Context, integration string) error {
	_, err := write(k, func(s *sqlite.Store) (nothing, error) { return without(s.Forget(ctx, integration)) })
	return err
}

// Retain implements store.Maintenance.
func (k *Store) Retain(ctx context.Context, r store.Retention) (store.Retained, error) {
	return write(k, func(s *sqlite.Store) (store.Retained, error) { return s.Retain(ctx, r) })
}

// Degraded implements store.Maintenance.
func (k *Store) Degraded() error { return k.health.Err() }

// Query runs one statement that reads; see sqlite.Store.Query. It returns a
// *store.UnavailableError while the file is opened again.
func (k *Store) Query(ctx context.Context, query string) (*sqlite.Rows, error) {
	if k.awaited.Load() {
		return nil, errReopening
	}
	s, err := k.enter()
	if err != nil {
		return nil, err
	}
	defer k.gate.RUnlock()
	return s.Query(ctx, query)
}

// Info describes the file; see sqlite.Store.Info.
func (k *Store) Info(ctx context.Context) (sqlite.Info, error) {
	return read(k, func(s *sqlite.Store) (sqlite.Info, error) { return s.Info(ctx) })
}

// Advice returns advice on slow queries; see sqlite.Store.Advice. While the file is
// opened again, there is none.
func (k *Store) Advice(ctx context.Context, stats *profile.Stats) sqlite.Advised {
	a, _ := read(k, func(s *sqlite.Store) (sqlite.Advised, error) { return s.Advice(ctx, stats), nil })
	return a
}

// Profiler returns the profiler of all queries on the store.
func (k *Store) Profiler() *profile.Profiler { return k.queries }

// Path returns the path of the database.
func (k *Store) Path() string {
	k.gate.RLock()
	defer k.gate.RUnlock()
	return k.path
}

// LogPath returns the path of the write-ahead log.
func (k *Store) LogPath() string { return k.Path() + "-wal" }

// Backup returns the path of the copy that the start made of the file, or "".
func (k *Store) Backup() string {
	path, _ := read(k, func(s *sqlite.Store) (string, error) { return s.Backup(), nil })
	return path
}
