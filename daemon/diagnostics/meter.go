package diagnostics

import (
	"context"
	"sync"
	"time"

	"vega/daemon/diagnostics/cgroup"
	"vega/daemon/diagnostics/system"
)

const (
	// freshFor is how long an answer about a window is given again.
	freshFor = time.Second
	// shortest is the shortest window, allowed only while there is no answer
	// at all: counters move in steps of 10 ms.
	shortest = 100 * time.Millisecond
)

// sample is what is counted since some start, at one moment.
type sample struct {
	at      time.Time
	process time.Duration // processor time of this process
	host    system.HostTimes
	quota   *cgroup.Quota // the tightest, nil if there is none
	runtime runtimeCounts

	processErr, hostErr error
}

// meter turns samples into rates. One window is for all readers: the next one
// begins when a reader comes a second or more after the last.
type meter struct {
	take    func() sample
	started time.Time // the process

	mu    sync.Mutex
	last  sample
	rates *rates // nil until there was a window
}

func newMeter(take func() sample, started time.Time) *meter {
	return &meter{take: take, started: started, last: take()}
}

// wait returns once there can be a window.
func (m *meter) wait(ctx context.Context) error {
	m.mu.Lock()
	left := shortest - time.Since(m.last.at)
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

func (m *meter) read() rates {
	m.mu.Lock()
	defer m.mu.Unlock()
	age := time.Since(m.last.at)
	switch {
	case m.rates != nil && age < freshFor:
		return *m.rates
	case m.rates == nil && age < shortest:
		return sinceStart(m.last, m.started)
	}
	now := m.take()
	r := between(m.last, now)
	m.last, m.rates = now, &r
	return r
}

// sample reads all counters, as close together as can be.
func (c *Collector) sample() sample {
	s := sample{at: time.Now()}
	s.host, s.hostErr = c.sys.HostTimes()
	s.process, s.processErr = system.ProcessTime()
	s.quota = c.groups.Quota()
	s.runtime = readRuntime()
	return s
}

// cores is how many processors the host has; 0 if that is not known.
func (m *meter) cores() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last.host.Cores
}
