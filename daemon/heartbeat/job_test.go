package heartbeat

import (
	"strings"
	"testing"
	"time"

	"vega/daemon/heartbeat/cron"
	"vega/policies/check"
)

var begin = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func hourly() *Settings { return &Settings{Interval: time.Hour, Grace: 10 * time.Minute} }

func nightly(t testing.TB) *Settings {
	t.Helper()
	s, err := cron.Parse("30 3 * * *")
	if err != nil {
		t.Fatal(err)
	}
	in, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return &Settings{Cron: s, Zone: in, Interval: s.Longest(), Grace: time.Hour}
}

// at returns a time of the first of March, or of a later day.
func at(t testing.TB, clock string) time.Time {
	t.Helper()
	d, err := time.ParseDuration(clock)
	if err != nil {
		t.Fatal(err)
	}
	return begin.Add(d)
}

func push(j *Job, now time.Time, kind Kind) check.Run {
	return j.Push(now, Event{Kind: kind, Took: -1})
}

// duration returns what a run says about how long the job took.
func duration(r check.Run) time.Duration {
	if len(r.Metrics) != 1 || r.Metrics[0].Name != "duration" || r.Metrics[0].Unit != "ms" {
		return -1
	}
	return time.Duration(r.Metrics[0].Value * float64(time.Millisecond))
}

func expect(t *testing.T, r check.Run, status check.Status, cause check.Cause, message string) {
	t.Helper()
	if r.Status != status || r.Cause != cause || !strings.Contains(r.Message, message) {
		t.Errorf("%v: %s %q %q, want %s %q …%s…", r.Began.Sub(begin), r.Status, r.Cause, r.Message, status, cause, message)
	}
}

func TestLateJobIsUnhealthy(t *testing.T) {
	j := New(hourly(), begin)
	expect(t, push(j, at(t, "30m"), Success), check.Healthy, check.NoCause, "the job succeeded")
	if w := j.Wake(at(t, "31m")); !w.Equal(at(t, "100m")) {
		t.Errorf("late at %v", w.Sub(begin))
	}
	expect(t, j.Look(at(t, "99m")), check.Healthy, check.NoCause, "the job succeeded")
	expect(t, j.Look(at(t, "100m")), check.Unhealthy, check.Target, "late: no report came by 2026-03-01T13:40:00Z (every 1h, grace 10m); last success at 2026-03-01T12:30:00Z")
	if w := j.Wake(at(t, "100m")); !w.Equal(at(t, "160m")) {
		t.Errorf("evaluated again at %v", w.Sub(begin))
	}
	expect(t, push(j, at(t, "101m"), Success), check.Healthy, check.NoCause, "")
}

func TestJobThatNeverPushesIsLate(t *testing.T) {
	j := New(hourly(), begin)
	expect(t, j.Look(begin), check.Unknown, check.Host, "no report so far; the first is expected by 2026-03-01T13:10:00Z")
	expect(t, j.Look(at(t, "70m")), check.Unhealthy, check.Target, "there was no success so far")
}

func TestStartedJobMustEndWithinItsGrace(t *testing.T) {
	j := New(hourly(), begin)
	expect(t, push(j, at(t, "5m"), Start), check.Unknown, check.Host, "the job started")
	expect(t, j.Look(at(t, "15m")), check.Unhealthy, check.Target, "the job started at 2026-03-01T12:05:00Z and did not end by 2026-03-01T12:15:00Z")
	r := push(j, at(t, "20m"), Success)
	expect(t, r, check.Healthy, check.NoCause, "")
	if duration(r) != 15*time.Minute {
		t.Errorf("%+v", r.Metrics)
	}
}

func TestStartKeepsTheStatus(t *testing.T) {
	j := New(hourly(), begin)
	push(j, at(t, "1m"), Fail)
	expect(t, push(j, at(t, "2m"), Start), check.Unhealthy, check.Target, "the job started")
	expect(t, push(j, at(t, "3m"), Success), check.Healthy, check.NoCause, "")
	expect(t, push(j, at(t, "4m"), Start), check.Healthy, check.NoCause, "")
}

