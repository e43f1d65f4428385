package monitor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// Sources provides the figures that are not those of this machine: of the databases that
// vega queries, and of what the configuration defines.
type Sources interface {
	// Figures returns recent figures of each database, with the paths in
	// policies.DatabaseFigures.
	Figures(now time.Time) []policies.Reading
	// Sentences explains a figure of one database in prose. ok is false if nothing
	// is known about the database.
	Sentences(name, figure string) (lines []string, ok bool)
	// Reported returns the current readings of metric.NAME or integration.NAME.METRIC.
	// There are none if it does not exist.
	Reported(now time.Time, path string) []policies.Reading
}

// Monitor reads the state of this machine and compares it with thresholds.
type Monitor struct {
	collector *diagnostics.Collector
	evidences *evidences
	strain    strain
}

// New starts to sample the machine and this process. Call it early, so that rates
// are known by the first request.
func New(dataDir string) (*Monitor, error) {
	c, err := diagnostics.New(diagnostics.Options{DataDir: dataDir})
	if err != nil {
		return nil, fmt.Errorf("start to monitor this machine: %w", err)
	}
	return &Monitor{collector: c, evidences: newEvidences(c)}, nil
}

// Wait waits until rates are known. The error is that of ctx.
func (m *Monitor) Wait(ctx context.Context) error { return m.collector.Wait(ctx) }

// Close stops sampling and collecting evidence.
func (m *Monitor) Close() error {
	m.evidences.close()
	return m.collector.Close()
}

// System reads everything and compares it with the thresholds. It waits at most
// patience for the evidence for warnings.
func (m *Monitor) System(ctx context.Context, by *policies.Thresholds, d Sources, patience time.Duration) (System, error) {
	s, err := m.collector.Snapshot(ctx)
	if err != nil {
		return System{}, fmt.Errorf("read the state of this machine: %w", err)
	}
	now := time.Now()
	j := readingsOf(s, d.Figures(now)).with(d, now).judge(by, now, func(resource string) []diagnostics.Move {
		return m.collector.Moves(resource, s)
	})
	m.evidences.add(ctx, j.warnings, patience)
	addSentences(j.warnings, d)
	return System{Status: j.status, Snapshot: s, Warnings: j.warnings, Unjudged: j.unjudged}, nil
}

// Summarize reads what is cheap to read and compares it with the thresholds.
func (m *Monitor) Summarize(ctx context.Context, by *policies.Thresholds, d Sources) (Summary, error) {
	s, err := m.collector.Summary(ctx)
	if err != nil {
		return Summary{}, fmt.Errorf("read the state of this machine: %w", err)
	}
	now := time.Now()
	j := readingsOfSummary(s, d.Figures(now)).with(d, now).judge(by, now, func(resource string) []diagnostics.Move {
		return m.collector.Moves(resource, s)
	})
	return Summary{j.status, s, j.warnings, j.unjudged}, nil
}

// addSentences adds the explanation of each database figure to its warning.
func addSentences(warnings []Warning, d Sources) {
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
