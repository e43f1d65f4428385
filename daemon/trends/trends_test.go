package trends

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/policies/uptime"
	"vega/store"
)

// run is a run of the only integration.
type run struct {
	at     time.Time
	status check.Status
}

// fake keeps runs, and rolls them up by the rules of package uptime.
type fake struct {
	runs        []run // in order
	stored      time.Time
	limit       time.Duration
	maintenance []uptime.Period
	asked       []store.HistoryQuery
	counted     int // runs that were read
}

func (f *fake) Statuses(_ context.Context, _ string, since, until time.Time, each func(time.Time, check.Status) bool) (first time.Time, err error) {
	for _, r := range f.runs {
		if r.at.Before(f.stored) {
			continue
		}
		if first.IsZero() {
			first = r.at
		}
		if !r.at.Before(since) && r.at.Before(until) {
			if f.counted++; !each(r.at, r.status) {
				break
			}
		}
	}
	return first, nil
}

// tally adds up a part of what all runs said. It begins with the first of all.
func (f *fake) tally(since, until time.Time) uptime.Report {
	if first := f.runs[0].at; since.Before(first) {
		since = first
	}
	if !since.Before(until) {
		return uptime.Report{}
	}
	t := uptime.Tally{Since: since, Until: until, Limit: f.limit, Maintenance: f.maintenance}
	for _, r := range f.runs[f.index(since.Add(-f.limit)):f.index(until)] {
		t.Add(r.at, r.status)
	}
	return t.Report()
}

// index returns the number of runs before a time.
func (f *fake) index(at time.Time) int {
	n, _ := slices.BinarySearchFunc(f.runs, at, func(r run, at time.Time) int { return r.at.Compare(at) })
	return n
}

func (f *fake) last() time.Time {
	if len(f.runs) == 0 {
		return time.Time{}
	}
	return f.runs[len(f.runs)-1].at
}

