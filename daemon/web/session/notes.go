package session

import (
	"crypto/rand"
	"sync"
	"time"
)

// The limits of notes. Beyond their number, the oldest is dropped.
const (
	noteTime = time.Minute
	notes    = 1000
)

// Notes keeps what viewers are shown after a form. The address of the page has the ID of a
// note and not its text, so that a link can't make vega show a text of a stranger's. It is
// safe for concurrent use.
type Notes struct {
	mu    sync.Mutex
	all   map[string]note
	order []string // IDs, the oldest first
}

type note struct {
	viewer, text string
	until        time.Time
}

// NewNotes returns Notes without any.
func NewNotes() *Notes { return &Notes{all: map[string]note{}} }

// Add keeps a text for a viewer, and returns its ID.
func (n *Notes) Add(viewer, text string, now time.Time) (id string) {
	id = rand.Text()
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.order) > 0 && (len(n.order) >= notes || !now.Before(n.all[n.order[0]].until)) {
		delete(n.all, n.order[0])
		n.order = n.order[1:]
	}
	n.all[id] = note{viewer, text, now.Add(noteTime)}
	n.order = append(n.order, id)
	return id
}

// Text returns the text of a note for a viewer, or "".
func (n *Notes) Text(viewer, id string, now time.Time) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if found, ok := n.all[id]; ok && found.viewer == viewer && now.Before(found.until) {
		return found.text
	}
	return ""
}
