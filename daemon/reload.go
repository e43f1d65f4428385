package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/engine"
	"vega/daemon/plan"
	"vega/daemon/telemetry"
	"vega/plugins/shortage"
	"vega/policies/check"
)

// ErrClosing is returned for requests that arrive while vega is shutting down.
var ErrClosing = engine.ErrClosing

// ErrClosed is returned for any request after vega has closed its store.
var ErrClosed = fmt.Errorf("%w: its store is closed", ErrClosing)

// ErrNoStore is what Ready returns while vega can't write to its store.
var ErrNoStore = errors.New("vega can't write to its store; see its log for the reason")

// errEmpty rejects an empty file. It would be valid and stop every check, but is
// more likely the result of a failed write than intended.
var errEmpty = errors.New("the file is empty, perhaps because the disk was full; if that is intended, send SIGHUP or POST /admin/config/reload")

// errNoVariables rejects a vega.env without variables, for the same reason.
var errNoVariables = errors.New("vega.env has no variables now, perhaps because the disk was full; if that is intended, send SIGHUP or POST /admin/config/reload")

// Reload reads the configuration again, checks it, loads what it needs, and then
// applies it as a whole. Integrations that did not change keep their state. On an
// *InvalidError, a *RestartError or a *RejectedError, the current configuration
// stays active. Reload logs the outcome, and Validate reports it as the last reload.
// A *shortage.Error means that vega lacks a resource to read or load the
// configuration, which may be valid.
//
// Reload waits up to ten seconds until the modules in use are compiled. After that
// it applies the configuration without the missing modules, which are loaded once
// they are compiled. It does not wait if the trigger is a changed file.
//
// Concurrent callers share a reload. A reload belongs to the daemon and outlives its
// callers.
func (d *Daemon) Reload(ctx context.Context, by Trigger) (Reload, error) {
	if d.options.Read == nil {
		return Reload{}, errors.New("reload: the daemon was opened without a configuration to read")
	}
	if telemetry.ID(ctx) == "" {
		ctx = telemetry.WithID(ctx, telemetry.NewID())
	}
	if by == ByFile { // must not wait behind a patient reload
		return d.reload(telemetry.Carry(d.lifecycle.life, ctx), by, false)
	}
	return d.requests.reloads.do(ctx, func() (Reload, error) {
		return d.patientReload(telemetry.Carry(d.lifecycle.life, ctx), by)
	})
}

// reloadWait limits how long a reload waits for modules to be compiled.
const reloadWait = 10 * time.Second

// patientReload reloads once all modules in use are compiled, or after reloadWait.
// It holds no lock while waiting.
func (d *Daemon) patientReload(ctx context.Context, by Trigger) (Reload, error) {
	patience, cancel := context.WithTimeout(ctx, cmp.Or(d.options.ReloadWait, reloadWait))
	defer cancel()
	for {
		r, err := d.reload(ctx, by, patience.Err() == nil)
		u, ok := errors.AsType[*uncompiledError](err)
		if !ok {
			return r, err
		}
		if !d.catalog.Settle(patience, u.wanted) {
			cancel()
		}
	}
}

// uncompiledError is returned if a patient reload should first wait for plugins to
// be compiled.
type uncompiledError struct{ wanted *catalog.Set }

func (*uncompiledError) Error() string { return "plugins must be compiled first" }

// reload makes one attempt. If patient is set and plugins in use must still be
// compiled, it changes nothing and returns an *uncompiledError.
func (d *Daemon) reload(ctx context.Context, by Trigger, patient bool) (Reload, error) {
	d.change.Lock()
	defer d.change.Unlock()
	if d.draining() {
		return Reload{}, ErrClosing
	}
	began := time.Now()
	files := d.requests.watched(d.now.Config.Path) // before they are read
	reading := d.options.Read(d.catalog.Scan)
	r := Reload{
		Attempt: newAttempt(ctx, began, by, reading.Diagnostics),
		Added:   []string{}, Changed: []string{}, Removed: []string{}, Loading: []string{},
	}
	err := d.adopt(ctx, reading, &r, patient)
	if u, ok := errors.AsType[*uncompiledError](err); ok {
		return Reload{}, u
	}
	if short := shortage.Of(err); short != nil {
		d.logPostponed(ctx, "can't read or load the configuration now; the current one stays active", "trigger", string(by), "reason", short.Error())
		return Reload{}, short
	}
	if err != nil {
		r.Outcome, r.Reason = Rejected, err.Error()
	}
	r.Loading = append(r.Loading, d.now.Loading()...)
	r.DurationMS = check.Milliseconds(time.Since(began))
	d.conclude(ctx, reading.Inputs, r)
	if by != ByFile && files != nil && files.settled() {
		d.requests.seen.Store(&files)
	}
	return r, err
}

func newAttempt(ctx context.Context, at time.Time, by Trigger, diags diag.Diagnostics) Attempt {
	return Attempt{At: at.UTC().Truncate(time.Millisecond), Trigger: by, Outcome: Applied, CorrelationID: telemetry.ID(ctx), Diagnostics: diags.Report().Diagnostics}
}

