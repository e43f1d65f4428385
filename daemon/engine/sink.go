package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"vega/policies/check"
)

// Sink records runs.
type Sink interface {
	// Record records a run. The context carries its correlation ID and trace.
	Record(ctx context.Context, r check.Run) error
}

// NamedSink is a best-effort sink with a name for its statistics.
type NamedSink struct {
	Name string
	Sink Sink
	// Active, if not nil, reports whether the sink records anything now. A sink costs
	// nothing before it has been active.
	Active func() bool
}

// SinkStats counts the runs that a sink did not record.
type SinkStats struct {
	Name    string
	Failed  int64 // Record returned an error
	Dropped int64 // the queue was full; always 0 for the durable sink
}

const (
	// sinkQueue is the length of a best-effort sink's queue, in runs.
	sinkQueue = 1024
	// failureLogInterval is the minimum interval between log lines about failures of
	// the durable sink.
	failureLogInterval = time.Minute
)

// sinks holds the durable sink and the best-effort ones. Each best-effort sink has
// a bounded queue and its own goroutine.
type sinks struct {
	log        *slog.Logger
	durable    Sink
	failed     atomic.Int64              // runs that durable did not record
	lastLogged atomic.Pointer[time.Time] // when a failure was last logged
	bestEffort []*queue
	working    sync.WaitGroup
	once       sync.Once
}

// queue feeds a best-effort sink.
type queue struct {
	NamedSink
	open            func() chan recorded // makes the channel and starts work, once
	opened          atomic.Bool
	failed, dropped atomic.Int64
}

// active reports whether the sink records runs now.
func (q *queue) active() bool { return q.Active == nil || q.Active() }

// recorded is a run in a queue.
type recorded struct {
	ctx context.Context
	run check.Run
}

func newSinks(log *slog.Logger, durable Sink, bestEffort []NamedSink) *sinks {
	s := &sinks{log: log, durable: durable}
	for _, n := range bestEffort {
		q := &queue{NamedSink: n}
		q.open = sync.OnceValue(func() chan recorded {
			runs := make(chan recorded, sinkQueue)
			s.working.Go(func() { q.work(log, runs) })
			q.opened.Store(true)
			return runs
		})
		s.bestEffort = append(s.bestEffort, q)
	}
	return s
}

// record passes a run to every sink. Only the durable sink can block.
func (s *sinks) record(ctx context.Context, r check.Run) {
	if err := s.durable.Record(ctx, r); err != nil {
		s.failed.Add(1)
		s.logFailure(ctx, r, err)
	}
	ctx = context.WithoutCancel(ctx)
	for _, q := range s.bestEffort {
		if !q.active() {
			continue
		}
		select {
		case q.open() <- recorded{ctx, r}:
		default:
			q.dropped.Add(1)
		}
	}
}

func (s *sinks) logFailure(ctx context.Context, r check.Run, err error) {
	now := time.Now()
	if last := s.lastLogged.Load(); (last == nil || now.Sub(*last) > failureLogInterval) && s.lastLogged.CompareAndSwap(last, &now) {
		s.log.ErrorContext(ctx, "run not stored; this is logged at most once a minute", "integration", r.Integration, "err", err)
	}
}

// work records runs until the queue is closed. It logs what the queue dropped once the
// sink has caught up.
func (q *queue) work(log *slog.Logger, runs chan recorded) {
	var reported int64
	for r := range runs {
		if err := q.Sink.Record(r.ctx, r.run); err != nil {
			q.failed.Add(1)
		}
		if n := q.dropped.Load(); n > reported && len(runs) == 0 {
			log.Warn("a sink did not keep up and has caught up; some runs were not recorded there", "sink", q.Name, "dropped", n-reported)
			reported = n
		}
	}
}

// close waits until the best-effort sinks have recorded the runs in their queues,
// then stops the sinks. record must not be called afterwards.
func (s *sinks) close() {
	s.once.Do(func() {
		for _, q := range s.bestEffort {
			if q.opened.Load() {
				close(q.open())
			}
		}
		s.working.Wait()
		for _, f := range s.stats() {
			if f.Dropped > 0 || f.Failed > 0 {
				s.log.Warn("a sink did not record all runs", "sink", f.Name, "dropped", f.Dropped, "failed", f.Failed)
			}
		}
	})
}

// Sinks returns what each sink did not record, the durable one first. It leaves out those
// that have never been active.
func (e *Engine) Sinks() []SinkStats { return e.sinks.stats() }

func (s *sinks) stats() []SinkStats {
	all := []SinkStats{{Name: "store", Failed: s.failed.Load()}}
	for _, q := range s.bestEffort {
		if !q.opened.Load() && !q.active() {
			continue
		}
		all = append(all, SinkStats{q.Name, q.failed.Load(), q.dropped.Load()})
	}
	return all
}
