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
	"vega/daemon/engine"
	"vega/daemon/plan"
	"vega/daemon/telemetry"
	"vega/plugins/shortage"
	"vega/policies/check"
)

// ErrClosing is for who wants something new of a vega that is shutting down.
var ErrClosing = engine.ErrClosing

// ErrClosed is for who wants anything of one that has closed what it works on.
var ErrClosed = fmt.Errorf("%w: its store is closed", ErrClosing)

// errEmptied is for a file that a failed write is likelier to have left than a
// person. It would be valid, and end every check.
var errEmptied = errors.New("the file is empty now, as a disk that is full leaves it; if you mean it, send SIGHUP or POST /admin/config/reload")

// Reload reads the configuration again, checks it whole, loads what it needs,
// and only then swaps it in, at once. Integrations that did not change keep
// their state. On an error the old configuration runs on untouched: an
// *InvalidError, a *RestartError or a *RejectedError. What came of it is in
// the log, and is the last reload of Validate. A *shortage.Error says nothing of
// the configuration: vega can't read or load it at the moment.
//
// A module that integrations need and that takes long to compile is waited for, ten
// seconds at most: then the rest comes into force, and the module once it is
// compiled. Where a changed file is the trigger, nothing is waited for.
//
// Those who ask at the same time share a reload. It belongs to the daemon:
// that a caller goes away does not end it.
func (d *Daemon) Reload(ctx context.Context, by Trigger) (Reload, error) {
	if d.options.Read == nil {
		return Reload{}, errors.New("reload: there is nothing to read from")
	}
	if telemetry.ID(ctx) == "" {
		ctx = telemetry.WithID(ctx, telemetry.NewID())
	}
	if by == ByFile { // must not wait for those who are patient
		return d.reload(telemetry.Carry(d.lifecycle.life, ctx), by, false)
	}
	return d.requests.reloads.do(ctx, func() (Reload, error) {
		return d.patientReload(telemetry.Carry(d.lifecycle.life, ctx), by)
	})
}

// reloadWait is how long a reload waits for modules to be compiled.
const reloadWait = 10 * time.Second

// patientReload reloads once all that it needs is compiled, or after reloadWait. In
// between it holds nothing that others wait for.
func (d *Daemon) patientReload(ctx context.Context, by Trigger) (Reload, error) {
	patience, cancel := context.WithTimeout(ctx, cmp.Or(d.options.reloadWait, reloadWait))
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

// uncompiledError is the error of a reload that had better wait until plugins that
// integrations use are compiled.
type uncompiledError struct{ wanted *catalog.Set }

func (*uncompiledError) Error() string { return "plugins have to be compiled first" }

// reload fails with an *uncompiledError, and changes nothing, where it is to be
// patient and there is something to wait for.
func (d *Daemon) reload(ctx context.Context, by Trigger, patient bool) (Reload, error) {
	d.change.Lock()
	defer d.change.Unlock()
	if d.leaving() {
		return Reload{}, ErrClosing
	}
	began := time.Now()
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
		d.postponed(ctx, "the configuration can't be read or loaded at the moment; the one in force runs on", "trigger", string(by), "reason", short.Error())
		return Reload{}, short
	}
	if err != nil {
		r.Outcome, r.Reason = Rejected, err.Error()
	}
	r.Loading = append(r.Loading, d.now.Loading()...)
	r.DurationMS = check.Milliseconds(time.Since(began))
	d.conclude(ctx, reading.Inputs, r)
	return r, err
}

func newAttempt(ctx context.Context, at time.Time, by Trigger, said config.Diagnostics) Attempt {
	return Attempt{At: at.UTC().Truncate(time.Millisecond), Trigger: by, Outcome: Applied, CorrelationID: telemetry.ID(ctx), Diagnostics: said.Report().Diagnostics}
}

// adopt puts what was read in force, unless it is, or can't be.
func (d *Daemon) adopt(ctx context.Context, reading config.Reading, r *Reload, patient bool) error {
	if reading.Short != nil {
		return reading.Short
	}
	if reading.Config == nil {
		return &config.InvalidError{Diagnostics: reading.Diagnostics}
	}
	if fixed := plan.Between(d.now.Config, reading.Config).NeedsRestart(); len(fixed) > 0 {
		return &RestartError{fixed}
	}
	if r.Trigger == ByFile && reading.Inputs.Empty && !d.now.inputs.Empty {
		return &RejectedError{errEmptied}
	}
	// Modules that come and go by themselves are the watcher's, not a file's.
	same := d.now.inputs.Same(reading.Inputs)
	if same && (r.Trigger == ByFile || d.now.Holds(reading.Config.Plugins.Modules)) {
		r.Outcome, r.Summary.Kept = Unchanged, len(d.now.Config.Integrations)
		return nil
	}
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
		if tight := s.tight(reading.Config); tight != nil {
			d.options.Log.WarnContext(ctx, "reload", "err", tight)
		}
	}
	return nil
}

