package plugins

import (
	"context"
	"log/slog"
	"time"

	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
	"vega/plugins/span"
	"vega/plugins/transport"
	"vega/policies/check"
)

// Input describes one run.
type Input struct {
	Integration string
	Probe       string
	Values      manifest.Values
	Grants      grant.Set
	Timeout     time.Duration // of instantiation, the run and all host calls
	Memory      manifest.Size // limit on the guest's memory; 0: DefaultMemory
	Trace       Trace         // that the guest's HTTP requests belong to
	// Span is the span of the run, whose children the spans of host calls are.
	Span span.Span
	// Transport is how the host connects for the integration; nil means the
	// usual way.
	Transport *transport.Options
	// Sockets limits what the run has open at the same time; nil means no
	// limit. The caller calls its End.
	Sockets *sockets.Allowance
	// Certificate adds a description of the target's certificate to Result.Exchange.
	Certificate bool
	// Grease adds options and errnos that a later version of vega might have
	// and the guest does not know. It is for tests of SDKs.
	Grease bool
	// Around, if set, replaces the guest's network. Clock, if set, returns the
	// guest's time of day. Undeclared, if set, is called with each option that
	// the guest reads but the manifest does not declare. Package plugintest
	// uses them.
	Around     Around
	Clock      func() time.Time
	Undeclared func(option string)

	began time.Time
}

// Trace holds the headers traceparent and tracestate of W3C Trace Context. They
// are added to an HTTP request if the guest does not set them. The zero Trace adds
// none.
type Trace = egress.Trace

// Result is the outcome of a run. It contains no secret.
type Result struct {
	Status  check.Status
	Cause   check.Cause
	Message string // one line
	Details map[string]string
	Metrics []check.Metric
	Denied  []string // calls that were denied, each with the line that would grant it
	Took    time.Duration
	// Exchange is what the host itself saw of the run; nil if it saw nothing.
	Exchange *check.Exchange
	// Ended reports whether the probe failed to return a status because it
	// crashed or was stopped.
	Ended bool
}

// Databases serves the sql capability. A query runs read-only, on behalf of the
// integration; an unknown database is an error.
type Databases interface {
	Query(ctx context.Context, database, query string) (Rows, error)
}

// Rows is the part of *sql.Rows that a guest needs.
type Rows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// KV stores values for an integration across runs. Set returns ErrQuota if the
// integration would hold more than quota bytes, including keys; an empty value
// deletes the key.
type KV interface {
	Get(ctx context.Context, integration, key string) (value []byte, ok bool, err error)
	Set(ctx context.Context, integration, key string, value []byte, quota int64) error
}

// Log writes one line of a guest. The context is that of the run, so the line
// can include its correlation ID.
type Log func(ctx context.Context, integration string, level slog.Level, line string)
