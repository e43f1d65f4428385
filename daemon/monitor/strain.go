package monitor

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

const (
	// strainWait limits how long Strain takes.
	strainWait = 50 * time.Millisecond
	// strainAge is the maximum age of the rates that Strain judges.
	strainAge = 20 * time.Second
	// maxStrain limits the sentences of Strain.
	maxStrain = 5
)

// strain is the strain on this machine, which may still be being read.
type strain struct {
	mu      sync.Mutex
	current *straining // nil: none in progress
}

// straining is a reading in progress that all callers share.
type straining struct {
	done  chan struct{}
	lines []string // valid once done is closed
}

// Strain describes what is abnormal about this machine now, by the given thresholds: a
// few clauses, the most severe first, and none if nothing is. It takes 50 ms at most; a
// machine whose state can't be read in that time is under strain, too. What metric blocks
// and probes report is not about this machine, and left out. Rates are those of the last
// Read.
func (m *Monitor) Strain(ctx context.Context, by *policies.Thresholds, d Sources) []string {
	ctx, cancel := context.WithTimeout(ctx, strainWait)
	defer cancel()
	now := m.beginStrain(by, d)
	select {
	case <-now.done:
		return now.lines
	case <-ctx.Done():
		return []string{fmt.Sprintf("The state of this machine could not be read within %v", strainWait)}
	}
}

// beginStrain begins a reading, or joins the one in progress.
func (m *Monitor) beginStrain(by *policies.Thresholds, d Sources) *straining {
	m.strain.mu.Lock()
	defer m.strain.mu.Unlock()
	if m.strain.current == nil {
		now := &straining{done: make(chan struct{})}
		m.strain.current = now
		go func() {
			now.lines = m.readStrain(by, d)
			m.strain.mu.Lock()
			defer m.strain.mu.Unlock()
			m.strain.current = nil
			close(now.done)
		}()
	}
	return m.strain.current
}

// readStrain reads everything, and describes what has reached its threshold. What is not
// read would count as 0 for the thresholds, which remember levels.
func (m *Monitor) readStrain(by *policies.Thresholds, d Sources) []string {
	lines := []string{}
	s, err := m.collector.Sampled(context.Background(), strainAge, func(string) bool { return true })
	if err != nil {
		return lines // vega is shutting down
	}
	now := time.Now()
	r := readingsOf(s, d.Figures(now)).with(d, now)
	j := r.judge(by, now, func(resource string) []diagnostics.Move { return m.collector.Moves(resource, s) })
	for _, level := range []policies.Level{policies.LevelError, policies.LevelWarning} {
		for _, w := range j.warnings {
			if w.Status == level && r.unmeasured(w.Resource) == "" && !isReported(w.Resource) {
				lines = append(lines, w.brief())
			}
		}
	}
	if more := len(lines) - maxStrain; more > 0 {
		lines = append(lines[:maxStrain], fmt.Sprintf("%d more figures have reached their thresholds", more))
	}
	return lines
}
