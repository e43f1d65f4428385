package measure

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

const (
	// maxPending limits the samples that wait to be recorded: those of a thousand series a
	// second, while the store is locked for a minute. Further ones are lost.
	maxPending = 60_000
	// recordPatience limits how long recording them takes.
	recordPatience = 5 * time.Second
)

// recorder hands samples to the history, so that a store that is slow delays no query. What
// arrives meanwhile is recorded together.
type recorder struct {
	log    *slog.Logger
	record func(ctx context.Context, all []Sample) error
	more   chan struct{} // has one element if there may be pending samples

	mu      sync.Mutex // guards the fields below
	pending []Sample
	lost    int // since the last log line

	logged string // the reason that was logged last
}

// partial is an error that is about some samples only. The others are recorded.
type partial interface {
	error
	Lost() int
}

func newRecorder(log *slog.Logger, record func(context.Context, []Sample) error) *recorder {
	return &recorder{log: log, record: record, more: make(chan struct{}, 1)}
}

// add makes samples pending, unless too many are.
func (r *recorder) add(all []Sample) {
	if r.record == nil || len(all) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending)+len(all) > maxPending {
		r.lost += len(all)
		return
	}
	r.pending = append(r.pending, all...)
	select {
	case r.more <- struct{}{}:
	default:
	}
}

// run records what is pending, until ctx ends.
func (r *recorder) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.more:
			r.flush(ctx)
		}
	}
}

// flush records what is pending, also if ctx has ended. If that fails, it is lost, and logged
// once for each reason.
func (r *recorder) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordPatience)
	defer cancel()
	r.mu.Lock()
	all, lost := r.pending, r.lost
	r.pending, r.lost = nil, 0
	r.mu.Unlock()
	reason := ""
	if lost > 0 {
		reason = "the store is too slow"
	}
	if len(all) > 0 {
		if err := r.record(ctx, all); err != nil {
			reason = err.Error()
			if p, ok := errors.AsType[partial](err); ok {
				lost += p.Lost()
			} else {
				lost += len(all)
			}
		}
	}
	if reason != "" && reason != r.logged {
		r.log.Warn("values of metric blocks are missing in their history; this is logged once", "reason", reason, "lost", lost)
	}
	r.logged = reason
}
