package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"vega/store/profile"
)

// Runs are written in batches, so that a check waits for no disk and a
// thousand of them cost one transaction.
const (
	maxQueued  = 4096
	maxBatch   = 512
	batchDelay = 50 * time.Millisecond // after the first run of a batch
	retryDelay = time.Second
	maxShared  = 20_000 // names and shapes; what comes after them is kept with its run
)

// ErrNotStored says that a run was not kept, since nothing can be stored at the
// moment and no more of them can wait.
var ErrNotStored = errors.New("the run is not stored")

// appender is the one writer of runs.
type appender struct {
	store *Store
	queue chan packed
	flush chan chan error
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
	names map[string]int64 // of run_names; the writer's alone
	most  int64            // id of run_names
}

func newAppender(ctx context.Context, s *Store) (*appender, error) {
	a := &appender{
		store: s,
		queue: make(chan packed, maxQueued), flush: make(chan chan error),
		stop: make(chan struct{}), done: make(chan struct{}),
		names: map[string]int64{},
	}
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM run_names`).Scan(&a.most); err != nil {
		return nil, err
	}
	go a.work()
	return a, nil
}

// AppendRun hands a run over, for good, to be stored soon and in order. It waits while
// more runs come than can be written. A run outlives a kill of the process
// once FlushRuns, called after it, has returned.
func (s *Store) AppendRun(ctx context.Context, r *Run) error {
	if !slices.Contains(statuses, r.Status) || !slices.Contains(causes, r.Cause) {
		return fmt.Errorf("store a run of %s: there is no status %q with cause %q", r.Integration, r.Status, r.Cause)
	}
	if s.discards {
		return nil
	}
	p, err := r.pack()
	if err != nil {
		return fmt.Errorf("store a run of %s: %w", r.Integration, err)
	}
	select {
	case s.runs.queue <- p:
		return nil
	default:
	}
	if err := s.Degraded(); err != nil {
		s.lose(1)
		return fmt.Errorf("%w: %w", ErrNotStored, err)
	}
	select {
	case s.runs.queue <- p:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNotStored, ctx.Err())
	case <-s.runs.done:
		return fmt.Errorf("%w: the store is closed", ErrNotStored)
	}
}

// FlushRuns returns when all runs that were appended before are stored, or
// with the reason why they are not.
func (s *Store) FlushRuns(ctx context.Context) error {
	if s.discards {
		return nil
	}
	answer := make(chan error, 1)
	select {
	case s.runs.flush <- answer:
	case <-s.runs.done:
		return errors.New("store runs: the store is closed")
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work writes until it is stopped, and then what is left.
func (a *appender) work() {
	defer close(a.done)
	var batch []packed
	var due <-chan time.Time // nil: there is nothing to write
	for {
		queue := a.queue
		if len(batch) >= maxBatch {
			queue = nil // full: the rest waits in the queue
		}
		select {
		case r := <-queue:
			if batch = append(batch, r); len(batch) == 1 {
				due = time.After(batchDelay)
			}
			if len(batch) < maxBatch || a.store.isTroubled() {
				continue
			}
		case <-due:
		case answer := <-a.flush:
			batch = a.drain(batch)
			err := a.write(&batch)
			answer <- err
		case <-a.stop:
			batch = a.drain(batch)
			if err := a.write(&batch); err != nil {
				a.store.lose(len(batch))
			}
			return
		}
		due = nil
		if err := a.write(&batch); err != nil {
			due = time.After(retryDelay)
		}
	}
}

// drain adds all that waits in the queue.
func (a *appender) drain(batch []packed) []packed {
	for {
		select {
		case r := <-a.queue:
			batch = append(batch, r)
		default:
			return batch
		}
	}
}

// write stores the batch and empties it, all of it or nothing.
func (a *appender) write(batch *[]packed) error {
	if len(*batch) == 0 {
		return nil
	}
	ctx := profile.WithFunction(context.Background(), "AppendRun")
	err := a.store.change(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, insertRun)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range *batch {
			if err := a.insert(ctx, tx, insert, &(*batch)[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err := a.store.wrote(err); err != nil {
		clear(a.names) // those that the transaction added are gone
		return fmt.Errorf("store runs: %w", err)
	}
	clear(*batch)
	*batch = (*batch)[:0]
	return nil
}

func (a *appender) insert(ctx context.Context, tx *sql.Tx, insert *sql.Stmt, r *packed) (err error) {
	names, data := r.names, r.data
	var ids [4]int64
	for i, name := range []string{r.Integration, r.Probe, r.Digest} {
		if ids[i], err = a.name(ctx, tx, name); err != nil {
			return err
		}
	}
	shared := a.names[names] != 0 || a.most < maxShared
	switch {
	case names == "":
	case len(names) <= maxShape && shared:
		if ids[3], err = a.name(ctx, tx, names); err != nil {
			return err
		}
	default:
		data = own(names, data)
	}
	values := []any{
		ids[0], ids[1], ids[2], ids[3], slices.Index(statuses, r.Status), slices.Index(causes, r.Cause),
		r.Began.UnixMilli(), r.Took.Microseconds(), r.Message, data, compact(r.CorrelationID),
	}
	_, err = insert.ExecContext(ctx, append(values, r.Strain.columns()...)...)
	return err
}

// name is the ID that stands for a name.
func (a *appender) name(ctx context.Context, tx *sql.Tx, name string) (int64, error) {
	if id := a.names[name]; id != 0 {
		return id, nil
	}
	var id int64
	err := tx.QueryRowContext(ctx, findName, name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		var done sql.Result
		if done, err = tx.ExecContext(ctx, addName, name); err == nil {
			id, err = done.LastInsertId()
		}
	}
	if err != nil {
		return 0, err
	}
	if len(a.names) > maxShared {
		clear(a.names)
	}
	a.names[name], a.most = id, max(a.most, id)
	return id, nil
}

func (a *appender) close() {
	a.once.Do(func() { close(a.stop) })
	<-a.done
}
