package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
	"vega/policies/uptime"
	"vega/store"
	"vega/store/clock"
	"vega/store/profile"
	"vega/store/sqlite"
	"vega/store/sqlite/rollups"
	"vega/store/sqlite/salvage"
)

// rolled is a store whose runs are also kept here, to compare roll-ups with them.
type rolled struct {
	*testing.T
	*sqlite.Store
	path   string
	random *rand.Rand
	now    time.Time
	speaks time.Duration
	shared struct{ now, speaks atomic.Int64 } // the same, for the store
	runs   []said
	gone   map[string]bool // integrations that are not configured
}

// said is a run and how long it speaks.
type said struct {
	check.Run
	speaks time.Duration
}

func beginRolled(t *testing.T, seed uint64, now time.Time) *rolled {
	t.Helper()
	r := &rolled{T: t, path: filepath.Join(t.TempDir(), "vega.db"), random: rand.New(rand.NewPCG(seed, 1)), now: now, speaks: 2 * time.Minute, gone: map[string]bool{}}
	r.set(now, r.speaks)
	r.open()
	return r
}

// set sets the clock, and how long runs speak from now on.
func (r *rolled) set(now time.Time, speaks time.Duration) {
	if speaks != r.speaks {
		r.flush()
	}
	r.now, r.speaks = now.Truncate(time.Millisecond), speaks
	r.shared.now.Store(r.now.UnixMilli())
	r.shared.speaks.Store(int64(speaks))
}

func (r *rolled) pass(d time.Duration) { r.set(r.now.Add(d), r.speaks) }

// upTo returns a duration from -d or 0 to d.
func (r *rolled) upTo(d time.Duration) time.Duration {
	if d < 0 {
		return -r.upTo(-d)
	}
	return time.Duration(r.random.Int64N(int64(d)))
}

func (r *rolled) open(more ...sqlite.Option) {
	r.Helper()
	s, err := sqlite.Open(r.Context(), r.path, append(more,
		sqlite.Clock(func() clock.Reading { return clock.Reading{Wall: time.UnixMilli(r.shared.now.Load())} }),
		sqlite.RollUp(rollups.Policy{Speaks: r.speaksNow, Paused: nightly}))...)
	if err != nil {
		r.Fatal(err)
	}
	r.Store = s
	r.Cleanup(func() { _ = s.Close() })
}

func (r *rolled) speaksNow(name string) time.Duration {
	if r.gone[name] {
		return 0
	}
	return time.Duration(r.shared.speaks.Load())
}

// nightly is maintenance from 2:10 to 3:00.
func nightly(_ string, from, to time.Time) (all []uptime.Period) {
	for day := rollup.Start(from, rollup.Daily); day.Before(to); day = day.Add(rollup.Daily) {
		p := uptime.Period{From: day.Add(130 * time.Minute), To: day.Add(3 * time.Hour)}
		if p.From.Before(from) {
			p.From = from
		}
		if p.To.After(to) {
			p.To = to
		}
		if p.From.Before(p.To) {
			all = append(all, p)
		}
	}
	return all
}

var anyStatus = []check.Status{check.Healthy, check.Healthy, check.Healthy, check.Healthy, check.Degraded, check.Unhealthy, check.Unknown}

// run stores a run that began now.
func (r *rolled) run(name string) {
	r.Helper()
	one := &check.Run{
		Integration: name, Probe: "core.http", Digest: "d", Began: r.now, Status: anyStatus[r.random.IntN(len(anyStatus))],
		Took: time.Duration(r.random.IntN(1e6)) * time.Microsecond,
		Metrics: []check.Metric{
			{Name: "latency", Value: float64(r.random.IntN(1000)) / 8, Unit: "ms"},
			{Name: "size", Value: float64(r.random.IntN(100)), Unit: "bytes"},
		},
	}
	if r.random.IntN(3) == 0 {
		one.Metrics = one.Metrics[1:]
	}
	if err := r.AppendRun(r.Context(), one); err != nil {
		r.Fatal(err)
	}
	kept := said{*one, r.speaks}
	kept.Began = one.Began.Truncate(time.Millisecond)
	r.runs = append(r.runs, kept)
}

