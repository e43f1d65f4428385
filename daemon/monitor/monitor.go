package monitor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// Databases is what the monitor needs of the databases that vega queries.
type Databases interface {
	// Figures returns what each has counted lately, by the paths of
	// policies.DatabaseFigures.
	Figures(now time.Time) []policies.Reading
	// Sentences returns what is behind a figure of one, for a person to read.
	// ok is false where nothing is known.
	Sentences(name, figure string) (lines []string, ok bool)
}

// lookout reads this machine and judges what it reads by thresholds.
type Monitor struct {
	collector *diagnostics.Collector
	evidences *evidences
}

// newLookout starts to sample the machine and this process. Call it early, so
// that there is a window to look back on at the first request.
func New(dataDir string) (*Monitor, error) {
	c, err := diagnostics.New(diagnostics.Options{DataDir: dataDir})
	if err != nil {
		return nil, fmt.Errorf("begin to watch this machine: %w", err)
	}
	return &Monitor{collector: c, evidences: newEvidences(c)}, nil
}

// Wait returns once there is a window to look back on, or with the error of ctx.
func (m *Monitor) Wait(ctx context.Context) error { return m.collector.Wait(ctx) }

// Close stops sampling and looking for evidence.
func (m *Monitor) Close() error {
	m.evidences.close()
	return m.collector.Close()
}

// system reads everything there is to know and judges it. It waits for what is
// behind a warning no longer than patience.
func (m *Monitor) System(ctx context.Context, by *policies.Thresholds, d Databases, patience time.Duration) (System, error) {
	s, err := m.collector.Snapshot(ctx)
	if err != nil {
		return System{}, fmt.Errorf("read how this machine is: %w", err)
	}
	now := time.Now()
	j := readingsOf(s, d.Figures(now)).judge(by, now, func(resource string) []diagnostics.Move {
		return m.collector.Moves(resource, s.CheckedAt, s)
	})
	m.evidences.add(ctx, j.warnings, patience)
	addSentences(j.warnings, d)
	return System{j.status, s, j.warnings, j.unjudged}, nil
}

// summary reads what costs little and judges it.
func (m *Monitor) Summarize(ctx context.Context, by *policies.Thresholds, d Databases) (Summary, error) {
	s, err := m.collector.Summary(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("read how this machine is: %w", err)
	}
	now := time.Now()
	j := readingsOfSummary(s, d.Figures(now)).judge(by, now, func(resource string) []diagnostics.Move {
		return m.collector.Moves(resource, s.CheckedAt, s)
	})
	return Summary{j.status, s, j.warnings, j.unjudged}, nil
}

// addSentences completes the warnings about databases.
func addSentences(warnings []Warning, d Databases) {
	for n := range warnings {
		w := &warnings[n]
		if !strings.HasPrefix(w.Resource, "database.") {
			continue
		}
		if lines, ok := d.Sentences(w.Subject, policies.Kind(w.Resource)); ok {
			w.Evidence, w.Sentences = EvidenceReady, lines
		}
	}
}
