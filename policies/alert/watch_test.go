package alert_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

var letters = map[rune]check.Status{'g': good, 'b': bad, 'u': check.Unknown, 'd': check.Degraded}

// phase returns the phase of the only watch.
func (w *world) phase() incident.Phase {
	if all := w.m.Watches(); len(all) > 0 {
		return all[0].Phase
	}
	return incident.Inactive
}

func TestPhasesOfAWatch(t *testing.T) {
	for _, c := range []struct{ runs, phases string }{
		{"gbbb", "inactive pending pending firing"},
		{"bbgbbb", "pending pending inactive pending pending firing"}, // a good one begins from the start
		{"bbubu", "pending pending pending firing firing"},            // unknown neither confirms nor clears
		{"bbbgb", "pending pending firing recovering firing"},
		{"bbbgg", "pending pending firing recovering inactive"},
		{"bbbgug", "pending pending firing recovering recovering inactive"},
		{"bbbgbgg", "pending pending firing recovering firing recovering inactive"},
		{"uuuu", "inactive inactive inactive inactive"},
		{"dddd", "inactive inactive inactive inactive"}, // degraded is not what the alert calls bad
		{"bbdb", "pending pending inactive pending"},
	} {
		w := newWorld(t, config(alert.Integration{Name: "a"}))
		var got []string
		for _, letter := range c.runs {
			w.runs("a", time.Minute, letters[letter])
			got = append(got, string(w.phase()))
		}
		if text := strings.Join(got, " "); text != c.phases {
			t.Errorf("%s: %s, want %s", c.runs, text, c.phases)
		}
	}
}

func TestWorseThanDegradedIsNotARecovery(t *testing.T) {
	c := config(alert.Integration{Name: "a"})
	c.Alerts[0].Status, c.Alerts[0].After = []check.Status{check.Degraded}, 1
	w := newWorld(t, c)
	w.runs("a", time.Minute, check.Degraded, bad, bad, bad)
	if w.phase() != incident.Firing {
		t.Errorf("the phase is %s", w.phase())
	}
	w.runs("a", time.Minute, good, good)
	if w.phase() != incident.Inactive {
		t.Errorf("the phase is %s after it recovered", w.phase())
	}
}

func TestAlertOnUnknown(t *testing.T) {
	c := config(alert.Integration{Name: "a"})
	c.Alerts[0].Status = []check.Status{check.Unknown}
	w := newWorld(t, c)
	w.runs("a", time.Minute, check.Unknown, check.Unknown, check.Unknown)
	if w.phase() != incident.Firing {
		t.Errorf("the phase is %s", w.phase())
	}
}

func TestForCountsObservedTime(t *testing.T) {
	for _, c := range []struct {
		name  string
		waits []time.Duration // before each bad run; negative: an unknown run after its absolute
		fires bool
	}{
		{"five minutes", []time.Duration{0, 60, 60, 60, 60, 60}, true},
		{"four minutes", []time.Duration{0, 60, 60, 60, 60}, false},
		{"a gap counts for two intervals at most", []time.Duration{0, 86400, 60, 60}, false},
		{"gaps add up", []time.Duration{0, 86400, 86400, 86400}, true},
		{"after unknown nothing was observed", []time.Duration{0, 60, 60, -60, 60, 60}, false},
		{"and then it goes on", []time.Duration{0, 60, 60, -60, 60, 60, 60, 60}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := config(alert.Integration{Name: "a"})
			config.Alerts[0].After, config.Alerts[0].For = 1, 5*time.Minute
			w := newWorld(t, config)
			for _, wait := range c.waits {
				if wait < 0 {
					w.runs("a", -wait*time.Second, check.Unknown)
				} else {
					w.runs("a", wait*time.Second, bad)
				}
			}
			if got := w.phase() == incident.Firing; got != c.fires {
				t.Errorf("fires: %v, want %v", got, c.fires)
			}
		})
	}
}

func TestClocksMaySetBack(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	w.runs("a", time.Minute, bad)
	for range 2 {
		w.now = w.now.Add(-24 * time.Hour)
		w.run("a", bad)
	}
	if w.phase() != incident.Firing {
		t.Errorf("the phase is %s", w.phase())
	}
	w.now = w.now.Add(-1000 * time.Hour)
	w.pass(11 * time.Second)
	w.want("chat:opening:a")
	w.now = w.now.Add(-1000 * time.Hour)
	w.run("a", good)
	w.runs("a", time.Minute, good)
	w.want("chat:opening:a", "chat:resolve:a")
}

