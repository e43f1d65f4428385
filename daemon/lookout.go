package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// lookout is what reads and judges this machine.
type lookout struct {
	*diagnostics.Collector
	evidences *evidences
	tallies   tallies
}

// newLookout begins to look. It comes early, so that there is a window to look
// back on when somebody first asks.
func newLookout(dataDir string) (*lookout, error) {
	c, err := diagnostics.New(diagnostics.Options{DataDir: dataDir})
	if err != nil {
		return nil, fmt.Errorf("begin to watch this machine: %w", err)
	}
	return &lookout{Collector: c, evidences: newEvidences(c)}, nil
}

// close is for nil, too.
func (l *lookout) close() error {
	if l == nil {
		return nil
	}
	l.evidences.close()
	return l.Close()
}

// system reads and judges all there is to know, and waits only so long for what
// is behind a warning.
func (l *lookout) system(ctx context.Context, by *policies.Thresholds, d *databases, patience time.Duration) (System, error) {
	s, err := l.Snapshot(ctx)
	if err != nil {
		return System{}, unread(err)
	}
	now := time.Now()
	j := readingsOf(s, d.figures(&l.tallies, now)).judge(by, now, func(resource string) []diagnostics.Move {
		return l.Moves(resource, s.CheckedAt, s)
	})
	l.evidences.add(ctx, j.warnings, patience)
	d.addSentences(j.warnings)
	return System{j.status, s, j.warnings, j.unjudged}, nil
}

func (l *lookout) summary(ctx context.Context, by *policies.Thresholds, d *databases) (SystemSummary, error) {
	s, err := l.Summary(ctx)
	if err != nil {
		return SystemSummary{}, unread(err)
	}
	now := time.Now()
	j := readingsOfSummary(s, d.figures(&l.tallies, now)).judge(by, now, func(resource string) []diagnostics.Move {
		return l.Moves(resource, s.CheckedAt, s)
	})
	return SystemSummary{j.status, s, j.warnings, j.unjudged}, nil
}

func unread(err error) error {
	if errors.Is(err, diagnostics.ErrClosed) {
		return ErrClosing
	}
	return fmt.Errorf("read how this machine is: %w", err)
}
