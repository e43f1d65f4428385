package replay_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"vega/daemon/replay"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/sqlite"
)

// start is when every story begins, in the past: a page has no incident of the future.
var start = time.Now().UTC().Truncate(time.Hour).Add(-48 * time.Hour)

// live drives a machine in virtual time, and stores what it changes as a daemon does.
type live struct {
	t       *testing.T
	store   *sqlite.Store
	machine *alert.Machine
	now     time.Time
	again   time.Time

	appended int  // runs since the store was waited for
	troubled bool // something is pending or open
}

func (l *live) Step(r *check.Run) {
	l.machine.Run(r)
	l.machine.Wanted()
}
func (l *live) Pending() bool              { return l.machine.Pending() }
func (l *live) Changes() *incident.Changes { return l.machine.Take() }
func (l *live) Stored(ok bool) {
	if !ok {
		l.t.Error("changes were not stored")
	}
}
func (l *live) Restart() {}

func newLive(t *testing.T, rules alert.Config) *live {
	t.Helper()
	return newLiveAt(t, rules, start)
}

func newLiveAt(t *testing.T, rules alert.Config, start time.Time) *live {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vega.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	l := &live{t: t, store: s, now: start, machine: alert.New(rules, incident.State{}, start)}
	s.Judge(l)
	l.send()
	return l
}

// at lets time pass, and everything be sent that is due.
func (l *live) at(to time.Time) {
	for !l.again.IsZero() && !l.again.After(to) {
		if l.now = l.again; l.appended > 0 {
			l.flush()
		} else {
			l.send()
		}
	}
	l.now = to
}

func (l *live) send() {
	for {
		due, again := l.machine.Next(l.now)
		if l.again = again; len(due) == 0 {
			break
		}
		for n := range due {
			l.machine.Done(l.now, &due[n], incident.Outcome{Result: incident.Arrived})
		}
	}
	if err := l.store.FlushAlerts(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// run stores a run that ends now.
func (l *live) run(name string, s check.Status) {
	r := &check.Run{Integration: name, Probe: "plain." + string(s), Digest: "d", Status: s, Message: "503", Began: l.now.Add(-20 * time.Millisecond), Took: 20 * time.Millisecond}
	if s != check.Healthy {
		r.Cause = check.Target
	}
	if err := l.store.AppendRun(l.t.Context(), r); err != nil {
		l.t.Fatal(err)
	}
	if err := l.store.FlushRuns(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
	l.send()
}

// rules has alerts on integrations, each of which depends on the first.
func rules(after int, integrations ...string) alert.Config {
	above := 80.0
	c := alert.Config{
		ID:        "test",
		Notifiers: []alert.Notifier{{Name: "chat"}, {Name: "oncall", Pager: true}},
		Alerts: []alert.Alert{
			{Name: "health", Integrations: []alert.Selector{"*"}, Status: []check.Status{check.Unhealthy}, After: after, ClearAfter: 2, Severity: incident.Critical, Notify: []string{"oncall"}, RepeatInterval: time.Hour, Reopen: 10 * time.Minute, Escalate: []alert.Escalation{{After: 15 * time.Minute, Notify: []string{"chat"}}}},
			{Name: "memory", Metric: "system.memory.percent", Unit: policies.Percent, Above: &above, After: 3, ClearAfter: 2, Severity: incident.Warning, Reopen: 10 * time.Minute},
		},
	}
	for n, name := range integrations {
		i := alert.Integration{Name: name, Interval: 30 * time.Second, Enabled: true}
		if n > 0 {
			i.DependsOn = integrations[:1]
		}
		c.Integrations = append(c.Integrations, i)
	}
	return c
}

// TestReplayEqualsWhatWasSent lives through hours of failures, with silences,
// acknowledgements and escalations, and replays what is stored of them under the same
// rules and under others.
func TestReplayEqualsWhatWasSent(t *testing.T) {
	names := []string{"root", "a", "b", "c", "d", "e"}
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			c := rules(3, names...)
			l := newLive(t, c)
			random := rand.New(rand.NewPCG(seed, 7))
			bad := map[string]bool{}
			const steps = 6 * 120 // of half a minute
			for n := range steps {
				for i, name := range names {
					l.at(start.Add(time.Duration(n)*30*time.Second + time.Duration(i+1)*time.Second))
					if random.IntN(60) == 0 {
						bad[name] = !bad[name]
					}
					status := check.Healthy
					if bad[name] || i > 0 && bad["root"] {
						status = check.Unhealthy
					} else if random.IntN(50) == 0 {
						status = check.Unknown
					}
					l.run(name, status)
				}
				l.operate(random)
			}
			end := l.now.Add(time.Second)
			r, err := replay.Run(t.Context(), l.store, replay.Options{Rules: c, Since: start, Until: end})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Same || r.Runs != steps*len(names) || len(r.Incidents) == 0 {
				t.Errorf("%+v", r)
				for _, i := range r.Incidents {
					t.Logf("%v: %+v %+v", i.Subject, i.Replay, i.Live)
				}
			}
			for _, n := range r.Notifiers {
				if n.Live != n.Replay || n.Live.Notices < n.Live.Messages || n.Live.Messages == 0 {
					t.Errorf("%+v", n)
				}
			}
			t.Logf("%d runs, %d incidents, %+v", r.Runs, len(r.Incidents), r.Notifiers)
			other, err := replay.Run(t.Context(), l.store, replay.Options{Rules: rules(10_000, names...), Since: start, Until: end})
			if err != nil {
				t.Fatal(err)
			}
			if other.Same || other.Alerts[0].Name != "health" || other.Alerts[0].Replay != 0 || other.Alerts[0].Live != r.Alerts[0].Live {
				t.Errorf("an alert that never fires: %+v; %+v", other.Alerts, r.Alerts)
			}
		})
	}
}

