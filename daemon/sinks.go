package daemon

import (
	"context"
	"log/slog"
	"strings"

	"vega/policies/check"
)

// storeSink is the durable sink. It appends runs to the store.
type storeSink struct{ *Daemon }

// Record passes a run to the store, which writes runs in batches. Record does not
// wait for the disk, unless runs arrive faster than the store can write them.
func (s storeSink) Record(ctx context.Context, r check.Run) error {
	defer s.ended.Note()
	return s.store.AppendRun(ctx, &r)
}

// logSink logs one line for each run and one for each denied call. The line of a run
// has the level warning if the status changed and is not healthy, debug if it stayed
// healthy, and info otherwise.
type logSink struct{ log *slog.Logger }

// Record logs a run.
func (s logSink) Record(ctx context.Context, r check.Run) error {
	_, changed := r.Transition()
	level := slog.LevelInfo
	switch {
	case changed && r.Status != check.Healthy:
		level = slog.LevelWarn
	case !changed && r.Status == check.Healthy:
		level = slog.LevelDebug
	}
	line := []any{
		"integration", r.Integration, "probe", r.Probe, "status", string(r.Status),
		"cause", string(r.Cause), "changed", changed, "took_ms", check.Milliseconds(r.Took), "message", r.Message,
	}
	if r.Contention != nil && r.Contention.Late > 0 {
		line = append(line, "late_ms", float64(r.Contention.Late.Milliseconds()))
	}
	if len(r.RootCause) > 0 {
		line = append(line, "root_cause", strings.Join(r.RootCause, ", "))
	}
	s.log.Log(ctx, level, "run", line...)
	for _, reason := range r.Denied {
		s.log.WarnContext(ctx, "denied", "integration", r.Integration, "probe", r.Probe, "reason", reason)
	}
	return nil
}