func (r *rolled) flush() {
	r.Helper()
	if err := r.FlushRuns(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// kill goes on with the files as a kill of the process would leave them.
func (r *rolled) kill() {
	r.Helper()
	r.flush()
	dir := r.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		from, err := os.Open(r.path + suffix)
		if err != nil {
			r.Fatal(err)
		}
		to, err := os.Create(filepath.Join(dir, "vega.db") + suffix)
		if err != nil {
			r.Fatal(err)
		}
		_, err = io.Copy(to, from)
		if err := errors.Join(err, from.Close(), to.Close()); err != nil {
			r.Fatal(err)
		}
	}
	_ = r.Close()
	r.path = filepath.Join(dir, "vega.db")
	r.open()
}

func (r *rolled) restart() {
	r.Helper()
	if err := r.Close(); err != nil {
		r.Fatal(err)
	}
	r.open()
}

func (r *rolled) history(name, metric string, step time.Duration, since, until time.Time) []store.Bucket {
	r.Helper()
	all, err := r.History(r.Context(), store.HistoryQuery{Series: store.Series{Integration: name, Metric: metric}, Step: step, Since: since, Until: until})
	if err != nil {
		r.Fatal(err)
	}
	return all
}

// check compares the roll-ups of an integration with its runs. No run may be dated later than
// now.
func (r *rolled) check(name string) {
	r.Helper()
	r.flush()
	r.pass(time.Millisecond) // the last run may have begun now
	for _, step := range []time.Duration{store.FiveMinutes, store.Hourly, store.Daily} {
		r.checkStep(name, step)
	}
}

// its returns the runs of an integration in the order in which they began.
func (r *rolled) its(name string) (all []said) {
	for _, s := range r.runs {
		if s.Integration == name {
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return a.Began.Compare(b.Began) })
	return all
}

func (r *rolled) checkStep(name string, step time.Duration) {
	r.Helper()
	its := r.its(name)
	if len(its) == 0 {
		return
	}
	first := its[0].Began
	t := uptime.Tally{Since: first, Until: r.now, Maintenance: nightly("", first, r.now)}
	var size, took store.Bucket
	var bad, unsure int64
	for _, s := range its {
		t.AddFor(s.Began, s.Status, s.speaks)
		size.Count(s.Metrics[len(s.Metrics)-1].Value)
		switch s.Status {
		case check.Unhealthy:
			bad++
		case check.Unknown:
			unsure++
		default:
			took.Count(s.Took.Seconds())
		}
	}
	took.Runs, took.Unhealthy, took.Undecided = took.Runs+bad+unsure, bad, unsure
	all := r.history(name, "", step, rollup.Start(first, step), r.now)
	if got, want := uptimeOf(all, first, r.now), t.Report(); got != want {
		r.Fatalf("%s by %s: %+v, want %+v", name, step, got, want)
	}
	compare(r.T, "took", all, took)
	compare(r.T, "size", r.history(name, "size", step, rollup.Start(first, step), r.now), size)
	for _, b := range all {
		if !b.At.Equal(rollup.Start(b.At, step)) {
			r.Errorf("a bucket begins at %s", b.At)
		}
	}
}

// uptimeOf returns how the time of a period is divided by the buckets of an integration. What
// they don't know is unknown. The period begins and ends where buckets do, or with the
// first run, or now.
func uptimeOf(buckets []store.Bucket, since, until time.Time) (r uptime.Report) {
	for n := range buckets {
		b := &buckets[n]
		r.Add(uptime.Report{Runs: int(b.Runs), Up: b.Up, Down: b.Down, Maintenance: b.Maintenance})
	}
	r.Unknown = max(0, until.Sub(since)-r.Up-r.Down-r.Maintenance)
	return r
}

func compare(t *testing.T, what string, all []store.Bucket, want store.Bucket) {
	t.Helper()
	var got store.Bucket
	for n := range all {
		got.Add(&all[n])
	}
	near := func(a, b float64) bool { return a-b <= 1e-6*max(1, b) && b-a <= 1e-6*max(1, b) }
	if got.Runs != want.Runs || got.Unhealthy != want.Unhealthy || got.Undecided != want.Undecided || !near(got.Mean, want.Mean) || !near(got.Min, want.Min) || !near(got.Max, want.Max) {
		t.Fatalf("%s: %+v, want %+v", what, got, want)
	}
}

// TestRollupsEqualRuns lets clocks jump, intervals change, runs be late, and vega be killed.
func TestRollupsEqualRuns(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := beginRolled(t, seed, time.Date(2028, 2, 28, 22, 3, 7, 123e6, time.UTC))
			last := r.now
			for range 400 {
				switch n := r.random.IntN(100); {
				case n < 70:
					r.pass(r.upTo(r.speaks))
					r.run("a")
					if r.random.IntN(4) == 0 {
						r.run("b")
					}
				case n < 76:
					r.pass(r.upTo(40 * time.Minute)) // a gap
				case n < 78:
					r.pass(r.upTo(30 * time.Hour))
				case n < 82:
					r.pass(r.upTo(-20 * time.Minute))
				case n < 83:
					r.pass(r.upTo(-26 * time.Hour))
				case n < 87:
					r.set(r.now, time.Duration(10+r.random.IntN(3600))*time.Second)
				case n < 91:
					r.flush()
				case n < 93:
					r.kill()
				case n < 94:
					r.restart()
				case n < 96:
					if err := r.SweepRollups(t.Context()); err != nil {
						t.Fatal(err)
					}
				default:
					if !r.now.Before(last) {
						r.check("a")
						r.check("b")
					}
				}
				if last.Before(r.now) {
					last = r.now
				}
			}
			r.set(last, r.speaks)
			r.check("a")
			r.check("b")
		})
	}
}

// minutely stores runs a minute apart.
func (r *rolled) minutely(name string, n int) {
	r.Helper()
	for range n {
		r.pass(time.Minute)
		r.run(name)
	}
	r.flush()
}

