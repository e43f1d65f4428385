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
	"vega/policies"
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
		Cause:          policies.Cause(result.Cause),
		Message:        result.Message,
		ResponseTimeMS: milliseconds(result.Took),
		CheckedAt:      &began,
		Details:        result.Details,
		Metrics:        metrics(result.Metrics),
		Strain:         newStrain(kept(strain)),
	}
	r.excuse(strain, time.Since(began), b.Timeout)
	r.Status = policies.Judge(policies.Status(result.Status), r.Cause)
	if r.Details == nil {
		r.Details = map[string]string{}
	}
	_, before := i.known()
	d.tell(ctx, r, before, result.Denied)
	d.keep(ctx, b, r, telemetry.ID(ctx), result.Took, kept(strain))
	return r
}

// execute waits for a place among those that run, then runs the probe. The
// wait is part of the integration's own time: who waits past the deadline was
// kept by vega, not by the target.
func (d *Daemon) execute(ctx context.Context, b *binding, began time.Time) (r plugins.Result) {
	defer func() {
		if p := recover(); p != nil {
			d.log.ErrorContext(ctx, "a run failed inside vega; please report it", "integration", b.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			r = hostFault("vega failed inside; the log has the reason under this correlation ID")
		}
	}()
	wait, cancel := context.WithDeadline(ctx, began.Add(b.Timeout))
	defer cancel()
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-wait.Done():
		if ctx.Err() != nil {
			return hostFault("vega is shutting down")
		}
		return hostFault(fmt.Sprintf("%d checks were running all through this one's %v; spread them by longer intervals", config.MaxRunning, b.Timeout))
	}
	return b.module.Run(context.WithValue(ctx, boundKey{}, b), plugins.Input{
		Integration: b.Name,
		Probe:       b.Probe,
		Values:      b.Values,
		Grants:      b.Grants,
		Timeout:     b.Timeout - time.Since(began).Round(time.Millisecond),
		Memory:      b.Memory,
		Trace:       plugins.Trace(telemetry.TraceIn(ctx)),
	})
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
	return plugins.Result{Status: plugins.Unknown, Cause: plugins.Host, Message: message}
}

// tell writes the run's one log line, and one for each call that was denied:
// loud on a change, quiet when all is as well as before.
func (d *Daemon) tell(ctx context.Context, r Report, before *Report, denied []string) {
	changed := before == nil || before.Status != r.Status
	level := slog.LevelInfo
	switch {
	case changed && r.Status != policies.Healthy:
		level = slog.LevelWarn
	case !changed && r.Status == policies.Healthy:
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
func metrics(in []plugins.Metric) []Metric {
	out := make([]Metric, 0, len(in))
	for _, m := range in {
		if !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) {
			out = append(out, Metric(m))
		}
	}
	return out
}

func milliseconds(d time.Duration) float64 {
	return math.Round(float64(d)/float64(time.Microsecond)) / 1000
}