// adopt applies a configuration, unless it is unchanged or must be rejected.
func (d *Daemon) adopt(ctx context.Context, reading config.Reading, r *Reload, patient bool) error {
	if reading.Short != nil {
		return reading.Short
	}
	if reading.Config == nil {
		return &config.InvalidError{Diagnostics: reading.Diagnostics}
	}
	if fixed := plan.Fixed(d.now.Config, reading.Config); len(fixed) > 0 {
		return &RestartError{fixed}
	}
	if r.Trigger == ByFile && reading.Inputs.Empty && !d.now.inputs.Empty {
		return &RejectedError{errEmpty}
	}
	if r.Trigger == ByFile && reading.Inputs.Vars == 0 && d.now.inputs.Vars > 0 {
		return &RejectedError{errNoVariables}
	}
	// If the trigger is a file, ignore changed modules, which the watcher handles.
	same := d.now.inputs.Same(reading.Inputs)
	if same && (r.Trigger == ByFile || d.now.Holds(reading.Config.Plugins.Modules)) {
		r.Outcome, r.Summary.Kept = Unchanged, len(d.now.Config.Integrations)
		return nil
	}
	plan.Share(d.now.Config, reading.Config)
	next, err := d.prepare(ctx, reading)
	if patient && d.catalog.Uncompiled(next.Set) {
		return errors.Join(&uncompiledError{next.Set}, next.Discard())
	}
	if err != nil {
		return &RejectedError{errors.Join(err, next.Discard())}
	}
	changed, err := d.install(next)
	if err != nil {
		return &RejectedError{errors.Join(err, next.Discard())}
	}
	r.add(changed)
	if s, err := d.descriptors.divide(reading.Config); err == nil {
		if short := s.shortfall(reading.Config); short != nil {
			d.options.Log.WarnContext(ctx, "reload", "err", short)
		}
	}
	return nil
}

// prepare loads what a configuration needs. It rejects a configuration under which
// integrations would lose the module that currently serves them.
func (d *Daemon) prepare(ctx context.Context, reading config.Reading) (*state, error) {
	next := &state{inputs: reading.Inputs, since: time.Now()}
	var short error
	next.Set, short = d.catalog.Fit(ctx, reading.Config, nil)
	next.databases = databasesOf(next.Config, d.store, d.metrics, d.now.databases)
	if ctx.Err() != nil {
		return next, ErrClosing
	}
	if short != nil {
		return next, short
	}
	if p := next.Displaced(d.now.Set); p != nil {
		return next, fmt.Errorf("plugin %q can't replace the one in service: %s", p.Name(), p.Reason)
	}
	return next, nil
}

// draining reports whether vega is shutting down.
func (d *Daemon) draining() bool {
	select {
	case <-d.engine.Draining():
		return true
	default:
		return false
	}
}

// logPostponed logs, at most once a minute, what vega could not do for lack of a
// resource and will try again.
func (d *Daemon) logPostponed(ctx context.Context, what string, more ...any) {
	now := time.Now()
	if last := d.requests.shortageLogged.Load(); (last == nil || now.Sub(*last) > shortageLogInterval) && d.requests.shortageLogged.CompareAndSwap(last, &now) {
		d.options.Log.WarnContext(ctx, "vega lacks a resource; this is logged at most once a minute", append([]any{"what", what}, more...)...)
	}
}

// lastAttempt holds the last reload and its inputs.
type lastAttempt struct {
	Attempt
	inputs input.Summary
}

// conclude records and logs the outcome. If the trigger is a changed file, it skips
// a repeated rejection for the same reason and a configuration that is already
// active.
func (d *Daemon) conclude(ctx context.Context, inputs input.Summary, r Reload) {
	last := d.requests.last.Load()
	d.requests.last.Store(&lastAttempt{last.Attempt, inputs})
	again := r.Outcome == Rejected && last.Outcome == Rejected && inputs.Same(last.inputs) &&
		r.Reason == last.Reason && slices.EqualFunc(r.Diagnostics, last.Diagnostics, diag.Diagnostic.Same)
	still := r.Outcome == Unchanged && last.Outcome != Rejected
	if r.Trigger == ByFile && (again || still) {
		return
	}
	d.requests.last.Store(&lastAttempt{r.Attempt, inputs})
	d.noteReload(&r)
	d.logReload(ctx, r)
}

func (d *Daemon) logReload(ctx context.Context, r Reload) {
	file := slog.String("file", d.now.Config.Path)
	switch r.Outcome {
	case Applied:
		d.options.Log.InfoContext(ctx, "reloaded", file, slog.String("trigger", string(r.Trigger)), slog.Float64("took_ms", r.DurationMS),
			slog.Int("integrations", len(d.now.Config.Integrations)), slog.Any("added", engine.First20(r.Added)), slog.Any("changed", engine.First20(r.Changed)), slog.Any("removed", engine.First20(r.Removed)), slog.Any("loading", engine.First20(r.Loading)))
	case Unchanged:
		d.options.Log.InfoContext(ctx, "nothing to reload; the configuration on disk is already active", file, slog.String("trigger", string(r.Trigger)))
	case Rejected:
		d.options.Log.ErrorContext(ctx, "reload rejected; the current configuration stays active", file, slog.String("trigger", string(r.Trigger)), slog.String("reason", r.Reason))
	}
	logDiagnostics(ctx, d.options.Log, r.Diagnostics)
}

// logDiagnostics logs each diagnostic.
func logDiagnostics(ctx context.Context, log *slog.Logger, all []diag.Diagnostic) {
	for _, g := range all {
		level := slog.LevelWarn
		if g.Severity == diag.Error {
			level = slog.LevelError
		}
		log.Log(ctx, level, "configuration", "code", string(g.Code), "summary", g.Summary, "detail", g.Detail, "fix", g.Fix,
			"file", g.Range.Filename, "line", g.Range.Start.Line, "column", g.Range.Start.Column)
	}
}

// Rejected reports whether the daemon rejected the configuration that it last read.
func (d *Daemon) Rejected() bool { return d.requests.last.Load().Outcome == Rejected }
