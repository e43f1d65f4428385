package trends

import (
	"context"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/policies/uptime"
	"vega/store"
)

// UptimeReport says which part of a period an integration was up. A run speaks until the
// next one, for two intervals at most; what no run speaks for is unknown. The percentages
// are of all time but maintenance.
type UptimeReport struct {
	Name string `json:"name"`
	// Since is when the period begins: as asked for, or with the first run, or with the
	// first roll-up where runs are not stored any longer.
	Since         time.Time `json:"since"`
	Until         time.Time `json:"until"`
	MinPercent    *float64  `json:"uptime_percent_min"` // up for certain; null if no time counts
	MaxPercent    *float64  `json:"uptime_percent_max"` // up, or unknown
	UpMS          int64     `json:"up_ms"`
	DownMS        int64     `json:"down_ms"`
	UnknownMS     int64     `json:"unknown_ms"`
	MaintenanceMS int64     `json:"maintenance_ms"`
	Runs          int       `json:"runs"`
}

// Windows are the periods until now that an uptime can be asked for by name.
var Windows = map[string]time.Duration{"24h": day, "7d": 7 * day, "30d": 30 * day, "90d": 90 * day}

// WindowNames are the names of Windows, the shortest first.
var WindowNames = []string{"24h", "7d", "30d", "90d"}

// WindowSince returns when a window that ends now begins: with a bucket that is kept, so
// that its uptime needs no runs of long ago.
func WindowSince(window time.Duration, now time.Time) time.Time {
	since := now.Add(-window)
	return rollup.Ceil(since, finest(since, now))
}

// UptimeQuery selects what Uptime reports on.
type UptimeQuery struct {
	Name         string
	Since, Until time.Time
	Now          time.Time
	Limit        time.Duration // how long a run speaks at most
	// Last is when the last stored run before Until began; zero if no run is stored.
	Last time.Time
	// Maintenance returns when the maintenance windows of the integration are open.
	Maintenance func(since, until time.Time) []uptime.Period
}

// Uptime reports on an integration, from roll-ups where these are exact, and from runs
// otherwise: at the ends of the period, and since the last bucket that is closed. known is
// false if there is neither a run nor a roll-up before Until.
func Uptime(ctx context.Context, s Store, q UptimeQuery) (r UptimeReport, known bool, err error) {
	first, err := s.Statuses(ctx, q.Name, time.Time{}, q.Until, func(time.Time, check.Status) bool { return false })
	if err != nil {
		return UptimeReport{}, false, err
	}
	c := &cover{ctx: ctx, store: s, q: q, since: q.Since, until: q.Until, stored: first}
	c.begin()
	if c.err == nil && c.since.Before(c.until) && c.known() {
		c.all()
	}
	return newUptimeReport(q.Name, c.since, c.until, c.sums), c.known(), c.err
}

func (c *cover) known() bool { return !c.stored.IsZero() || !c.first.IsZero() }

// cover adds up the parts of a period.
type cover struct {
	ctx          context.Context
	store        Store
	q            UptimeQuery
	since, until time.Time
	stored       time.Time // when the first stored run began; zero if no run is stored
	first        time.Time // when the first bucket begins; zero: runs tell more
	whole        bool      // all of the first bucket is in the period
	sums         uptime.Report
	err          error
}

// begin lets the period begin with what is known: the first run, or the first bucket where
// the first runs are not stored any longer.
func (c *cover) begin() {
	begin := c.stored
	if at, from := c.firstBucket(); !at.IsZero() && (begin.IsZero() || from.Before(begin)) {
		begin, c.first = from, at
	}
	switch {
	case begin.IsZero():
		return
	case !begin.Before(c.until):
		c.since = c.until
		return
	case begin.After(c.since):
		c.since, c.whole = begin, !c.first.IsZero()
	case !c.hasRuns(c.since):
		c.since = rollup.Ceil(c.since, finest(c.since, c.q.Now))
	}
	if c.until.Before(c.q.Now) && !c.hasRuns(c.until) {
		c.until = rollup.Start(c.until, finest(c.until, c.q.Now))
	}
}

// firstBucket returns when the first of all buckets begins, and from when on something is
// known of it. That is exact for five minutes: the bucket has all of its time but what was
// before the first run. In longer ones, a time without runs is missing, too.
func (c *cover) firstBucket() (at, from time.Time) {
	since, until := time.Unix(0, 0), c.until
	for n := len(bases) - 1; n >= 0; n-- {
		step := bases[n].step
		all := c.history(step, since, until)
		if len(all) == 0 {
			break // shorter ones are not kept any longer
		}
		b := &all[0]
		end := b.At.Add(step)
		if since = b.At; end.Before(until) {
			until = end
		}
		if !end.After(c.closed()) {
			if at.IsZero() {
				at = b.At
			}
			from = end.Add(-b.Up - b.Down - b.Unknown - b.Maintenance)
		} // otherwise it is open, but shorter ones may be closed
		if n > 0 && c.q.Now.Sub(since) > bases[n-1].kept {
			break
		}
	}
	return at, from
}

