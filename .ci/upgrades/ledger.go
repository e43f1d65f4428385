package main

import (
	"maps"
	"os"
	"sync"
)

// ledger is what vega has acknowledged: conversations, by their session, and the last
// run that it has shown. Each conversation is on the disk before its client goes on.
type ledger struct {
	file *os.File

	mu       sync.Mutex
	sessions map[string]bool
	run      int64 // number of the last run that vega has shown
	err      error // the ledger could not be written
}

// anyRun stands for a sequence of runs with gaps, such as vega recover makes.
const anyRun = -1

// acknowledged is a copy of a ledger at one moment.
type acknowledged struct {
	sessions map[string]bool
	run      int64
}

func newLedger(path string, from acknowledged) (*ledger, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	l := &ledger{file: file, sessions: maps.Clone(from.sessions), run: from.run}
	if l.sessions == nil {
		l.sessions = map[string]bool{}
	}
	return l, nil
}

func (l *ledger) add(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions[session] = true
	if _, err := l.file.WriteString(session + "\n"); err != nil {
		l.err = err
	}
	if err := l.file.Sync(); err != nil {
		l.err = err
	}
}

func (l *ledger) shown(run int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run = max(l.run, run)
}

// now returns what is acknowledged at this moment.
func (l *ledger) now() acknowledged {
	l.mu.Lock()
	defer l.mu.Unlock()
	return acknowledged{maps.Clone(l.sessions), l.run}
}

// without returns what is in a and not in b.
func (a acknowledged) without(b map[string]bool) (missing []string) {
	for session := range a.sessions {
		if !b[session] {
			missing = append(missing, session)
		}
	}
	return missing
}
