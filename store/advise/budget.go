package advise

import (
	"errors"
	"time"
)

// The advice on one statement takes a limited number of SQLite's steps, so it is
// the same on every machine. The clock only ends what takes far too long.
const (
	maxWork  = 60_000_000 // steps of the trials and plans for one statement: a second or two
	planWork = 100        // steps that take as long as resolving a name of a statement and planning it
	patience = 2 * time.Minute
)

// maxFindingWork limits one analysis of all indexes.
const maxFindingWork = 20_000_000

var errPatience = errors.New("it took longer than two minutes on this machine; try again when it is less busy")

// budget is what the advice on one statement, or on all indexes, may take.
type budget struct {
	most, spent int64 // steps
	deadline    time.Time
}

// begin starts again with a number of steps.
func (b *budget) begin(most int64) {
	b.most, b.spent, b.deadline = most, 0, time.Now().Add(patience)
}

// over reports whether no more may be tried.
func (b *budget) over() bool { return b.spent > b.most || b.late() }

func (b *budget) late() bool { return time.Now().After(b.deadline) }