func TestEvaluationsCountWhenTheyAreApart(t *testing.T) {
	for _, c := range []struct {
		interval, apart time.Duration
		fires           bool
	}{
		{time.Minute, time.Second, false},
		{time.Minute, 9 * time.Second, false},
		{time.Minute, 10 * time.Second, true},
		{4 * time.Second, 2 * time.Second, true},
		{4 * time.Second, time.Second, false},
		{time.Hour, 10 * time.Second, true},
	} {
		w := newWorld(t, config(alert.Integration{Name: "a", Interval: c.interval}))
		w.runs("a", 0, bad)
		w.runs("a", c.apart, bad, bad)
		if got := w.phase() == incident.Firing; got != c.fires {
			t.Errorf("interval %v, %v apart: fires %v", c.interval, c.apart, got)
		}
	}
}

func TestReopeningDoublesTheStreakToClear(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	clear := func() (runs int) {
		w.runs("a", time.Minute, bad, bad, bad)
		for len(w.m.Open()) > 0 {
			w.runs("a", time.Minute, good)
			runs++
		}
		return runs
	}
	var got []int
	for range 8 {
		got = append(got, clear())
	}
	if want := []int{2, 4, 8, 16, 32, 60, 60, 60}; !slices.Equal(got, want) { // 60 min is an hour
		t.Errorf("runs to clear: %v, want %v", got, want)
	}
	for _, i := range w.events {
		if i.Incident != 1 {
			t.Errorf("incident %d: %s", i.Incident, i.Kind)
		}
	}
	w.pass(2 * time.Hour)
	if n := clear(); n != 2 {
		t.Errorf("runs to clear after a long time: %d, want 2", n)
	}
	if w.events[len(w.events)-1].Incident != 2 {
		t.Error("it is the same incident after hours")
	}
}

func TestAnOpeningIsSentAgainWhenItReopens(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	w.runs("a", time.Minute, bad, bad, bad, good, good, bad, bad, bad)
	w.pass(time.Minute)
	w.want("chat:opening:a", "chat:resolve:a", "chat:opening:a")
	first, again := w.sent[0].Notices[0], w.sent[2].Notices[0]
	if first.Incident.ID != again.Incident.ID || first.Incident.Key != again.Incident.Key || first.Key == again.Key || again.Note == "" {
		t.Errorf("opened %+v, again %+v", first, again)
	}
}

func TestAReopenedIncidentSaysWhatIsWrongNow(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	w.runs("a", time.Minute, bad, bad, bad)
	w.m.Enrich(1, func(e *incident.Evidence) { e.Strain = []string{"busy"} })
	w.runs("a", time.Minute, good, good)
	w.m.Opened()
	for range 3 {
		w.pass(time.Minute)
		w.m.Run(&check.Run{Integration: "a", Status: bad, Began: w.now, Message: "disk full", Cause: check.Target})
	}
	if all := w.m.Opened(); len(all) != 1 || all[0].ID != 1 {
		t.Errorf("to enrich: %+v", all)
	}
	w.pass(time.Minute)
	n := w.sent[len(w.sent)-1].Notices[0]
	now, last := n.Incident.Evidence.Now, n.Incident.Evidence.LastGood
	if n.Kind != incident.Opening || n.Incident.Summary != "a is unhealthy: disk full" || len(n.Incident.Evidence.Strain) != 0 {
		t.Errorf("notice %+v", n)
	}
	if now.Message != "disk full" || !now.At.Equal(start.Add(8*time.Minute)) || !last.At.Equal(start.Add(5*time.Minute)) {
		t.Errorf("now %+v, last good %+v", now, last)
	}
}

func samples(w *world, every time.Duration, values ...float64) {
	for _, v := range values {
		w.pass(every)
		w.m.Sample(w.now, "system.memory.percent", []policies.Reading{{Resource: "system.memory.percent", Value: v}})
		w.pump()
	}
}

func metric(a alert.Alert) alert.Config {
	c := config()
	a.Name, a.Metric, a.Unit = "memory", "system.memory.percent", policies.Percent
	a.After, a.ClearAfter = max(a.After, 1), 2
	c.Alerts = []alert.Alert{a}
	return c
}