func (f *fake) History(_ context.Context, q store.HistoryQuery) (all []store.Bucket, err error) {
	f.asked = append(f.asked, q)
	if len(f.runs) == 0 {
		return nil, nil
	}
	for at := rollup.Start(later(q.Since, f.runs[0].at), q.Step); at.Before(q.Until) && !at.After(f.last()); at = at.Add(q.Step) {
		end := at.Add(q.Step)
		if end.After(f.last()) { // it is open, as far as runs are stored
			end = f.last()
		}
		if at.Before(q.Since) || !at.Before(end) {
			continue
		}
		r := f.tally(at, end)
		b := store.Bucket{At: at, Runs: int64(r.Runs), Up: r.Up, Down: r.Down, Unknown: r.Unknown, Maintenance: r.Maintenance}
		if b.Runs > 0 {
			b.Mean, b.Min, b.Max = 0.5, 0.25, 1
		}
		if !b.Blank() {
			all = append(all, b)
		}
	}
	return all, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

var now = time.Date(2026, 7, 14, 10, 22, 33, 456e6, time.UTC)

// story is a fake with runs at intervals of about that, gaps and maintenance.
func story(random *rand.Rand, interval, length time.Duration) *fake {
	f := &fake{limit: 2 * interval}
	status := check.Healthy
	for at := now.Add(-length); at.Before(now); at = at.Add(interval + time.Duration(random.IntN(20000)-10000)*time.Millisecond) {
		switch n := random.IntN(1000); {
		case n < 20:
			status = check.Unhealthy
		case n < 30:
			status = check.Unknown
		case n < 33:
			at = at.Add(time.Duration(random.IntN(40)) * time.Hour / 4) // vega was stopped
		case n < 100:
			status = check.Healthy
		}
		f.runs = append(f.runs, run{at.Truncate(time.Millisecond), status})
	}
	f.runs = slices.DeleteFunc(f.runs, func(r run) bool { return !r.at.Before(now) })
	for at := now.Add(-length - 24*time.Hour).Truncate(24 * time.Hour); at.Before(now); at = at.Add(24 * time.Hour) {
		f.maintenance = append(f.maintenance, uptime.Period{From: at.Add(3*time.Hour + 7*time.Second), To: at.Add(4*time.Hour + 11*time.Minute)})
	}
	return f
}

func (f *fake) query(since, until time.Time) UptimeQuery {
	q := UptimeQuery{Name: "web", Since: since, Until: until, Now: now, Limit: f.limit}
	for _, r := range f.runs {
		if r.at.Before(until) && !r.at.Before(f.stored) {
			q.Last = r.at
		}
	}
	q.Maintenance = func(since, until time.Time) []uptime.Period { return f.maintenance }
	return q
}

// TestUptimeOfRollupsEqualsThatOfRuns asks for many periods, and compares with what
// the runs alone say. Some begin and end within buckets.
func TestUptimeOfRollupsEqualsThatOfRuns(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 12 {
		f := story(random, time.Minute, []time.Duration{20 * time.Minute, 30 * time.Hour, 12 * day}[n%3])
		for range 12 {
			since := now.Add(-time.Duration(random.Int64N(int64(14 * day)))).Truncate(time.Millisecond)
			until := since.Add(time.Duration(random.Int64N(int64(now.Sub(since)) + 1))).Truncate(time.Millisecond)
			if random.IntN(3) == 0 {
				until = now
			}
			got, known, err := Uptime(t.Context(), f, f.query(since, until))
			if err != nil {
				t.Fatal(err)
			}
			if !known {
				if until.After(f.runs[0].at) {
					t.Errorf("%v to %v: nothing is known", since, until)
				}
				continue
			}
			begin := later(since, f.runs[0].at)
			if begin.After(until) {
				begin = until
			}
			if want := newUptimeReport("web", begin, until, f.tally(begin, until)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
				t.Errorf("%v to %v:\n%v\nwant\n%v", since, until, values(got), values(want))
			}
		}
	}
}

// values are those of a report, with its percentages.
func values(r UptimeReport) []any {
	low, high := -1.0, -1.0
	if r.MinPercent != nil {
		low, high = *r.MinPercent, *r.MaxPercent
	}
	return []any{r.Since, r.Until, low, high, r.UpMS, r.DownMS, r.UnknownMS, r.MaintenanceMS, r.Runs}
}

// TestWindowsReadFewRuns asks for each window while only the runs of two days are stored.
func TestWindowsReadFewRuns(t *testing.T) {
	f := story(rand.New(rand.NewPCG(3, 4)), time.Minute, 100*day)
	f.stored = now.Add(-2 * day)
	for name, window := range Windows {
		since := WindowSince(window, now)
		if since.Before(now.Add(-window)) || since.After(now.Add(-window+time.Hour)) {
			t.Errorf("%s begins at %v", name, since)
		}
		f.counted = 0
		got, _, err := Uptime(t.Context(), f, f.query(since, now))
		if err != nil {
			t.Fatal(err)
		}
		if want := newUptimeReport("web", since, now, f.tally(since, now)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
			t.Errorf("%s:\n%v\nwant\n%v", name, values(got), values(want))
		}
		if f.counted > 20 {
			t.Errorf("%s: %d runs were read", name, f.counted)
		}
	}
}

// TestUptimeGoesBackBeyondTheStoredRuns asks for a period that begins before the first of
// all runs, and for one whose runs are gone.
func TestUptimeGoesBackBeyondTheStoredRuns(t *testing.T) {
	f := story(rand.New(rand.NewPCG(5, 6)), time.Minute, 100*day)
	f.stored = now.Add(-2 * day)
	got, _, err := Uptime(t.Context(), f, f.query(now.Add(-200*day), now))
	if err != nil {
		t.Fatal(err)
	}
	first := f.runs[0].at
	if want := newUptimeReport("web", first, now, f.tally(first, now)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
		t.Errorf("\n%v\nwant\n%v", values(got), values(want))
	}
	since, until := now.Add(-50*day), now.Add(-20*day)
	if got, _, err = Uptime(t.Context(), f, f.query(since, until)); err != nil {
		t.Fatal(err)
	}
	since, until = rollup.Ceil(since, time.Hour), rollup.Start(until, time.Hour)
	if want := newUptimeReport("web", since, until, f.tally(since, until)); fmt.Sprint(values(got)) != fmt.Sprint(values(want)) {
		t.Errorf("\n%v\nwant\n%v", values(got), values(want))
	}
	f.stored = now.Add(time.Hour) // no run is stored
	if got, known, err := Uptime(t.Context(), f, f.query(now.Add(-30*day), now)); err != nil || !known || got.UpMS == 0 {
		t.Errorf("%+v, %v, %v", got, known, err)
	}
}

func TestUptimeOfNothing(t *testing.T) {
	f := &fake{}
	if r, known, err := Uptime(t.Context(), f, f.query(now.Add(-day), now)); known || err != nil || r.MinPercent != nil {
		t.Errorf("%+v, %v, %v", r, known, err)
	}
}

func TestStepsOfCharts(t *testing.T) {
	for _, c := range []struct {
		from, to, step string // from and to are before now
		want           string // the step and the base, or a part of the error
	}{
		{"24h", "0s", "", "5m 5m"},
		{"83h", "0s", "", "5m 5m"},
		{"84h", "0s", "", "10m 5m"},
		{"168h", "0s", "", "15m 5m"},
		{"170h", "0s", "", "1h 1h"}, // five minutes are kept for seven days
		{"720h", "0s", "", "1h 1h"},
		{"2160h", "0s", "", "3h 1h"},
		{"2400h", "0s", "", "24h 24h"},
		{"43800h", "0s", "", "48h 24h"},
		{"500000h", "0s", "", "48h 24h"}, // more than is kept
		{"2160h", "2159h", "", "1h 1h"},
		{"1h", "2h", "", "5m 5m"},
		{"24h", "0s", "30m", "30m 5m"},
		{"24h", "0s", "1h", "1h 1h"},
		{"24h", "0s", "24h", "24h 24h"},
		{"720h", "0s", "90m", "step: 1h30m is kept for 7 days only"},
		{"24h", "0s", "7m", "is not a multiple of 5m"},
		{"2160h", "0s", "1h", "makes 2161 points"},
		{"8760h", "0s", "12h", "12h is kept for 90 days only"},
	} {
		ago := func(text string) time.Time {
			d, err := time.ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			return now.Add(-d)
		}
		var step time.Duration
		if c.step != "" {
			step = now.Sub(ago(c.step))
		}
		s, err := NewSpan(ago(c.from), ago(c.to), step, now)
		got := check.Span(s.step) + " " + check.Span(s.base)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%+v: %s", c, got)
		}
		if points := s.To.Sub(s.From) / max(s.step, 1); err == nil && points > MaxPoints {
			t.Errorf("%+v: %d points", c, points)
		}
	}
}

