package keys

import (
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// PollInterval is how often a daemon should call Live.Poll.
const PollInterval = 500 * time.Millisecond

const (
	// fresh is how long after a change a file may change again without a
	// difference in its size and time of modification.
	fresh = 2 * time.Second
	// retryInterval is how often a file that can't be used is read again although
	// it did not change. The cause may have been something else.
	retryInterval = 5 * time.Second
	// maxNamed limits the names in a line of the log.
	maxNamed = 20
)

// Accepted is a value that a daemon accepts.
type Accepted struct {
	Name    string // for the log; a value from before a rotation has the suffix " (previous)"
	Digest  Digest
	Scopes  []string
	Expires time.Time // zero: never
}

// Live follows the keys of a data directory for a daemon.
type Live struct {
	dir string
	log *slog.Logger

	set    *Set // the last that could be read; nil before
	broken string
	stamp  fs.FileInfo // of the file when it was last read; nil for none
	read   time.Time   // when that was

	accepted []Accepted
	next     time.Time       // when the next of them expires; zero: never
	gone     map[string]bool // names of values that have expired, which the log has named
	over     map[Digest]bool // values that have expired; see Poll
}

// Follow returns a Live of a data directory.
func Follow(dir string, log *slog.Logger) *Live {
	return &Live{dir: dir, log: log, gone: map[string]bool{}, over: map[Digest]bool{}}
}

// Poll returns the values to accept, and whether they differ from those of the last
// call. It reads the file if that has changed, and logs what changed.
//
// A file that can't be used changes nothing: the keys that were read before stay
// accepted, and at the start of a daemon there are none. A file that was removed
// has no keys.
//
// A value that has expired stays expired for the life of the daemon, also if the clock
// is set back. Other values are judged by the clock as it is, so a clock that was wrong
// locks nobody out for longer than it takes to add or rotate a key.
func (l *Live) Poll(now time.Time) (accepted []Accepted, changed bool) {
	reread := l.stale(now)
	if reread {
		l.reload(now)
	}
	if l.set == nil {
		return nil, false
	}
	if !reread && (l.next.IsZero() || now.Before(l.next)) {
		return l.accepted, false
	}
	if next := l.standing(now); !slices.EqualFunc(next, l.accepted, same) {
		l.accepted, changed = next, true
	}
	return l.accepted, changed
}

func same(a, b Accepted) bool {
	return a.Name == b.Name && a.Digest == b.Digest && a.Expires.Equal(b.Expires) && slices.Equal(a.Scopes, b.Scopes)
}

// stale reports whether the file may differ from what was read.
func (l *Live) stale(now time.Time) bool {
	info, err := os.Lstat(filepath.Join(l.dir, File))
	if err != nil {
		info = nil
	}
	switch {
	case l.read.IsZero() || (info == nil) != (l.stamp == nil):
		return true
	case l.broken != "" && now.Sub(l.read).Abs() >= retryInterval:
		return true
	case info == nil:
		return false
	}
	changed := info.Size() != l.stamp.Size() || !info.ModTime().Equal(l.stamp.ModTime()) || info.Mode() != l.stamp.Mode() || !os.SameFile(info, l.stamp)
	return changed || l.broken == "" && l.read.Sub(info.ModTime()).Abs() < fresh
}

// reload reads the file.
func (l *Live) reload(now time.Time) {
	info, err := os.Lstat(filepath.Join(l.dir, File))
	if err != nil {
		info = nil
	}
	l.stamp, l.read = info, now
	set, err := Read(l.dir)
	if err != nil {
		if l.broken != err.Error() {
			l.log.Error("can't use the API keys; those that vega read before stay accepted", "err", err, "accepted", len(l.accepted))
		}
		l.broken = err.Error()
		return
	}
	if l.broken != "" {
		l.log.Info("the API keys can be used again")
	}
	l.broken = ""
	l.report(set)
	l.set = set
}

// report logs how a set differs from the one before.
func (l *Live) report(next *Set) {
	before, after := index(l.set), index(next)
	var added, changed, revoked, foreign []string
	for _, name := range slices.Sorted(maps.Keys(after)) {
		old, known := before[name]
		switch k := after[name]; {
		case k.Foreign() && (!known || old.Digest != k.Digest):
			foreign = append(foreign, name)
		case !known:
			added = append(added, name)
		case old.Digest != k.Digest || !slices.Equal(old.Scopes, k.Scopes) || !old.Expires.Equal(k.Expires) || len(old.Previous) != len(k.Previous):
			changed = append(changed, name)
			delete(l.gone, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, still := after[name]; !still {
			revoked = append(revoked, name)
			delete(l.gone, name)
		}
	}
	if len(foreign) > 0 {
		l.log.Warn("a newer version of vega wrote API keys with settings that this version does not know; they are not accepted", "keys", few(foreign))
	}
	if l.set == nil {
		return
	}
	if len(added) > 0 {
		l.log.Info("API keys were added", "keys", few(added), "count", len(added))
	}
	if len(changed) > 0 {
		l.log.Info("API keys were changed", "keys", few(changed), "count", len(changed))
	}
	if len(revoked) > 0 {
		l.log.Info("API keys were revoked", "keys", few(revoked), "count", len(revoked))
	}
}

func index(s *Set) map[string]Key {
	all := map[string]Key{}
	if s == nil {
		return all
	}
	for _, k := range s.Keys {
		all[k.Name] = k
	}
	return all
}

// few lists the first names.
func few(names []string) string { return strings.Join(names[:min(len(names), maxNamed)], ", ") }

// standing returns the values that have not expired, and sets when the next does.
func (l *Live) standing(now time.Time) []Accepted {
	var all []Accepted
	l.next = time.Time{}
	add := func(a Accepted) {
		all = append(all, a)
		if !a.Expires.IsZero() && (l.next.IsZero() || a.Expires.Before(l.next)) {
			l.next = a.Expires
		}
	}
	for _, k := range l.set.Keys {
		if k.Foreign() {
			continue
		}
		if l.expired(k.Digest, k.Expires, now) {
			if !l.gone[k.Name] {
				l.gone[k.Name] = true
				l.log.Warn("an API key has expired", "key", k.Name, "expired", k.Expires)
			}
			continue
		}
		add(Accepted{k.Name, k.Digest, k.Scopes, k.Expires})
		for _, p := range k.Previous {
			if !p.Until.IsZero() && !l.expired(p.Digest, p.Until, now) {
				add(Accepted{k.Name + " (previous)", p.Digest, k.Scopes, p.Until})
			}
		}
	}
	return all
}

// expired reports whether a value has expired, now or before. The clock may have been
// set back since.
func (l *Live) expired(d Digest, at, now time.Time) bool {
	if !at.IsZero() && !now.Before(at) {
		l.over[d] = true
	}
	return l.over[d]
}