func TestBoundsOfAMetric(t *testing.T) {
	above := alert.Alert{Above: number(80), Clear: number(75)}
	below := alert.Alert{Below: number(20), Clear: number(25)}
	for _, c := range []struct {
		alert  alert.Alert
		values []float64
		phase  incident.Phase
	}{
		{above, []float64{80}, incident.Inactive}, // strictly more
		{above, []float64{80.1}, incident.Firing},
		{above, []float64{81, 76, 76, 76}, incident.Firing}, // bad while firing
		{above, []float64{81, 75, 78, 78, 78}, incident.Recovering},
		{above, []float64{81, 75, 78, 75}, incident.Inactive},
		{above, []float64{81, 75, 81}, incident.Firing},
		{above, []float64{81, math.NaN(), math.NaN()}, incident.Firing},
		{alert.Alert{Above: number(80), Clear: number(75), After: 2}, []float64{81, 78}, incident.Inactive},
		{alert.Alert{Above: number(80)}, []float64{81, 80, 80}, incident.Inactive},
		{below, []float64{20}, incident.Inactive},
		{below, []float64{19}, incident.Firing},
		{below, []float64{19, 22, 22}, incident.Firing},
		{below, []float64{19, 25, 22, 25}, incident.Inactive},
	} {
		w := newWorld(t, metric(c.alert))
		samples(w, 15*time.Second, c.values...)
		if w.phase() != c.phase {
			t.Errorf("%s %v: %s, want %s", c.alert.Bound(), c.values, w.phase(), c.phase)
		}
	}
}

func TestAMetricThatIsGoneIsUnknownThenWithdrawn(t *testing.T) {
	w := newWorld(t, metric(alert.Alert{Above: number(80), Severity: incident.Warning}))
	samples(w, 15*time.Second, 90)
	for range 239 {
		w.pass(15 * time.Second)
		w.m.Sample(w.now, "system.memory.percent", nil)
	}
	if w.phase() != incident.Firing {
		t.Errorf("the phase is %s", w.phase())
	}
	w.m.Sample(w.now.Add(15*time.Second), "system.memory.percent", nil)
	w.pass(time.Minute)
	w.want("chat:opening:system.memory.percent", "chat:resolve:system.memory.percent")
	if end := w.sent[1].Notices[0].Incident.End; end != incident.Withdrawn {
		t.Errorf("it is %s", end)
	}
}

func TestMetricsOfSeveralSubjects(t *testing.T) {
	c := metric(alert.Alert{Above: number(80)})
	c.Alerts[0].Metric = "databases.pool.percent"
	w := newWorld(t, c)
	w.m.Sample(w.now, "databases.pool.percent", []policies.Reading{
		{Resource: "database.a.pool.percent", Subject: "a", Value: 90},
		{Resource: "database.b.pool.percent", Subject: "b", Value: 10},
		{Resource: "database.c.pool.percent", Subject: "c", Unknown: "no pool"},
	})
	open := w.m.Open()
	if len(open) != 1 || open[0].Subject.String() != "metric/database.a.pool.percent" || open[0].Summary != "database.a.pool.percent is 90 % (above 80 %)" {
		t.Errorf("open: %+v", open)
	}
	if open[0].Evidence.Bound != "above 80 %" || open[0].Evidence.Now.Value != "90 %" {
		t.Errorf("evidence: %+v", open[0].Evidence)
	}
}

func TestEventsBeginAndEndAtOnce(t *testing.T) {
	c := config()
	c.Alerts = []alert.Alert{{Name: "configuration", Event: "config_rejected", After: 3, ClearAfter: 5, Severity: incident.Critical, Reopen: 10 * time.Minute}}
	w := newWorld(t, c)
	s := incident.Subject{Kind: incident.OfEvent, Name: "config_rejected"}
	for range 3 {
		w.m.Event(w.now, s, true, "vega.hcl:3: no such probe")
		w.pass(time.Minute)
		w.m.Event(w.now, s, false, "")
		w.m.Event(w.now, s, false, "")
		w.pass(time.Minute)
	}
	w.want("chat:opening:config_rejected", "chat:resolve:config_rejected", "chat:opening:config_rejected", "chat:resolve:config_rejected", "chat:opening:config_rejected", "chat:resolve:config_rejected")
	if text := w.sent[0].Notices[0].Incident.Summary; text != "vega.hcl:3: no such probe" {
		t.Errorf("the summary is %q", text)
	}
	w.m.Event(w.now, incident.Subject{Name: "nobody asked"}, true, "x")
	if len(w.m.Open()) > 0 {
		t.Errorf("open: %v", w.m.Open())
	}
}

func TestAnEventMayHaveToLast(t *testing.T) {
	c := config()
	c.Alerts = []alert.Alert{{Name: "store", Event: "store_failing", For: 5 * time.Minute}}
	w := newWorld(t, c)
	s := incident.Subject{Kind: incident.OfEvent, Name: "store_failing"}
	w.m.Event(w.now, s, true, "disk full")
	w.pump()
	w.pass(4 * time.Minute)
	if len(w.m.Open()) != 0 {
		t.Error("it is open after 4 min")
	}
	w.pass(2 * time.Minute)
	w.want("chat:opening:store_failing")
	w.m.Event(w.now, s, false, "")
	w.m.Event(w.now, s, true, "disk full")
	w.m.Event(w.now, s, false, "")
	w.pass(time.Hour)
	w.want("chat:opening:store_failing", "chat:resolve:store_failing")
}