func TestFailureSaysTheExitCode(t *testing.T) {
	j, code := New(hourly(), begin), int64(3)
	r := j.Push(begin, Event{Kind: Fail, Exit: &code, Message: "disk full", Took: 2 * time.Second})
	expect(t, r, check.Unhealthy, check.Target, "the job failed with exit code 3: disk full")
	if r.Details["exit_code"] != "3" || duration(r) != 2*time.Second {
		t.Errorf("%v, %+v", r.Details, r.Metrics)
	}
}

func TestCronJobIsExpectedAtItsTimes(t *testing.T) {
	j := New(nightly(t), begin)
	push(j, time.Date(2026, 3, 28, 2, 31, 0, 0, time.UTC), Success)
	// The clock is put forward on the 29th: 03:30 is 01:30 UTC.
	if by := j.By(); !by.Equal(time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC)) {
		t.Errorf("late at %v", by)
	}
	expect(t, j.Look(time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC)), check.Unhealthy, check.Target, "came by 2026-03-29T04:30:00+02:00 (30 3 * * * in Europe/Berlin, grace 1h)")
	if w := j.Wake(time.Date(2026, 3, 29, 2, 30, 0, 0, time.UTC)); !w.Equal(time.Date(2026, 3, 30, 2, 30, 0, 0, time.UTC)) {
		t.Errorf("evaluated again at %v", w)
	}
}

func TestPushJustBeforeItsTimeCounts(t *testing.T) {
	j := New(nightly(t), begin)
	push(j, time.Date(2026, 3, 2, 2, 29, 45, 0, time.UTC), Success) // 15 s early
	if by := j.By(); !by.Equal(time.Date(2026, 3, 3, 3, 30, 0, 0, time.UTC)) {
		t.Errorf("late at %v", by)
	}
}

// restart returns the job that continues from a stored run.
func restart(j *Job, s *Settings, now time.Time) *Job {
	r := j.run(now, evaluated)
	return Restore(s, r.Status, r.Cause, r.Message, r.Details, now)
}

func TestRestartIsNoFalseAlarm(t *testing.T) {
	for _, c := range []struct {
		name            string
		settings        *Settings
		last, back      string // the last push, and when vega is back
		doubt           bool
		until, wantLate string
	}{
		{"early in the interval", hourly(), "0m", "20m", false, "", "70m"},
		{"late in the interval", hourly(), "0m", "50m", true, "70m", "120m"},
		{"after the deadline", hourly(), "0m", "5h", true, "5h", "6h10m"},
		{"cron, before its time", nightly(t), "0m", "10h", false, "", "15h30m"},
		{"cron, within the grace", nightly(t), "0m", "15h", true, "15h30m", "39h30m"},
		{"cron, after days", nightly(t), "0m", "100h", true, "100h", "111h30m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := New(c.settings, begin)
			push(j, at(t, c.last), Success)
			j = restart(j, c.settings, at(t, c.back))
			if c.doubt {
				expect(t, j.Look(at(t, c.until)), check.Unknown, check.Host, "vega was away until")
				if w := j.Wake(at(t, c.until)); !w.Equal(at(t, c.wantLate)) {
					t.Errorf("late at %v, want %s", w.Sub(begin), c.wantLate)
				}
			}
			if r := j.Look(at(t, c.wantLate).Add(-time.Second)); r.Status == check.Unhealthy {
				t.Errorf("late too soon: %s", r.Message)
			}
			expect(t, j.Look(at(t, c.wantLate)), check.Unhealthy, check.Target, "late")
			expect(t, push(j, at(t, c.wantLate), Success), check.Healthy, check.NoCause, "")
		})
	}
}

func TestRestartKeepsWhatIsKnown(t *testing.T) {
	j := New(hourly(), begin)
	push(j, at(t, "0m"), Success)
	push(j, at(t, "1m"), Start)
	j = restart(j, hourly(), at(t, "5m"))
	r := push(j, at(t, "9m"), Fail)
	if duration(r) != 8*time.Minute || r.Details[successDetail] != "2026-03-01T12:00:00.000Z" {
		t.Errorf("%+v, %v", r.Metrics, r.Details)
	}
	j = restart(j, hourly(), at(t, "10m"))
	expect(t, j.Look(at(t, "11m")), check.Unhealthy, check.Target, "the job failed")
}

