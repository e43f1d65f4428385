// Package live keeps what the pages show of the last runs of each integration, and sends
// open browsers what changed. It is a best-effort sink of runs.
//
//	live.go    Board, the last runs of each integration
//	recall.go  what the store has of them
//	feed.go    Feed, what viewers are sent
package live

import (
	"context"
	"strconv"
	"sync"
	"time"

	"vega/policies/check"
)

// Beats is how many runs of an integration are kept.
const Beats = 30

// Row is what is known of an integration besides its last run.
type Row struct {
	Beats []check.Status // of the last runs, the oldest first
	Since time.Time      // when the first run with the present status began; zero without runs
}

// Board keeps the rows. It is safe for concurrent use.
type Board struct {
	epoch string        // differs in each process
	added chan struct{} // Configure has added to news

	mu         sync.Mutex
	rows       map[string]*row
	configured bool     // rows has every integration that may have one
	news       []string // integrations whose stored runs are not read yet
	followed   bool     // there are viewers
	pending    bool     // a row changed in the next generation
	changed    []string // the rows that changed since the last message, if there are viewers; a name may be there twice
	generation uint64   // grows with each message to viewers, and with each page that has more than the last message
	sent       uint64   // the generation of the last message
	replaced   uint64   // the generation of the last change that is not in the rows
}

// New returns a Board without rows.
func New() *Board {
	return &Board{epoch: strconv.FormatInt(time.Now().UnixNano(), 36), rows: map[string]*row{}, added: make(chan struct{}, 1)}
}

// Configure makes the board forget the rows of all integrations but these, and ignore the
// runs of others.
func (b *Board) Configure(names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := make(map[string]*row, len(names))
	for _, name := range names {
		if r := b.rows[name]; r != nil {
			next[name] = r
		} else {
			next[name] = &row{}
			b.news = append(b.news, name)
		}
	}
	select {
	case b.added <- struct{}{}:
	default: // Recall has not read the last ones yet
	}
	if b.configured {
		b.advance()
		b.replaced = b.generation
	}
	b.rows, b.configured = next, true
}

// Record adds a run. It never fails.
func (b *Board) Record(_ context.Context, r check.Run) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.rows[r.Integration]
	if at == nil {
		if b.configured {
			return nil
		}
		at = &row{}
		b.rows[r.Integration] = at
	}
	at.add(&r)
	b.touch(at, r.Integration)
	return nil
}

// touch makes a row part of the next message. The caller holds b.mu.
func (b *Board) touch(r *row, name string) {
	if r.changed != b.generation+1 {
		r.changed, b.pending = b.generation+1, true
		if b.followed {
			b.changed = append(b.changed, name)
		}
	}
}

// advance begins the next generation. The caller holds b.mu.
func (b *Board) advance() {
	b.generation++
	b.pending = false
}

// Row returns the row of an integration. It is empty if nothing is known.
func (b *Board) Row(name string) Row {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.rows[name]; r != nil {
		return r.export()
	}
	return Row{}
}

// Generation identifies what the viewer of a page has seen. A page takes it before it reads
// anything else.
func (b *Board) Generation() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pending {
		b.advance()
	}
	return b.id(b.generation)
}

func (b *Board) id(generation uint64) string {
	return b.epoch + "-" + strconv.FormatUint(generation, 10)
}

// row is a Row in little memory: there may be 10,000.
type row struct {
	since    time.Time
	oldest   int64  // when the first run of this process began, in milliseconds since 1970
	changed  uint64 // the generation of the message that has the last change
	statuses [Beats]uint8
	first    uint8 // the index of the oldest run
	count    uint8
}

// statuses are the statuses of a run, by their number in a row.
var statuses = [...]check.Status{check.Unknown, check.Healthy, check.Degraded, check.Unhealthy, check.Disabled}

func number(s check.Status) uint8 {
	for n, one := range statuses {
		if s == one {
			return uint8(n)
		}
	}
	return 0
}

func (r *row) add(run *check.Run) {
	status := number(run.Status)
	if r.count == 0 {
		r.oldest = run.Began.UnixMilli()
	}
	if r.count == 0 || r.statuses[(r.first+r.count-1)%Beats] != status {
		r.since = run.Began
	}
	r.append(status)
}

func (r *row) append(status uint8) {
	r.statuses[(r.first+r.count)%Beats] = status
	if r.count < Beats {
		r.count++
	} else {
		r.first = (r.first + 1) % Beats
	}
}

func (r *row) export() Row {
	out := Row{Beats: make([]check.Status, r.count), Since: r.since}
	for n := range out.Beats {
		out.Beats[n] = statuses[r.statuses[(int(r.first)+n)%Beats]]
	}
	return out
}
