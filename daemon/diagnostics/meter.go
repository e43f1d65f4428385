package diagnostics

import (
	"context"
	"sync"
	"time"

	"vega/daemon/diagnostics/cgroup"
	"vega/daemon/diagnostics/system"
)

const (
	// freshFor is how long the rates of a window are reused.
	freshFor = time.Second
	// minWindow is the minimum length of the first window. It is much longer than 10
	// ms, the step in which the kernel's counters advance.
	minWindow = 100 * time.Millisecond
)

// sample is a snapshot of the counters.
type sample struct {
	at      time.Time
	process time.Duration // CPU time of this process
	host    system.HostTimes
	quota   *cgroup.Quota // the tightest, or nil
	runtime runtimeCounts

	processErr, hostErr error
}

// meter converts samples to rates. All readers share one window. The first read that
// is a second or more after the end of a window ends the next one.
type meter struct {
	take    func() sample
	started time.Time // start of the process

	mu    sync.Mutex
	last  sample
	rates *rates // nil until the first window ends
}

func newMeter(take func() sample, started time.Time) *meter {
	return &meter{take: take, started: started, last: take()}
}

// wait waits until a window is long enough.
func (m *meter) wait(ctx context.Context) error {
	m.mu.Lock()
	left := minWindow - time.Since(m.last.at)
	if m.rates != nil {
		left = 0
	}
	m.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(left):
		return nil
	}
}

func (m *meter) read() rates { return m.latest(freshFor) }

// latest returns the rates of the last window, if that ended less than maxAge ago, and
// otherwise those of a window that ends now.
func (m *meter) latest(maxAge time.Duration) rates {
	m.mu.Lock()
	defer m.mu.Unlock()
	age := time.Since(m.last.at)
	switch {
	case m.rates != nil && age < maxAge:
		return *m.rates
	case m.rates == nil && age < minWindow:
		return sinceStart(m.last, m.started)
	}
	now := m.take()
	r := between(m.last, now)
	m.last, m.rates = now, &r
	return r
}

// sample reads all counters in as short a time as possible.
func (c *Collector) sample() sample {
	s := sample{at: time.Now()}
	s.host, s.hostErr = c.sys.HostTimes()
	s.process, s.processErr = system.ProcessTime()
	s.quota = c.groups.Quota()
	s.runtime = readRuntime()
	return s
}

// cores returns the number of CPUs of the host, or 0 if it is unknown.
func (m *meter) cores() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last.host.Cores
}
