package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"vega/policies/check"
)

// Sink takes runs.
type Sink interface {
	// Record takes a run. The context carries its correlation ID and trace.
	Record(ctx context.Context, r check.Run) error
}

// NamedSink is a best-effort sink, with the name that its figures have.
type NamedSink struct {
	Name string
	Sink Sink
}

// SinkStats counts what a sink did not take.
type SinkStats struct {
	Name    string
	Failed  int64 // Record returned an error
	Dropped int64 // the queue was full; always 0 for the durable sink
}

const (
	// sinkQueue is how many runs may wait for a best-effort sink.
	sinkQueue = 1024
	// complaintInterval is how often the log reports that runs are not recorded.
	complaintInterval = time.Minute
)

// sinks is the durable sink and the best-effort ones, each of which has a bounded
// queue and a goroutine of its own.
type sinks struct {
	log        *slog.Logger
	durable    Sink
	failed     atomic.Int64 // of durable
	complained atomic.Int64 // when the log last reported that, Unix nanoseconds
	bestEffort []*queue
	working    sync.WaitGroup
	once       sync.Once
}

// queue feeds a best-effort sink.
type queue struct {
	NamedSink
	runs            chan recorded
	failed, dropped atomic.Int64
}

// recorded is a run in a queue: or, where flushed is set, a mark that all before it
// was taken.
type recorded struct {
	ctx     context.Context
	run     check.Run
	flushed chan<- struct{}
}

func newSinks(log *slog.Logger, durable Sink, bestEffort []NamedSink) *sinks {
	s := &sinks{log: log, durable: durable}
	for _, n := range bestEffort {
		q := &queue{NamedSink: n, runs: make(chan recorded, sinkQueue)}
		s.bestEffort = append(s.bestEffort, q)
		s.working.Go(q.work)
	}
	return s
}

// record hands a run to every sink. Only the durable one can make it wait.
func (s *sinks) record(ctx context.Context, r check.Run) {
	if err := s.durable.Record(ctx, r); err != nil {
		s.failed.Add(1)
		s.complain(ctx, r, err)
	}
	ctx = context.WithoutCancel(ctx)
	for _, q := range s.bestEffort {
		select {
		case q.runs <- recorded{ctx: ctx, run: r}:
		default:
			q.dropped.Add(1)
		}
	}
}

func (s *sinks) complain(ctx context.Context, r check.Run, err error) {
	now := time.Now().UnixNano()
	if last := s.complained.Load(); now-last > int64(complaintInterval) && s.complained.CompareAndSwap(last, now) {
		s.log.ErrorContext(ctx, "a run is not stored; this is logged at most once a minute", "integration", r.Integration, "err", err)
	}
}

func (q *queue) work() {
	for r := range q.runs {
		if r.flushed != nil {
			r.flushed <- struct{}{}
		} else if err := q.Sink.Record(r.ctx, r.run); err != nil {
			q.failed.Add(1)
		}
	}
}

// flush returns once every best-effort sink has taken what was recorded before.
func (s *sinks) flush() {
	flushed := make(chan struct{}, len(s.bestEffort))
	for _, q := range s.bestEffort {
		q.runs <- recorded{flushed: flushed}
	}
	for range s.bestEffort {
		<-flushed
	}
}

// close returns once the best-effort sinks have taken everything. Nothing may be
// recorded after it.
func (s *sinks) close() {
	s.once.Do(func() {
		for _, q := range s.bestEffort {
			close(q.runs)
		}
		s.working.Wait()
		for _, f := range s.stats() {
			if f.Dropped > 0 || f.Failed > 0 {
				s.log.Warn("runs were not recorded", "sink", f.Name, "dropped", f.Dropped, "failed", f.Failed)
			}
		}
	})
}

func (s *sinks) stats() []SinkStats {
	all := []SinkStats{{Name: "store", Failed: s.failed.Load()}}
	for _, q := range s.bestEffort {
		all = append(all, SinkStats{q.Name, q.failed.Load(), q.dropped.Load()})
	}
	return all
}

// Sinks reports what each sink did not take, the durable one first.
func (e *Engine) Sinks() []SinkStats { return e.sinks.stats() }

// Flush returns once every sink has taken the runs that have ended.
func (e *Engine) Flush() { e.sinks.flush() }
