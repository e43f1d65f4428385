package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"vega/policies/check"
)

// Runs are written in batches, so that a check does not wait for the disk and a
// batch costs only one transaction.
const (
	maxQueued  = 4096
	maxBatch   = 512
	batchDelay = 50 * time.Millisecond // after the first run of a batch
	retryDelay = time.Second
)

// Appender queues runs and writes them in batches, from one goroutine.
type Appender struct {
	write  func(batch []PackedRun) error
	health *Health
	queue  chan PackedRun
	flush  chan chan error
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
}

// NewAppender starts an Appender. It calls write with one batch at a time;
// write stores all of it or nothing, and keeps no reference to it. A batch that
// was not stored is written again, with more runs, after a second. While health
// reports an outage, runs that find the queue full are dropped and counted.
func NewAppender(write func(batch []PackedRun) error, health *Health) *Appender {
	a := &Appender{
		write: write, health: health,
		queue: make(chan PackedRun, maxQueued), flush: make(chan chan error),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go a.work()
	return a
}

// Append implements Runs.AppendRun.
func (a *Appender) Append(ctx context.Context, r *check.Run) error {
	if err := ValidateRun(r); err != nil {
		return err
	}
	p, err := pack(r)
	if err != nil {
		return fmt.Errorf("store a run of %s: %w", r.Integration, err)
	}
	select {
	case a.queue <- p:
		return nil
	default:
	}
	if err := a.health.Err(); err != nil {
		a.health.lose(1)
		return fmt.Errorf("%w: %w", ErrNotStored, err)
	}
	select {
	case a.queue <- p:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrNotStored, ctx.Err())
	case <-a.done:
		return fmt.Errorf("%w: the store is closed", ErrNotStored)
	}
}

// Flush implements Runs.FlushRuns.
func (a *Appender) Flush(ctx context.Context) error {
	answer := make(chan error, 1)
	select {
	case a.flush <- answer:
	case <-a.done:
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

// Close writes the runs that are queued and stops the Appender.
func (a *Appender) Close() {
	a.once.Do(func() { close(a.stop) })
	<-a.done
}

func (a *Appender) work() {
	defer close(a.done)
	var batch []PackedRun
	var due <-chan time.Time // nil while the batch is empty
	for {
		queue := a.queue
		if len(batch) >= maxBatch {
			queue = nil // the rest waits in the queue
		}
		select {
		case r := <-queue:
			if batch = append(batch, r); len(batch) == 1 {
				due = time.After(batchDelay)
			}
			if len(batch) < maxBatch || a.health.failing() {
				continue
			}
		case <-due:
		case answer := <-a.flush:
			batch = a.drain(batch)
			err := a.store(&batch)
			answer <- err
			if err != nil {
				a.answerAll(err)
				due = time.After(retryDelay)
				continue
			}
		case <-a.stop:
			batch = a.drain(batch)
			if err := a.store(&batch); err != nil {
				a.health.lose(len(batch))
			}
			return
		}
		due = nil
		if err := a.store(&batch); err != nil {
			due = time.After(retryDelay)
		}
	}
}

// answerAll answers every Flush that waits. Each attempt to write may take as long as
// the database waits for a lock, so they share one that failed.
func (a *Appender) answerAll(err error) {
	for {
		select {
		case answer := <-a.flush:
			answer <- err
		default:
			return
		}
	}
}

// drain moves all queued runs to the batch.
func (a *Appender) drain(batch []PackedRun) []PackedRun {
	for {
		select {
		case r := <-a.queue:
			batch = append(batch, r)
		default:
			return batch
		}
	}
}

// store writes the batch and empties it.
func (a *Appender) store(batch *[]PackedRun) error {
	if len(*batch) == 0 {
		return nil
	}
	if err := a.write(*batch); err != nil {
		return fmt.Errorf("store runs: %w", err)
	}
	clear(*batch)
	*batch = (*batch)[:0]
	return nil
}
