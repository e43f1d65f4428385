package daemon

import (
	"context"
	"log/slog"
	"strings"

	"vega/policies/check"
)

// storeSink is the durable sink: it appends runs to the store.
type storeSink struct{ *Daemon }

// Record hands a run over to the store, which writes it soon. It waits for no
// disk, unless more runs come than can be written.
func (s storeSink) Record(ctx context.Context, r check.Run) error {
	return s.store.AppendRun(ctx, &r)
}

// logSink writes one line a run, and one for each call that was denied: a warning
// when a status changes for the worse, a debug line when all is as well as before.
type logSink struct{ log *slog.Logger }

// Record writes the lines.
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
