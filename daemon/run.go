package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"vega/daemon/config"
	"vega/daemon/telemetry"
	"vega/plugins"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/policies"
	"vega/policies/check"
)

// runOnce runs an integration once. It is the one place where plugins,
// policies and the store meet.
func (d *Daemon) runOnce(ctx context.Context, i *integration, b *binding) Report {
	began := time.Now()
	stretch := d.pace.Begin()
	result := d.execute(ctx, b, began)
	strain := stretch.End()
	r := Report{
		Name:           b.Name,
		Probe:          b.Plugin + "." + b.Probe,
		Cause:          result.Cause,
		Message:        result.Message,
		ResponseTimeMS: check.Milliseconds(result.Took),
		CheckedAt:      &began,
		Details:        result.Details,
		Metrics:        metrics(result.Metrics),
		Strain:         newStrain(kept(strain)),
	}
	r.excuse(strain, time.Since(began), b.Timeout)
	r.Status = policies.Judge(result.Status, r.Cause)
	if r.Details == nil {
		r.Details = map[string]string{}
	}
	_, before := i.known()
	d.tell(ctx, r, before, result.Denied)
	d.keep(ctx, b, r, telemetry.ID(ctx), result.Took, kept(strain))
	return r
}

// execute waits for a place among those that run, then runs the probe. The
// wait is part of the integration's own time: a run that waits past the deadline,
// or has too little left for its target, was kept by vega.
func (d *Daemon) execute(ctx context.Context, b *binding, began time.Time) (r plugins.Result) {
	defer func() {
		if p := recover(); p != nil {
			d.log.ErrorContext(ctx, "a run failed inside vega; please report it", "integration", b.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r = hostFault("vega failed inside; the log has the reason under this correlation ID")
		}
	}()
	slot, err := d.admit(ctx, began, b.Timeout)
	if err != nil {
		return hostFault(err.Error())
	}
	defer slot.leave()
	r = b.module.Run(context.WithValue(ctx, boundKey{}, b), plugins.Input{
		Integration: b.Name,
		Probe:       b.Probe,
		Values:      b.Values,
		Grants:      b.Grants,
		Timeout:     b.Timeout - slot.waited.Round(time.Millisecond),
		Memory:      b.Memory,
		Trace:       plugins.Trace(telemetry.TraceIn(ctx)),
		Sockets:     slot.sockets,
	})
	if policies.Excuse(r.Cause, time.Since(began), slot.waited, b.Timeout) != r.Cause {
		r.Status, r.Cause = check.Unknown, check.Host
		r.Message = fmt.Sprintf("this check waited %v of its %v for others to end, so this run tells nothing: %s (%s)",
			slot.waited.Round(time.Millisecond), b.Timeout, d.howMany(), r.Message)
	}
	return r
}

// slot is the place of one run among those that run at once.
type slot struct {
	of      chan struct{}
	sockets *sockets.Allowance
	waited  time.Duration // for other runs to end; 0 where there was room at once
}

func (s *slot) leave() {
	s.sockets.End()
	<-s.of
}

// admit waits until a run may begin: until fewer than MaxRunning run, and there
// are descriptors for one more. The error says what it waited for in vain.
//
// Only a wait for other runs is counted as one. Where there is room at once, the
// time since the run began is what a busy machine took to run vega again, and no
// other check is to blame.
func (d *Daemon) admit(ctx context.Context, began time.Time, timeout time.Duration) (*slot, error) {
	wait, cancel := context.WithDeadline(ctx, began.Add(timeout))
	defer cancel()
	s := &slot{of: d.slots}
	select {
	case s.of <- struct{}{}:
	default:
		queued := time.Now()
		select {
		case s.of <- struct{}{}:
			s.waited = time.Since(queued)
		case <-wait.Done():
			return nil, d.inVain(ctx, timeout)
		}
	}
	var err error
	if s.sockets, err = d.checks.Allow(wait, socketsOfRun); err != nil {
		<-s.of
		return nil, d.inVain(ctx, timeout)
	}
	s.waited += s.sockets.Waited()
	return s, nil
}

// inVain is why a run was not let in before its time was over.
func (d *Daemon) inVain(ctx context.Context, timeout time.Duration) error {
	if ctx.Err() != nil {
		return ErrClosing
	}
	return fmt.Errorf("other checks were running all through this one's %v: %s", timeout, d.howMany())
}

// howMany says how many checks run at once, and how to have more or need fewer.
func (d *Daemon) howMany() string {
	const spread = "spread them by longer intervals"
	if n := d.checks.Size() / socketsOfRun; d.limit > 0 && n < config.MaxRunning {
		return fmt.Sprintf("vega runs %d at once with its limit of %d file descriptors; %s, or %s", max(1, n), d.limit, shortage.MoreDescriptors, spread)
	}
	return fmt.Sprintf("vega runs %d at once; %s", config.MaxRunning, spread)
}

// boundKey is where a run's context has its binding.
type boundKey struct{}

// bindings answers the sql capability, by the databases that the run was
// started with: a reload in the middle of a run changes nothing for it.
type bindings struct{}

// Query asks a database on behalf of the run that ctx is of.
func (bindings) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	return ctx.Value(boundKey{}).(*binding).databases.Query(ctx, database, query)
}

func hostFault(message string) plugins.Result {
	return plugins.Result{Status: check.Unknown, Cause: check.Host, Message: message}
}

// tell writes the run's one log line, and one for each call that was denied:
// loud on a change, quiet when all is as well as before.
func (d *Daemon) tell(ctx context.Context, r Report, before *Report, denied []string) {
	changed := before == nil || before.Status != r.Status
	level := slog.LevelInfo
	switch {
	case changed && r.Status != check.Healthy:
		level = slog.LevelWarn
	case !changed && r.Status == check.Healthy:
		level = slog.LevelDebug
	}
	line := []any{
		"integration", r.Name, "probe", r.Probe, "status", string(r.Status),
		"cause", string(r.Cause), "changed", changed, "took_ms", r.ResponseTimeMS, "message", r.Message,
	}
	if r.Strain.Late > 0 {
		line = append(line, "late_ms", r.Strain.Late)
	}
	if roots := d.rootCause(r); len(roots) > 0 {
		line = append(line, "root_cause", strings.Join(roots, ", "))
	}
	d.log.Log(ctx, level, "run", line...)
	for _, line := range denied {
		d.log.WarnContext(ctx, "denied", "integration", r.Name, "probe", r.Probe, "reason", line)
	}
}

// metrics leaves out what no JSON can carry.
func metrics(in []check.Metric) []check.Metric {
	out := make([]check.Metric, 0, len(in))
	for _, m := range in {
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			out = append(out, m)
		}
	}
	return out
}

func Milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
