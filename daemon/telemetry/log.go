package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
)

// Log is vega's log. A reload may change its level and secrets while it is in use.
type Log struct {
	*slog.Logger
	level slog.LevelVar
	scrub atomic.Pointer[func(string) string]
}

// NewLog returns a log that writes to w, as JSON or as text. Every line carries the
// correlation ID of its context.
func NewLog(w io.Writer, json bool) *Log {
	l := &Log{}
	o := &slog.HandlerOptions{Level: &l.level, ReplaceAttr: l.replace}
	var h slog.Handler = slog.NewTextHandler(w, o)
	if json {
		h = slog.NewJSONHandler(w, o)
	}
	l.Logger = slog.New(handler{h})
	return l
}

// SetLevel sets the minimum level.
func (l *Log) SetLevel(level slog.Level) { l.level.Set(level) }

// SetScrub sets the function that removes known secrets from every string before it
// is written.
func (l *Log) SetScrub(scrub func(string) string) { l.scrub.Store(&scrub) }

// replace scrubs one attribute. It first formats any value except a plain number,
// bool or time, because the text may contain a secret.
func (l *Log) replace(_ []string, a slog.Attr) slog.Attr {
	scrub := l.scrub.Load()
	if scrub == nil {
		return a
	}
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue((*scrub)(v.String()))
	case slog.KindAny:
		if _, ok := v.Any().(slog.Level); !ok {
			a.Value = slog.StringValue((*scrub)(fmt.Sprint(v.Any())))
		}
	}
	return a
}

// handler adds the correlation ID of the context, and the trace ID if that differs.
type handler struct{ slog.Handler }

// Handle writes the record.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	id, trace := ID(ctx), TraceIn(ctx).ID()
	if id != "" || trace != "" {
		r = r.Clone()
	}
	if id != "" {
		r.AddAttrs(slog.String("correlation_id", id))
	}
	if trace != "" && trace != id {
		r.AddAttrs(slog.String("trace_id", trace))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the ID on derived loggers.
func (h handler) WithAttrs(a []slog.Attr) slog.Handler { return handler{h.Handler.WithAttrs(a)} }

// WithGroup keeps the ID on derived loggers.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