// history returns the buckets of a step that begin between two times.
func (c *cover) history(step time.Duration, since, until time.Time) (all []store.Bucket) {
	if c.err == nil {
		all, c.err = c.store.History(c.ctx, store.HistoryQuery{Series: store.Series{Integration: c.q.Name}, Step: step, Since: since, Until: until})
	}
	return all
}

// hasRuns reports whether the runs since a time are stored.
func (c *cover) hasRuns(at time.Time) bool { return !c.stored.IsZero() && !c.stored.After(at) }

// closed returns until when all buckets are closed: where the last run's one begins.
func (c *cover) closed() time.Time {
	if c.q.Last.IsZero() {
		return c.until
	}
	end := c.q.Last
	if c.until.Before(end) {
		end = c.until
	}
	return rollup.Start(end, finestUntil(end, c.q.Now))
}

// all adds up the period: the runs until the first bucket, five minutes until the first
// hour, hours until the first day, days, and back down to the runs.
func (c *cover) all() {
	at := c.since
	if c.whole { // nothing of that bucket is before since
		at = c.first
	}
	end, first := c.closed(), rollup.Ceil(at, finest(at, c.q.Now))
	if end.Before(first) {
		c.runs(at, c.until)
		return
	}
	c.runs(at, first)
	for at = first; at.Before(end) && c.err == nil; {
		step, to := c.stretch(at, end)
		if step == 0 { // the buckets that would fit are not kept any longer
			break
		}
		c.buckets(at, to, step)
		at = to
	}
	c.runs(at, c.until)
}

// stretch returns the longest step whose buckets fit from at, and until when they do.
func (c *cover) stretch(at, end time.Time) (step time.Duration, to time.Time) {
	for n := len(bases) - 1; n >= 0; n-- {
		b := bases[n]
		if !rollup.Start(at, b.step).Equal(at) || c.q.Now.Sub(at) > b.kept+b.step {
			continue
		}
		to = rollup.Start(end, b.step)
		if n < len(bases)-1 && rollup.Ceil(at, bases[n+1].step).Before(to) && !rollup.Ceil(at, bases[n+1].step).Equal(at) {
			to = rollup.Ceil(at, bases[n+1].step)
		}
		if to.After(at) {
			return b.step, to
		}
	}
	return 0, at
}

// buckets adds up the buckets of a step between two times. Where one is missing, and for
// the time that one lacks, no run speaks.
func (c *cover) buckets(from, to time.Time, step time.Duration) {
	at, all := from, c.history(step, from, to)
	for n := range all {
		c.silent(at, all[n].At)
		b := &all[n]
		c.sums.Add(uptime.Report{Runs: int(b.Runs), Up: b.Up, Down: b.Down, Unknown: b.Unknown, Maintenance: b.Maintenance})
		at = b.At.Add(step)
		begins := b.At
		if begins.Before(c.since) {
			begins = c.since
		}
		c.sums.Unknown += max(0, at.Sub(begins)-b.Up-b.Down-b.Unknown-b.Maintenance)
	}
	c.silent(at, to)
}

// silent adds a time without runs.
func (c *cover) silent(from, to time.Time) {
	if from.Before(c.since) {
		from = c.since
	}
	if from.Before(to) {
		t := uptime.Tally{Since: from, Until: to, Maintenance: c.q.Maintenance(from, to)}
		c.sums.Add(t.Report())
	}
}

// runs adds up the runs between two times.
func (c *cover) runs(from, to time.Time) {
	if c.err != nil || !from.Before(to) {
		return
	}
	t := uptime.Tally{Since: from, Until: to, Limit: c.q.Limit, Maintenance: c.q.Maintenance(from, to)}
	_, c.err = c.store.Statuses(c.ctx, c.q.Name, from.Add(-c.q.Limit), to, func(began time.Time, s check.Status) bool {
		t.Add(began, s)
		return true
	})
	c.sums.Add(t.Report())
}

func newUptimeReport(name string, since, until time.Time, r uptime.Report) UptimeReport {
	out := UptimeReport{
		Name: name, Since: since.UTC(), Until: until.UTC(), Runs: r.Runs,
		UpMS: r.Up.Milliseconds(), DownMS: r.Down.Milliseconds(), UnknownMS: r.Unknown.Milliseconds(), MaintenanceMS: r.Maintenance.Milliseconds(),
	}
	if low, high, ok := r.Percent(); ok {
		out.MinPercent, out.MaxPercent = &low, &high
	}
	return out
}