// A vega went on in a new file, in the middle of a bucket.
func TestRollupsOfTwoFilesAreJoined(t *testing.T) {
	for name, join := range map[string]func(first, second *sqlite.Store) (*sqlite.Store, error){
		"the first is back": func(first, second *sqlite.Store) (*sqlite.Store, error) {
			_, err := sqlite.Merge(t.Context(), second, first, salvage.Options{Newer: true})
			return first, err
		},
		"the first is recovered": func(first, second *sqlite.Store) (*sqlite.Store, error) {
			path := first.Path()
			if err := first.Close(); err != nil {
				return nil, err
			}
			_, err := sqlite.Recover(t.Context(), path, second)
			return second, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := beginRolled(t, 1, time.Date(2028, 2, 27, 21, 3, 7, 0, time.UTC))
			r.minutely("a", 99)
			first := r.Store
			r.path = filepath.Join(t.TempDir(), "vega.db")
			r.open()
			r.minutely("a", 3) // in the same bucket as the last one
			r.minutely("b", 2)
			r.minutely("a", 68)
			var err error
			if r.Store, err = join(first, r.Store); err != nil {
				t.Fatal(err)
			}
			r.check("a")
			r.check("b")
			r.minutely("a", 80)
			r.check("a")
		})
	}
}

// Builds the roll-ups of a file that an older vega wrote, next to new runs.
func TestRollupsAreBuiltAfterAnUpgrade(t *testing.T) {
	r := beginRolled(t, 1, time.Date(2028, 2, 1, 21, 3, 7, 0, time.UTC))
	for range 100 {
		r.minutely("a", 70)
		r.pass(3 * time.Hour)
	}
	r.minutely("gone", 20)
	must(t, r.Close())
	execSQL(t, raw(t, r.path), `DROP TABLE rollups; DROP TABLE rollup_series; PRAGMA user_version = 7`)
	r.open()
	r.minutely("a", 7)
	r.minutely("b", 7)
	r.kill() // in the middle
	r.minutely("a", 7)
	r.pass(time.Millisecond)
	r.AwaitRollups()
	for _, name := range []string{"a", "b", "gone"} {
		r.checkKept(name)
	}
}

// checkKept checks the steps that are kept as a whole.
func (r *rolled) checkKept(name string) {
	r.Helper()
	for _, step := range []time.Duration{store.Hourly, store.Daily} {
		r.checkStep(name, step)
	}
	all := r.history(name, "", store.FiveMinutes, time.Time{}, r.now)
	aged := 0
	for _, b := range all {
		if b.At.Before(r.now.Add(-8 * 24 * time.Hour)) {
			aged++
		}
	}
	// Retention gets what each of eight steps of the builder leaves of its last hours, and what
	// the first run after each of two starts loads, if it comes before the builder.
	if aged > 8*48+2*220 {
		r.Errorf("%s: %d of %d buckets of five minutes should not be there", name, aged, len(all))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestJoinDuringAnOutage joins two files while the keeper reports that nothing can be stored,
// because it has not taken up the new file yet. The rows are added, and the bucket that has
// runs of both is put right later.
func TestJoinDuringAnOutage(t *testing.T) {
	health := &store.Health{}
	kept := []sqlite.Option{sqlite.ReportTo(health), sqlite.Kept(profile.New(profile.Options{}))}
	r := beginRolled(t, 1, time.Date(2028, 2, 27, 21, 3, 7, 0, time.UTC))
	r.minutely("a", 99)
	first := r.path
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.path = filepath.Join(t.TempDir(), "vega.db")
	r.open()
	r.minutely("a", 3) // in the same bucket as the last one
	r.minutely("a", 68)
	second := r.Store
	r.path = first
	r.open(kept...)
	health.Fail(errors.New("the file was replaced"))
	if _, err := sqlite.Merge(t.Context(), second, r.Store, salvage.Options{Newer: true}); err != nil {
		t.Fatal(err)
	}
	health.Recover()
	if err := r.RepeatRecheck(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.check("a")
}

// TestRollupsIgnoreRunsFromAFarTime recovers a run whose time is damaged. It must neither make
// all later runs late, nor be folded hour by hour.
func TestRollupsIgnoreRunsFromAFarTime(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	r := beginRolled(t, 1, now)
	append1 := func(at time.Time) {
		run := &check.Run{Integration: "web", Probe: "core.http", Digest: "d", Status: check.Healthy, Began: at}
		if err := errors.Join(r.AppendRun(t.Context(), run), r.FlushRuns(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	append1(now)
	append1(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC))
	from := r.path + ".damaged"
	if err := os.Rename(r.path, from); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r.open()
	if _, err := sqlite.Recover(t.Context(), from, r.Store); err != nil {
		t.Fatal(err)
	}
	r.pass(10 * time.Minute)
	append1(r.now)
	r.pass(10 * time.Minute)
	append1(r.now)
	all, err := r.History(t.Context(), store.HistoryQuery{Series: store.Series{Integration: "web"}, Step: store.FiveMinutes, Since: now, Until: r.now.Add(time.Hour)})
	runs := int64(0)
	for _, b := range all {
		runs += b.Runs
	}
	if err != nil || runs != 3 {
		t.Errorf("%d runs in %+v, %v", runs, all, err)
	}
}
