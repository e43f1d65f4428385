package rollup

import (
	"slices"
	"strings"
	"time"

	"vega/policies/check"
	"vega/policies/uptime"
)

// Open is what an integration was in its current bucket of five minutes, which is not
// closed. The zero value begins with the first run of all. It is small, because there is
// one for each integration.
type Open struct {
	at      int64 // when the bucket begins, in milliseconds since 1970
	first   int64 // when the first run of all began if that is in the bucket, or 0
	last    int64 // when the last run began
	begun   bool
	changes []change // what runs said, the first one perhaps before the bucket
	status  counts   // of the seconds that runs took, without those that are bad or unsure
	bad     int64    // unhealthy runs
	unsure  int64    // unknown runs
	metrics []metric
}

// change is a run, and those after it that say the same without a gap.
type change struct {
	began, speaks int64 // milliseconds
	status        check.Status
}

// counts is a Bucket without times. Its fields are summed up, so that the order of a fold
// does not matter as much.
type counts struct {
	n              int64
	mean, low, top float64
}

type metric struct {
	name string
	key  int64
	counts
}

func (c *counts) add(v float64) {
	b := Bucket{Runs: c.n, Mean: c.mean, Min: c.low, Max: c.top}
	b.Count(v)
	*c = counts{b.Runs, b.Mean, b.Min, b.Max}
}

func (c *counts) bucket(at time.Time) Bucket {
	return Bucket{At: at, Runs: c.n, Mean: c.mean, Min: c.low, Max: c.top}
}

// Closed is a bucket of five minutes of an integration.
type Closed struct {
	Status  Bucket
	Metrics []Named // only those that have a value
}

// Named is a bucket of a metric. Key is what SetKey was given, or 0.
type Named struct {
	Name   string
	Key    int64
	Bucket Bucket
}

// Rules are what buckets depend on besides the runs.
type Rules struct {
	// Paused returns the times between two that are maintenance, in order of time,
	// without overlaps. nil: there are none.
	Paused func(from, to time.Time) []uptime.Period
	// MaxMetrics limits the metrics. The first ones count. 0: no limit.
	MaxMetrics int
}

// maxGap limits for how long before a run maintenance is looked for that no run speaks for.
const maxGap = 90 * Daily

const fiveMinutes = int64(FiveMinutes / time.Millisecond)

// At returns when the bucket begins.
func (o *Open) At() time.Time { return fromMillis(o.at) }

// Last returns when the last run began, the zero time if there was none.
func (o *Open) Last() time.Time {
	if o.last == 0 {
		return time.Time{}
	}
	return fromMillis(o.last)
}

// Speaks returns until when the last run speaks, unless another one begins.
func (o *Open) Speaks() time.Time {
	if len(o.changes) == 0 {
		return o.At()
	}
	c := &o.changes[len(o.changes)-1]
	return fromMillis(c.began + c.speaks)
}

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Clone returns a copy that shares no memory.
func (o *Open) Clone() Open {
	c := *o
	c.changes, c.metrics = slices.Clone(o.changes), slices.Clone(o.metrics)
	return c
}

// Resume begins with a bucket that is not the first one.
func (o *Open) Resume(at time.Time) {
	o.begun, o.at = true, floor(at.UnixMilli(), fiveMinutes)
}

// Before sets the last run before the bucket. Call it after Resume, and before Add.
func (o *Open) Before(began time.Time, s check.Status, speaks time.Duration) {
	o.last = began.UnixMilli()
	o.changes = append(o.changes[:0], change{o.last, speaks.Milliseconds(), s})
}

// SetKey sets the key of a metric, which is added if it is unknown.
func (o *Open) SetKey(name string, key int64) {
	for n := range o.metrics {
		if o.metrics[n].name == name {
			o.metrics[n].key = key
			return
		}
	}
	o.metrics = append(o.metrics, metric{name: strings.Clone(name), key: key})
}

// Keys calls f with each metric and its key, and sets the key to what f returns.
func (o *Open) Keys(f func(name string, key int64) int64) {
	for n := range o.metrics {
		o.metrics[n].key = f(o.metrics[n].name, o.metrics[n].key)
	}
}

// Late reports whether a run that began at this time comes after one that began later.
func (o *Open) Late(began time.Time) bool { return o.begun && began.UnixMilli() < max(o.at, o.last) }

