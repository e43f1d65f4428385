package diagnostics

import (
	"errors"
	"time"

	"vega/daemon/diagnostics/cgroup"
)

var errMoved = errors.New("the counters were reset within the window, or the process changed its cgroup")

// rates holds rates measured over the window between two samples.
type rates struct {
	at     time.Time // end of the window
	window time.Duration
	basis  string

	processCores float64 // CPUs that this process kept busy
	hostPercent  float64
	hostCores    int
	quota        *cgroup.Quota // at the end
	groupCores   float64       // CPUs that the quota's cgroup kept busy
	throttled    time.Duration

	throttledPercent float64
	runtime          runtimeCounts // within the window
	current          runtimeCounts // at the end

	processErr, coresErr, hostErr, groupErr, throttledErr error
}

// between computes the rates between two samples, which are at least minWindow
// apart.
func between(a, b sample) rates {
	r := rates{at: b.at, window: b.at.Sub(a.at), basis: BasisWindow, quota: b.quota, hostCores: b.host.Cores}
	r.processErr, r.coresErr, r.hostErr = errors.Join(a.processErr, b.processErr), b.hostErr, errors.Join(a.hostErr, b.hostErr)
	r.processCores = (b.process - a.process).Seconds() / r.window.Seconds()
	if total := b.host.Total - a.host.Total; total > 0 {
		r.hostPercent = percent(b.host.Busy-a.host.Busy, total)
	} else if r.hostErr == nil {
		r.hostErr = errMoved
	}
	r.compareQuotas(a.quota, b.quota)
	r.runtime, r.current = b.runtime.since(a.runtime), b.runtime
	return r
}

func (r *rates) compareQuotas(a, b *cgroup.Quota) {
	switch {
	case b == nil:
		r.groupErr, r.throttledErr = errNoQuota, errNoQuota
		return
	case a == nil || a.Path != b.Path:
		r.groupErr, r.throttledErr = errMoved, errMoved
		return
	}
	r.groupErr = errors.Join(a.UsageErr, b.UsageErr)
	r.throttledErr = errors.Join(a.StatErr, b.StatErr)
	r.groupCores = (b.Usage - a.Usage).Seconds() / r.window.Seconds()
	r.throttled = b.ThrottledFor - a.ThrottledFor
	if periods := b.Periods - a.Periods; b.Periods > a.Periods {
		r.throttledPercent = percent(float64(b.Throttled-a.Throttled), float64(periods))
	}
}

// sinceStart computes the rates since the process started from a single sample. The
// rates of the host and the container are unavailable.
func sinceStart(s sample, started time.Time) rates {
	r := rates{at: s.at, basis: BasisStart, quota: s.quota, hostCores: s.host.Cores}
	r.processErr, r.coresErr = s.processErr, s.hostErr
	r.hostErr, r.groupErr, r.throttledErr = errTooSoon, errTooSoon, errTooSoon
	if s.quota == nil {
		r.groupErr, r.throttledErr = errNoQuota, errNoQuota
	}
	r.window = max(s.at.Sub(started), time.Millisecond)
	r.processCores = s.process.Seconds() / r.window.Seconds()
	r.runtime, r.current = s.runtime, s.runtime
	return r
}
