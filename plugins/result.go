package plugins

import (
	"context"
	"log/slog"
	"time"

	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/sockets"
	"vega/policies/check"
)

// Input is one run: which probe, of which integration, with what.
type Input struct {
	Integration string
	Probe       string
	Values      manifest.Values
	Grants      grant.Set
	Timeout     time.Duration // over instantiation, the run and every host call
	Memory      manifest.Size // cap on the guest's memory; 0 is 32 MiB
	Trace       Trace         // that the guest's http requests are part of
	// Sockets bounds what the run has open at once; nil is without limit. Its
	// End is the caller's to call.
	Sockets *sockets.Allowance
	// Grease is what a later vega may do to a guest of today: options and
	// errnos that it does not know. For tests of SDKs.
	Grease bool
	// Around, where it is not nil, is put between the guest and its network;
	// Clock is its time of day; Undeclared is told of each option that it reads
	// and the manifest does not have. They are for plugintest.
	Around     Around
	Clock      func() time.Time
	Undeclared func(option string)
}

// Trace is what the headers traceparent and tracestate of W3C Trace Context
// say. They are added, as they are, to an http request whose guest does not
// set them. The zero Trace is none.
type Trace = egress.Trace

// Result is what a run brought home. It holds no secret.
type Result struct {
	Status  check.Status
	Cause   check.Cause
	Message string // one line
	Details map[string]string
	Metrics []check.Metric
	Denied  []string // audit: every call that was refused, with the line to paste
	Took    time.Duration
	// Ended says that the probe did not return a status itself: it crashed, or
	// was ended.
	Ended bool
}

// Databases answers the sql capability. The query runs read-only, on behalf of
// the integration; an unknown database is an error.
type Databases interface {
	Query(ctx context.Context, database, query string) (Rows, error)
}

// Rows is what *sql.Rows offers of itself that a guest needs.
type Rows interface {
	Columns() ([]string, error)
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// KV keeps bytes for an integration across runs. Set answers ErrQuota when
// the integration would hold more than quota bytes, keys included.
type KV interface {
	Get(ctx context.Context, integration, key string) (value []byte, ok bool, err error)
	Set(ctx context.Context, integration, key string, value []byte, quota int64) error
}

// Log takes one line of a guest. The context is that of the run, so that a
// correlation ID in it reaches the line.
type Log func(ctx context.Context, integration string, level slog.Level, line string)