// Add adds a run that is not late, and that speaks for as long as given. If it belongs to a
// later bucket, those before are closed and emitted in order of time.
func (o *Open) Add(r *check.Run, speaks time.Duration, rules *Rules, emit func(*Closed)) {
	began := r.Began.UnixMilli()
	if !o.begun {
		o.begun, o.at, o.first = true, floor(began, fiveMinutes), began
	}
	o.Advance(r.Began, rules, emit)
	o.last = began
	o.say(change{began, speaks.Milliseconds(), r.Status})
	switch r.Status {
	case check.Unhealthy:
		o.bad++
	case check.Unknown:
		o.unsure++
	default:
		o.status.add(r.Took.Truncate(time.Microsecond).Seconds())
	}
	for n := range r.Metrics {
		o.count(n, &r.Metrics[n], rules.MaxMetrics)
	}
}

// runs returns how many runs began in the bucket.
func (o *Open) runs() int64 { return o.status.n + o.bad + o.unsure }

// say adds what a run says. If the last one said the same until then, it is prolonged.
func (o *Open) say(c change) {
	if n := len(o.changes); n > 0 {
		before := &o.changes[n-1]
		if before.status == c.status && before.began+before.speaks >= c.began {
			before.speaks = c.began + c.speaks - before.began
			return
		}
	}
	o.changes = append(o.changes, c)
}

// count adds a value of a metric, which most runs report at the same position.
func (o *Open) count(position int, m *check.Metric, limit int) {
	if !finite(m.Value) {
		return
	}
	if position >= len(o.metrics) || o.metrics[position].name != m.Name {
		position = o.position(m.Name)
	}
	if position < 0 && limit > 0 && len(o.metrics) >= limit {
		return
	}
	if position < 0 {
		position = len(o.metrics)
		o.metrics = append(o.metrics, metric{name: strings.Clone(m.Name)})
	}
	o.metrics[position].add(m.Value)
}

func (o *Open) position(name string) int {
	for n := range o.metrics {
		if o.metrics[n].name == name {
			return n
		}
	}
	return -1
}

// Advance closes and emits the buckets that end until a time. Those that nothing is known
// of are not emitted.
func (o *Open) Advance(to time.Time, rules *Rules, emit func(*Closed)) {
	end := floor(to.UnixMilli(), fiveMinutes)
	if !o.begun || end <= o.at {
		return
	}
	speaks := o.Speaks().UnixMilli()
	for o.at < end && (o.runs() > 0 || o.at < speaks) {
		o.close(rules, emit)
	}
	if o.at >= end || rules.Paused == nil {
		o.at = max(o.at, end)
		return
	}
	from := max(o.at, end-maxGap.Milliseconds())
	for _, p := range rules.Paused(fromMillis(from), fromMillis(end)) {
		o.at = max(o.at, floor(p.From.UnixMilli(), fiveMinutes))
		for o.at < min(end, p.To.UnixMilli()) {
			o.close(rules, emit)
		}
	}
	o.at = end
}

// close emits the bucket and begins the next one.
func (o *Open) close(rules *Rules, emit func(*Closed)) {
	next := o.at + fiveMinutes
	if c := o.Peek(fromMillis(next), rules); !c.Status.Blank() {
		emit(&c)
	}
	o.keepLast()
	o.at, o.first, o.status, o.bad, o.unsure = next, 0, counts{}, 0, 0
	for n := range o.metrics {
		o.metrics[n].counts = counts{}
	}
}

// keepLast forgets all changes but the last one, which speaks in the next bucket.
func (o *Open) keepLast() {
	const room = 8
	n := len(o.changes)
	if n < 2 {
		return
	}
	o.changes[0] = o.changes[n-1]
	if o.changes = o.changes[:1]; cap(o.changes) > room {
		o.changes = []change{o.changes[0]}
	}
}

// Peek returns the bucket as it is if time counts until then. Its metrics share no memory.
func (o *Open) Peek(until time.Time, rules *Rules) (c Closed) {
	at := o.At()
	t := uptime.Tally{Since: fromMillis(max(o.at, o.first)), Until: fromMillis(min(o.at+fiveMinutes, until.UnixMilli()))}
	if rules.Paused != nil {
		t.Maintenance = rules.Paused(t.Since, t.Until)
	}
	for n := range o.changes {
		s := &o.changes[n]
		t.AddFor(fromMillis(s.began), s.status, time.Duration(s.speaks)*time.Millisecond)
	}
	c.Status = o.status.bucket(at)
	c.Status.Runs, c.Status.Unhealthy, c.Status.Undecided = o.runs(), o.bad, o.unsure
	if t.Until.After(t.Since) {
		r := t.Report()
		c.Status.Up, c.Status.Down, c.Status.Unknown, c.Status.Maintenance = r.Up, r.Down, r.Unknown, r.Maintenance
	}
	for n := range o.metrics {
		if m := &o.metrics[n]; m.n > 0 {
			c.Metrics = append(c.Metrics, Named{m.name, m.key, m.bucket(at)})
		}
	}
	return c
}
