package policies

import (
	"slices"
	"sync"
	"time"
)

// Reading is the current value of a resource.
type Reading struct {
	Resource string // the specific resource, such as database.app.pool.percent, even if the threshold names databases.pool.percent
	Subject  string // the path or the name of the database; "" if there is only one
	Value    float64
	Unknown  string // why Value can't be read; "" if it was read
	// Measured is when the value was measured, if that is not now: a value that is read
	// twice is one measurement.
	Measured time.Time
	// ReportedUnit is the unit in which a probe reported the value; "" for any other figure.
	ReportedUnit Unit
}

// Verdict is a reading and the level that a threshold assigns to it.
type Verdict struct {
	*Threshold
	Reading
	Level Level
	Since time.Time // when Judge first saw this level
}

// Held reports whether the level persists only because the value has not reached
// Clear.
func (v *Verdict) Held() bool {
	return v.Level != LevelHealthy && v.Level != LevelUnknown && !v.reached(v.Value, v.Bound(v.Level))
}

// DisplayUnit returns the unit of the value: that of the threshold, or the one that a
// probe reported.
func (v *Verdict) DisplayUnit() Unit { return v.Threshold.Unit.Or(v.ReportedUnit) }

// Thresholds judges readings. It remembers levels, so that a warning or error
// persists until the value has reached Clear. It is safe for concurrent use.
type Thresholds struct {
	all    []Threshold
	direct map[string]bool // resources that a threshold names

	mu   sync.Mutex
	held map[levelKey]heldLevel
}

// levelKey identifies a remembered level.
type levelKey struct{ threshold, resource, subject string }

// heldLevel is a remembered level.
type heldLevel struct {
	level Level
	since time.Time
}

// NewThresholds returns a Thresholds that judges by all, in order. It takes over the
// remembered levels of each threshold that is unchanged from before, which may be
// nil.
func NewThresholds(all []Threshold, before *Thresholds) *Thresholds {
	t := &Thresholds{all: all, direct: map[string]bool{}, held: map[levelKey]heldLevel{}}
	for _, one := range all {
		t.direct[one.Resource] = true
	}
	if before == nil {
		return t
	}
	before.mu.Lock()
	defer before.mu.Unlock()
	for key, l := range before.held {
		if now := find(t.all, key.threshold); now != nil && now.same(find(before.all, key.threshold)) {
			t.held[key] = l
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

// same reports whether both thresholds judge alike. It ignores their positions in
// files.
func (t *Threshold) same(o *Threshold) bool {
	equal := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	return t.Resource == o.Resource && t.Below == o.Below && t.Off == o.Off &&
		equal(t.Warning, o.Warning) && equal(t.Error, o.Error) && equal(t.Clear, o.Clear)
}

// Judge calls read for each resource that a threshold names and judges the returned
// readings. A threshold for a group of resources skips those that another threshold
// names. now is the current time.
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

// judge judges one reading. A reading without a value does not change the
// remembered level.
func (t *Thresholds) judge(now time.Time, by *Threshold, r Reading) Verdict {
	r = r.In(by.Unit)
	t.mu.Lock()
	defer t.mu.Unlock()
	key := levelKey{by.Name, r.Resource, r.Subject}
	before, known := t.held[key]
	if !known {
		before = heldLevel{LevelHealthy, now}
	}
	if r.Unknown != "" {
		return Verdict{by, r, LevelUnknown, now}
	}
	current := before
	if current.level = by.level(r.Value, before.level); current.level != before.level {
		current.since = now
	}
	t.held[key] = current
	return Verdict{by, r, current.level, current.since}
}