func TestTheLastPointOfAChartIsOpen(t *testing.T) {
	f := story(rand.New(rand.NewPCG(7, 8)), time.Minute, 3*day)
	s, err := NewSpan(now.Add(-day), now, time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	points, err := s.Chart(t.Context(), f, store.Series{Integration: "web"}, 1000)
	if err != nil || len(points) == 0 {
		t.Fatal(points, err)
	}
	for n, p := range points {
		if p.Open != (n == len(points)-1) || p.Status == nil || !p.At.Equal(p.At.Truncate(time.Hour)) {
			t.Errorf("%d: %+v", n, p)
		}
	}
	if p := points[0]; *p.Mean != 500 || *p.Max != 1000 || p.Status.UpMS+p.Status.DownMS+p.Status.UnknownMS+p.Status.MaintenanceMS != 3_600_000 {
		t.Errorf("%+v %+v", p, p.Status)
	}
}

// TestAChartBeginsWithTheFirstRun checks that the time before the first run is not unknown,
// and that the time of a later step is, whether or not a run speaks for it.
func TestAChartBeginsWithTheFirstRun(t *testing.T) {
	for _, length := range []time.Duration{3 * time.Hour, 30 * time.Hour} {
		f := story(rand.New(rand.NewPCG(9, 10)), time.Minute, length)
		s, err := NewSpan(now.Add(-2*day), now, time.Hour, now)
		if err != nil {
			t.Fatal(err)
		}
		points, err := s.Chart(t.Context(), f, store.Series{Integration: "web"}, 1000)
		if err != nil || len(points) < 3 {
			t.Fatal(points, err)
		}
		want := points[1].At.Sub(f.runs[0].at).Milliseconds()
		for n, p := range points[:2] {
			if all := p.Status.UpMS + p.Status.DownMS + p.Status.UnknownMS + p.Status.MaintenanceMS; all < want-2 || all > want {
				t.Errorf("%v: the parts of step %d are %d ms, want %d", length, n, all, want)
			}
			want = 3_600_000
		}
	}
}

func TestLabels(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":                                {},
		"{}":                              {},
		"state=open":                      {"state": "open"},
		" state = open , region = eu ":    {"state": "open", "region": "eu"},
		`{state="open"}`:                  {"state": "open"},
		`{a="x,y",b="\"q\" \\ \n}"}`:      {"a": "x,y", "b": "\"q\" \\ \n}"},
		`a="x y",b=`:                      {"a": "x y", "b": ""},
		"state":                           nil,
		"=x":                              nil,
		"a=1,a=2":                         nil,
		`{a="x"`:                          nil,
		`a="x`:                            nil,
		`a="x\`:                           nil,
		`a="x"y`:                          nil,
		`{a="x"}}`:                        nil,
		"a=b=c":                           {"a": "b=c"},
		"\x00=\xff":                       {"\x00": "\xff"},
		"{" + strings.Repeat("a", 1<<16):  nil,
		strings.Repeat("a=b,", 2):         nil,
		`{name="ü",other="` + "\n" + `"}`: {"name": "ü", "other": "\n"},
	} {
		got, err := ParseLabels(text)
		if (want == nil) != (err != nil) || err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%.40q: %q, %v", text, got, err)
		}
	}
}

// short has only the runs since a time.
type short struct {
	Store
	since time.Time
}

func (s short) Statuses(ctx context.Context, name string, since, until time.Time, f func(time.Time, check.Status) bool) (time.Time, error) {
	first := time.Time{}
	_, err := s.Store.Statuses(ctx, name, s.since, until, func(at time.Time, _ check.Status) bool {
		first = at
		return false
	})
	if err == nil {
		_, err = s.Store.Statuses(ctx, name, later(since, s.since), until, f)
	}
	return first, err
}

// TestDays has every day of a span, whatever the time is, and with or without points.
func TestDays(t *testing.T) {
	midnight := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	for _, now := range []time.Time{midnight, midnight.Add(time.Nanosecond), midnight.Add(24*time.Hour - 1), midnight.In(time.FixedZone("", -5*3600))} {
		span, err := LastDays(3, now)
		if err != nil {
			t.Fatal(err)
		}
		yesterday := midnight.AddDate(0, 0, -1)
		days := span.Days([]Point{
			{At: yesterday, Status: &StatusPoint{UpMS: 7}}, {At: yesterday.AddDate(0, 0, -30), Status: &StatusPoint{}}, {At: midnight.AddDate(0, 0, 5), Status: &StatusPoint{}},
		})
		if len(days) != 3 || !days[0].At.Equal(yesterday.AddDate(0, 0, -1)) || !days[2].At.Equal(midnight) || days[0].StatusPoint != nil || days[2].StatusPoint != nil || days[1].StatusPoint == nil || days[1].UpMS != 7 {
			t.Errorf("%v: %+v", now, days)
		}
	}
}
