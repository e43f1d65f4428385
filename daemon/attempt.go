package daemon

import (
	"strings"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
)

// Diagnosis is what is said of a configuration, as programs read it.
type Diagnosis = config.Report

// Trigger is what made vega read its configuration.
type Trigger string

// The triggers.
const (
	ByStart  Trigger = "start"
	BySignal Trigger = "signal" // SIGHUP
	ByFile   Trigger = "file"   // a file changed
	ByHTTP   Trigger = "http"   // POST /admin/config/reload
)

// Outcome is what came of reading the configuration.
type Outcome string

// The outcomes.
const (
	Applied   Outcome = "applied"   // what was read is in force
	Unchanged Outcome = "unchanged" // what was read was in force before
	Rejected  Outcome = "rejected"  // what was read is not in force, and the one before still is
)

// Attempt is one attempt to put the configuration on the disk in force.
type Attempt struct {
	At            time.Time           `json:"at"`
	Trigger       Trigger             `json:"trigger"`
	Outcome       Outcome             `json:"outcome"`
	Reason        string              `json:"reason"` // why it was rejected, "" if it was not
	CorrelationID string              `json:"correlation_id"`
	Diagnostics   []config.Diagnostic `json:"diagnostics"` // warnings, where it was not rejected
}

// Reload is an attempt that was not rejected, and what it changed.
type Reload struct {
	Attempt
	DurationMS float64       `json:"duration_ms"`
	Summary    ReloadSummary `json:"summary"`
	Added      []string      `json:"added"` // integrations, by name in order
	Changed    []string      `json:"changed"`
	Removed    []string      `json:"removed"`
	Loading    []string      `json:"loading"` // plugins that integrations need and that are still to be compiled
}

// ReloadSummary counts integrations. Those kept have their state, their
// history and their place in time.
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

// RestartError is a configuration that changes what is in use while vega runs.
type RestartError struct{ Keys []string }

// Error says what to do.
func (e *RestartError) Error() string {
	return "restart vega to change " + strings.Join(e.Keys, ", ") + "; a reload can't"
}

// RejectedError is a configuration that is valid, and can't be put in force
// for another reason.
type RejectedError struct{ Err error }

// Error is the reason.
func (e *RejectedError) Error() string { return e.Err.Error() }

// Unwrap is the reason.
func (e *RejectedError) Unwrap() error { return e.Err }