// operate does what people do: silence, end a silence, acknowledge, and take that back.
func (l *live) operate(random *rand.Rand) {
	switch random.IntN(80) {
	case 0:
		_, err := l.machine.Silence(l.now, incident.Silence{Integrations: []string{"a", "b"}, Alerts: []string{}, From: l.now, Until: l.now.Add(20 * time.Minute), By: "ann", Comment: "c"})
		if err != nil {
			l.t.Fatal(err)
		}
	case 1:
		for _, s := range l.machine.Silences(l.now) {
			if err := l.machine.EndSilence(l.now, s.ID, "ann"); err != nil {
				l.t.Fatal(err)
			}
		}
	case 2:
		for _, i := range l.machine.Open() {
			if err := l.machine.Acknowledge(l.now, i.ID, incident.Acknowledgement{By: "ann", At: l.now}); err != nil {
				l.t.Fatal(err)
			}
		}
	case 3:
		for _, i := range l.machine.Open() {
			if i.Acknowledged == nil {
				continue
			}
			if err := l.machine.Unacknowledge(l.now, i.ID, "ann"); err != nil {
				l.t.Fatal(err)
			}
		}
	default:
		return
	}
	l.send()
}

// TestFiguresAreReplayed replays minute rows of a figure that rises for ten minutes.
func TestFiguresAreReplayed(t *testing.T) {
	l := newLive(t, rules(3))
	var rows []store.FigureRow
	for n := range 60 {
		value := 40.0
		if n >= 20 && n < 30 {
			value = 90
		}
		low, high := value, value
		switch n {
		case 20:
			low = 40 // it rose within this minute
		case 30:
			high = 90 // it fell
		case 45:
			high = 99 // a peak that is too short
		}
		rows = append(rows, store.FigureRow{Minute: start.Add(time.Duration(n) * time.Minute), Resource: "system.memory.percent", Last: value, Min: low, Max: high})
		rows = append(rows, store.FigureRow{Minute: start.Add(time.Duration(n) * time.Minute), Resource: "system.cpu.system_percent", Last: 99, Min: 99, Max: 99})
	}
	if err := l.store.AppendFigures(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(t.Context(), l.store, replay.Options{Rules: rules(3), Since: start, Until: start.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Incidents) != 1 || r.Figures != 240 || !r.FiguresSince.Equal(start) || r.Same {
		t.Fatalf("%+v", r)
	}
	i := r.Incidents[0]
	if i.Live != nil || i.Subject.Name != "system.memory.percent" || i.Replay.Opened.Before(start.Add(20*time.Minute)) || i.Replay.Opened.After(start.Add(21*time.Minute)) || i.Replay.Ended.Before(start.Add(30*time.Minute)) || i.Replay.Ended.After(start.Add(32*time.Minute)) {
		t.Errorf("%+v", i.Replay)
	}
	for _, n := range r.Notifiers {
		if n.Replay != (replay.Sent{Messages: 2, Notices: 2}) || n.Live != (replay.Sent{}) {
			t.Errorf("%+v", n)
		}
	}
}

// TestReportedFiguresAreReplayed replays what a metric block and an integration reported
// every five minutes: a row is one measurement, however often it is read.
func TestReportedFiguresAreReplayed(t *testing.T) {
	l := newLive(t, rules(3))
	c := rules(3, "web.a", "web.b")
	for n := range c.Integrations {
		c.Integrations[n].Interval = 5 * time.Minute
	}
	c.Measures = map[string]time.Duration{"metric.orders": 5 * time.Minute}
	for _, path := range []string{"metric.orders", "integration.web.total_ms"} {
		c.Alerts = append(c.Alerts, alert.Alert{Name: path, Metric: path, Above: new(100.0), After: 3, ClearAfter: 1, Severity: incident.Warning})
	}
	var rows []store.FigureRow
	add := func(n int, resource, subject string, value float64) {
		rows = append(rows, store.FigureRow{Minute: start.Add(time.Duration(n) * time.Minute), Resource: resource, Subject: subject, Last: value, Min: value, Max: value})
	}
	for n := 0; n < 60; n += 5 {
		stuck := 150.0
		if n >= 40 {
			stuck = 5
		}
		add(n, "metric.orders", `{state="stuck"}`, stuck)
		add(n, "metric.orders", `{state="open"}`, 5)
		add(n+1, "integration.web.a.total_ms", "", 150)
		add(n+3, "integration.web.b.total_ms", "", 5) // at other times than the other instance
	}
	if err := l.store.AppendFigures(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	r, err := replay.Run(t.Context(), l.store, replay.Options{Rules: c, Since: start, Until: start.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]time.Duration{}
	for _, i := range r.Incidents {
		ended := time.Duration(0)
		if !i.Replay.Ended.IsZero() {
			ended = i.Replay.Ended.Sub(start)
		}
		got[i.Subject.Label()] = [2]time.Duration{i.Replay.Opened.Sub(start), ended}
	}
	want := map[string][2]time.Duration{
		`metric.orders{state="stuck"}`: {10 * time.Minute, 40 * time.Minute},
		"integration.web.a.total_ms":   {11 * time.Minute, 0},
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestReplayOfNothing replays an empty store.
func TestReplayOfNothing(t *testing.T) {
	l := newLive(t, rules(3, "a"))
	r, err := replay.Run(t.Context(), l.store, replay.Options{Rules: rules(3, "a"), Since: start, Until: start.Add(time.Hour)})
	if err != nil || !r.Same || r.Runs != 0 || r.Incidents == nil || len(r.Alerts) != 2 || len(r.Notifiers) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

// BenchmarkReplay replays a day of 200 integrations that run each minute, 1 in 1,000
// of whose runs is not healthy.
func BenchmarkReplay(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "vega.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	const integrations, minutes = 200, 24 * 60
	var names []string
	for n := range integrations {
		names = append(names, fmt.Sprintf("integration-%03d", n))
	}
	random := rand.New(rand.NewPCG(1, 2))
	first := time.Now().Add(-minutes * time.Minute)
	for m := range minutes {
		if err := s.FlushRuns(b.Context()); err != nil { // a full queue drops runs
			b.Fatal(err)
		}
		for n, name := range names {
			r := &check.Run{
				Integration: name, Probe: "core.http", Digest: "d", Status: check.Healthy, Began: first.Add(time.Duration(m)*time.Minute + time.Duration(n)*250*time.Millisecond), Took: 12 * time.Millisecond,
				Message: "200 OK", Details: map[string]string{"status": "200"}, Metrics: []check.Metric{{Name: "ttfb", Value: 12.5, Unit: "ms"}, {Name: "bytes", Value: 512, Unit: "bytes"}}, CorrelationID: "0123456789abcdef0123456789abcdef",
			}
			if random.IntN(1000) == 0 {
				r.Status, r.Cause = check.Unhealthy, check.Target
			}
			if err := s.AppendRun(b.Context(), r); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := s.FlushRuns(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := replay.Run(b.Context(), s, replay.Options{Rules: rules(3, names...), Since: first, Until: time.Now()})
		if err != nil || r.Runs != integrations*minutes {
			b.Fatal(r.Runs, err)
		}
		b.ReportMetric(r.RunsPerSecond, "runs/s")
	}
}