func TestRestartWhileAJobRuns(t *testing.T) {
	j := New(hourly(), begin)
	push(j, at(t, "0m"), Start)
	j = restart(j, hourly(), at(t, "5m")) // it may have ended in between
	expect(t, j.Look(at(t, "30m")), check.Unknown, check.Host, "vega was away until 2026-03-01T12:05:00Z")
	expect(t, j.Look(at(t, "75m")), check.Unhealthy, check.Target, "late")
}

func TestClockThatWasSetBack(t *testing.T) {
	j := New(hourly(), begin)
	push(j, at(t, "100h"), Success)
	j = restart(j, hourly(), at(t, "1h"))
	if by := j.By(); by.After(at(t, "2h10m")) {
		t.Errorf("late only at %v", by.Sub(begin))
	}
}

func TestClockThatWasSetForwardAndBack(t *testing.T) {
	j := New(nightly(t), begin)
	push(j, at(t, "0m"), Success)
	j.Returned(at(t, "100h"))
	expect(t, j.Look(at(t, "100h")), check.Unknown, check.Host, "")
	j.Returned(at(t, "1h"))
	if by := j.By(); !by.Equal(at(t, "15h30m")) {
		t.Errorf("late at %v", by.Sub(begin))
	}
	j.Returned(at(t, "-24h"))
	if by := j.By(); by.After(at(t, "15h30m")) {
		t.Errorf("late at %v", by.Sub(begin))
	}
}

func TestNewScheduleCountsFromNow(t *testing.T) {
	s := hourly()
	s.Interval = 24 * time.Hour
	j := New(s, begin)
	push(j, at(t, "0m"), Success)
	j.Configure(hourly(), at(t, "5h"))
	if by := j.By(); !by.Equal(at(t, "6h10m")) {
		t.Errorf("late at %v", by.Sub(begin))
	}
	expect(t, j.Look(at(t, "5h")), check.Healthy, check.NoCause, "")
	same := hourly()
	same.Token = NewToken("another one that is long")
	j.Configure(same, at(t, "5h30m"))
	if by := j.By(); !by.Equal(at(t, "6h10m")) {
		t.Errorf("with another token late at %v", by.Sub(begin))
	}
}

func TestCleanHidesTheTokenAndControls(t *testing.T) {
	const token = "0123456789abcdef"
	if got := Clean("a\x1b[31m\r\nb\u202e curl /push/x/"+token+"\xff", token); got != "a[31m  b curl /push/x/[token]\uFFFD" {
		t.Errorf("%q", got)
	}
	long := Event{Kind: Success, Message: Clean(strings.Repeat("ä", 5000), token)}
	if got := long.text(); len(got) > MaxMessage || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes", len(got))
	}
}

// FuzzJob checks that a job is never unhealthy for lack of a push while one may have been
// missed, and that its runs restore it.
func FuzzJob(f *testing.F) {
	f.Add([]byte{0, 10, 1, 200, 2, 30, 3, 250, 4, 1, 5, 90})
	f.Fuzz(func(t *testing.T, steps []byte) {
		s, now := hourly(), begin
		j, back := New(s, now), time.Time{}
		for n := 0; n+1 < len(steps); n += 2 {
			now = now.Add(time.Duration(steps[n+1]) * time.Minute)
			var r check.Run
			switch steps[n] % 6 {
			case 0, 1, 2:
				r = push(j, now, []Kind{Start, Success, Fail}[steps[n]%6])
				back = time.Time{}
			case 3:
				j, back = restart(j, s, now), now
				continue
			case 4:
				j.Returned(now)
				back = now
				continue
			default:
				r = j.Look(now)
				if !back.IsZero() && now.Before(back.Add(s.Interval/2)) && r.Details[eventDetail] == late {
					t.Errorf("late %v after vega was away", now.Sub(back))
				}
				if w := j.Wake(now); !w.After(now) {
					t.Errorf("evaluated again at %v, %v after the last time", w, w.Sub(now))
				}
			}
			if r.Status == "" || r.Message == "" {
				t.Errorf("%+v", r)
			}
			if r.Status == check.Unhealthy && r.Cause != check.Target || r.Status == check.Unknown && r.Cause != check.Host {
				t.Errorf("%s by %s", r.Status, r.Cause)
			}
		}
	})
}