// prepare loads what a configuration needs. It refuses one whose new modules
// would leave integrations without the one that serves them now.
func (d *Daemon) prepare(ctx context.Context, reading config.Reading) (*state, error) {
	next := &state{inputs: reading.Inputs, since: time.Now()}
	var short error
	next.Set, short = d.catalog.Fit(ctx, reading.Config, nil)
	next.databases = databasesOf(next.Config, d.store, d.now.databases)
	if ctx.Err() != nil {
		return next, ErrClosing
	}
	if short != nil {
		return next, short
	}
	if p := next.Displaced(d.now.Set); p != nil {
		return next, fmt.Errorf("the plugin %q can't replace the one in service: %s", p.Name(), p.Reason)
	}
	return next, nil
}

// leaving reports whether vega is shutting down.
func (d *Daemon) leaving() bool {
	select {
	case <-d.engine.Draining():
		return true
	default:
		return false
	}
}

// postponed tells the log of what vega is too short of something to do, and will
// try again: once a minute at most.
func (d *Daemon) postponed(ctx context.Context, what string, more ...any) {
	now := time.Now().UnixNano()
	if last := d.requests.shortageLogged.Load(); now-last > int64(complaintTime) && d.requests.shortageLogged.CompareAndSwap(last, now) {
		d.options.Log.WarnContext(ctx, "vega is short of something; the same is logged once a minute at most", append([]any{"what", what}, more...)...)
	}
}

// attempted is the last reload, and of what.
type lastAttempt struct {
	Attempt
	inputs config.Inputs
}

// conclude notes the outcome and tells the log. Of what a changed file led to
// only news count: not that the same is rejected for the same reason again,
// nor that what is in force already was found once more.
func (d *Daemon) conclude(ctx context.Context, inputs config.Inputs, r Reload) {
	last := d.requests.last.Load()
	d.requests.last.Store(&lastAttempt{last.Attempt, inputs})
	again := r.Outcome == Rejected && last.Outcome == Rejected && inputs.Same(last.inputs) &&
		r.Reason == last.Reason && slices.EqualFunc(r.Diagnostics, last.Diagnostics, config.Diagnostic.Same)
	still := r.Outcome == Unchanged && last.Outcome != Rejected
	if r.Trigger == ByFile && (again || still) {
		return
	}
	d.requests.last.Store(&lastAttempt{r.Attempt, inputs})
	d.logReload(ctx, r)
}

func (d *Daemon) logReload(ctx context.Context, r Reload) {
	file := slog.String("file", d.now.Config.Path)
	switch r.Outcome {
	case Applied:
		d.options.Log.InfoContext(ctx, "reloaded", file, slog.String("trigger", string(r.Trigger)), slog.Float64("took_ms", r.DurationMS),
			slog.Int("integrations", len(d.now.Config.Integrations)), slog.Any("added", engine.First20(r.Added)), slog.Any("changed", engine.First20(r.Changed)), slog.Any("removed", engine.First20(r.Removed)), slog.Any("loading", engine.First20(r.Loading)))
	case Unchanged:
		d.options.Log.InfoContext(ctx, "nothing to reload: what is on the disk is in force", file, slog.String("trigger", string(r.Trigger)))
	case Rejected:
		d.options.Log.ErrorContext(ctx, "reload rejected, the old configuration runs on", file, slog.String("trigger", string(r.Trigger)), slog.String("reason", r.Reason))
	}
	logDiagnostics(ctx, d.options.Log, r.Diagnostics)
}

// tellDiagnostics writes a line for each.
func logDiagnostics(ctx context.Context, log *slog.Logger, all []config.Diagnostic) {
	for _, g := range all {
		level := slog.LevelWarn
		if g.Severity == config.Error {
			level = slog.LevelError
		}
		log.Log(ctx, level, "configuration", "code", string(g.Code), "summary", g.Summary, "detail", g.Detail, "fix", g.Fix,
			"file", g.Range.Filename, "line", g.Range.Start.Line, "column", g.Range.Start.Column)
	}
}

// Rejected reports whether the last configuration that was read is not the
// one in force.
func (d *Daemon) Rejected() bool { return d.requests.last.Load().Outcome == Rejected }
