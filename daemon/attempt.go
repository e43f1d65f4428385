package daemon

import (
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/engine"
)

// Diagnosis lists the diagnostics of a configuration, for programs.
type Diagnosis = diag.Report

// Trigger is what made vega read its configuration.
type Trigger string

// The triggers.
const (
	ByStart  Trigger = "start"
	BySignal Trigger = "signal" // SIGHUP
	ByFile   Trigger = "file"   // a file changed
	ByHTTP   Trigger = "http"   // POST /admin/config/reload
)

// Outcome is the result of reading the configuration.
type Outcome string

// The outcomes.
const (
	Applied   Outcome = "applied"   // it is now active
	Unchanged Outcome = "unchanged" // it was already active
	Rejected  Outcome = "rejected"  // the previous configuration stays active
)

// Attempt describes one attempt to apply the configuration on disk.
type Attempt struct {
	At            time.Time         `json:"at"`
	Trigger       Trigger           `json:"trigger"`
	Outcome       Outcome           `json:"outcome"`
	Reason        string            `json:"reason"` // why the configuration was rejected; "" if it was not
	CorrelationID string            `json:"correlation_id"`
	Diagnostics   []diag.Diagnostic `json:"diagnostics"` // only warnings, unless Outcome is Rejected
}

// Reload describes a reload attempt and what it changed.
type Reload struct {
	Attempt
	DurationMS float64       `json:"duration_ms"`
	Summary    ReloadSummary `json:"summary"`
	Added      []string      `json:"added"` // names of integrations, sorted
	Changed    []string      `json:"changed"`
	Removed    []string      `json:"removed"`
	Loading    []string      `json:"loading"` // plugins in use that are still being compiled
}

// ReloadSummary counts integrations. Kept ones keep their state, their history and
// their phase.
type ReloadSummary struct {
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	Kept    int `json:"kept"`
}

func (r *Reload) add(d engine.Diff) {
	r.Added, r.Changed, r.Removed = append(r.Added, d.Added...), append(r.Changed, d.Changed...), append(r.Removed, d.Removed...)
	r.Summary = ReloadSummary{Added: len(d.Added), Changed: len(d.Changed), Removed: len(d.Removed), Kept: d.Kept}
}

// RestartError reports that a configuration can't be reloaded because its changes
// need a restart.
type RestartError struct{ Keys []string }

// Error names the changed options.
func (e *RestartError) Error() string {
	return "restart vega to change " + strings.Join(e.Keys, ", ") + "; a reload can't"
}

// RejectedError reports a valid configuration that can't be applied.
type RejectedError struct{ Err error }

// Error returns the reason's text.
func (e *RejectedError) Error() string { return e.Err.Error() }

// Unwrap returns the reason.
func (e *RejectedError) Unwrap() error { return e.Err }
