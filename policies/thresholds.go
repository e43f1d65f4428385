package policies

import (
	"slices"
	"sync"
	"time"
)

// Reading is what a resource comes to at the moment.
type Reading struct {
	Resource string // of that one alone: database.app.pool.percent where databases.pool.percent is judged
	Subject  string // which of several, for a person: a path, a database; "" where there is one
	Value    float64
	Unknown  string // why there is no Value; "" if there is
}

// Verdict is a reading, judged.
type Verdict struct {
	*Threshold
	Reading
	Level Level
	Since time.Time // when the level began, as far as anybody asked
}

// Held reports whether the value alone would be no reason any more, and the
// level is what it is since it has not come back far enough.
func (v *Verdict) Held() bool {
	return v.Level != LevelHealthy && v.Level != LevelUnknown && !v.reached(v.Value, v.Bound(v.Level))
}

// Thresholds judge readings, and remember what they found: what is over its
// threshold stays so until it has come back far enough. They are safe for
// concurrent use.
type Thresholds struct {
	all    []Threshold
	direct map[string]bool // the resources that one names by itself

	mu   sync.Mutex
	held map[place]standing
}

// place is what a level is remembered of.
type place struct{ threshold, resource, subject string }

type standing struct {
	level Level
	since time.Time
}

// NewThresholds judges by those given, in their order. What before remembers,
// which may be nil, is kept where a threshold is the same in both.
func NewThresholds(all []Threshold, before *Thresholds) *Thresholds {
	t := &Thresholds{all: all, direct: map[string]bool{}, held: map[place]standing{}}
	for _, one := range all {
		t.direct[one.Resource] = true
	}
	if before == nil {
		return t
	}
	before.mu.Lock()
	defer before.mu.Unlock()
	for at, s := range before.held {
		if now := find(t.all, at.threshold); now != nil && now.same(find(before.all, at.threshold)) {
			t.held[at] = s
		}
	}
	return t
}

func find(all []Threshold, name string) *Threshold {
	n := slices.IndexFunc(all, func(t Threshold) bool { return t.Name == name })
	if n < 0 {
		return nil
	}
	return &all[n]
}

// same reports whether both judge alike, wherever they stand.
func (t *Threshold) same(o *Threshold) bool {
	equal := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	return t.Resource == o.Resource && t.Below == o.Below && t.Off == o.Off &&
		equal(t.Warning, o.Warning) && equal(t.Error, o.Error) && equal(t.Clear, o.Clear)
}

// Judge asks read for each resource that a threshold names, and judges what it
// gives; nothing, where there is nothing to judge at the moment. A resource
// that is one of several, and that another threshold names by itself, is left
// to that one. now is the time.
func (t *Thresholds) Judge(now time.Time, read func(resource string) []Reading) []Verdict {
	verdicts := []Verdict{}
	for n := range t.all {
		one := &t.all[n]
		if one.Off {
			continue
		}
		for _, r := range read(one.Resource) {
			if r.Resource == one.Resource || !t.direct[r.Resource] {
				verdicts = append(verdicts, t.judge(now, one, r))
			}
		}
	}
	return verdicts
}

// judge leaves what is remembered as it is where there is no value.
func (t *Thresholds) judge(now time.Time, by *Threshold, r Reading) Verdict {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := place{by.Name, r.Resource, r.Subject}
	was, known := t.held[at]
	if !known {
		was = standing{LevelHealthy, now}
	}
	if r.Unknown != "" {
		return Verdict{by, r, LevelUnknown, now}
	}
	s := was
	if s.level = by.level(r.Value, was.level); s.level != was.level {
		s.since = now
	}
	t.held[at] = s
	return Verdict{by, r, s.level, s.since}
}
