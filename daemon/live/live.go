// Package live keeps what the pages show of the last runs of each integration, and tells
// the browsers that are open what changed. It is a best-effort sink of runs.
package live

import (
	"context"
	"sync"
	"time"

	"vega/policies/check"
)

// Beats is how many runs of an integration are kept.
const Beats = 30

// Beat is what is kept of a run.
type Beat struct {
	Status check.Status
	Took   float32 // in milliseconds
}

// Row is what is known of an integration besides its last run.
type Row struct {
	Beats []Beat    // the oldest first
	Since time.Time // when the run began that its status is since; zero if that is not known
}

// Board keeps the rows. It is safe for concurrent use.
type Board struct {
	mu   sync.Mutex
	rows map[string]*Row
}

// New returns a Board without rows.
func New() *Board { return &Board{rows: map[string]*Row{}} }

// Record adds a run. It never fails.
func (b *Board) Record(_ context.Context, r check.Run) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	row := b.rows[r.Integration]
	if row == nil {
		row = &Row{}
		b.rows[r.Integration] = row
	}
	if n := len(row.Beats); n == 0 || row.Beats[n-1].Status != r.Status {
		row.Since = r.Began
	}
	if len(row.Beats) == Beats {
		row.Beats = append(row.Beats[:0:0], row.Beats[1:]...)
	}
	row.Beats = append(row.Beats, Beat{r.Status, float32(check.Milliseconds(r.Took))})
	return nil
}

// Row returns the row of an integration. It is empty if nothing is known.
func (b *Board) Row(name string) Row {
	b.mu.Lock()
	defer b.mu.Unlock()
	if row := b.rows[name]; row != nil {
		return Row{append([]Beat(nil), row.Beats...), row.Since}
	}
	return Row{}
}
