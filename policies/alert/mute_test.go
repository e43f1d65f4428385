package alert_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/incident"
)

func (w *world) silence(s incident.Silence) int64 {
	w.t.Helper()
	s.By = "ann"
	if s.Until.IsZero() {
		s.Until = w.now.Add(time.Hour)
	}
	id, err := w.m.Silence(w.now, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func TestASilenceHoldsOpeningsUntilItEnds(t *testing.T) {
	for _, early := range []bool{false, true} {
		w := newWorld(t, many(1))
		id := w.silence(incident.Silence{Integrations: []string{"i*"}})
		w.run("i000", bad)
		w.pass(50 * time.Minute)
		w.want()
		if w.happened("silenced") != 1 {
			t.Error("the timeline does not say so")
		}
		if i, _, ok := w.m.Incident(1, w.now); !ok || i.Muted == nil || i.Muted.By != "silence by ann" || !i.Muted.Until.After(w.now) {
			t.Errorf("muted: %+v", i.Muted)
		}
		if early {
			if err := w.m.EndSilence(w.now, id, "bob"); err != nil {
				t.Fatal(err)
			}
			w.pump()
		}
		w.pass(10 * time.Minute)
		w.want("chat:opening:i000")
		if note := w.sent[0].Notices[0].Note; note != "silence by ann ended" {
			t.Errorf("the note is %q", note)
		}
		if i, _, _ := w.m.Incident(1, w.now); i.Muted != nil || i.Silenced == "" {
			t.Errorf("after the silence: %+v", i)
		}
		if err := w.m.EndSilence(w.now, id, "bob"); err == nil {
			t.Error("it ends twice")
		}
	}
}

func TestWhatEndsInASilenceIsNotSent(t *testing.T) {
	w := newWorld(t, many(1))
	w.silence(incident.Silence{Alerts: []string{"health-*"}})
	w.run("i000", bad)
	w.pass(time.Minute)
	w.run("i000", good)
	w.pass(2 * time.Hour)
	w.want()
}

func TestASilenceHoldsRemindersButNotTheResolve(t *testing.T) {
	c := many(1)
	c.Alerts[0].RepeatInterval = 10 * time.Minute
	w := newWorld(t, c)
	w.run("i000", bad)
	w.pass(time.Minute)
	w.silence(incident.Silence{Integrations: []string{"i000"}, Until: w.now.Add(2 * time.Hour)})
	w.pass(time.Hour)
	w.want("chat:opening:i000")
	w.run("i000", good)
	w.pass(time.Minute)
	w.want("chat:opening:i000", "chat:resolve:i000")
}

func TestASilenceMatchesOneOfEachList(t *testing.T) {
	for _, c := range []struct {
		silence incident.Silence
		held    bool
	}{
		{incident.Silence{Integrations: []string{"x", "i000"}}, true},
		{incident.Silence{Integrations: []string{"group:team"}}, true},
		{incident.Silence{Integrations: []string{"group:other"}}, false},
		{incident.Silence{Integrations: []string{"label:a=b"}}, true},
		{incident.Silence{Integrations: []string{"i000"}, Alerts: []string{"health-checks"}}, true},
		{incident.Silence{Integrations: []string{"i000"}, Alerts: []string{"other"}}, false},
		{incident.Silence{Alerts: []string{"other", "health-checks"}}, true},
	} {
		config := many(1)
		config.Integrations[0].Group, config.Integrations[0].Labels = "team", map[string]string{"a": "b"}
		w := newWorld(t, config)
		w.silence(c.silence)
		w.run("i000", bad)
		w.pass(time.Minute)
		if held := len(w.sent) == 0; held != c.held {
			t.Errorf("%+v: held %v", c.silence, held)
		}
	}
}

func TestASilenceOfOneAlertDoesNotHoldAnother(t *testing.T) {
	c := many(1)
	other := c.Alerts[0]
	other.Name = "other"
	c.Alerts = append(c.Alerts, other)
	w := newWorld(t, c)
	w.silence(incident.Silence{Alerts: []string{"other"}})
	w.run("i000", bad)
	w.pass(time.Minute)
	w.want("chat:opening:i000")
}

func TestSilencesAreChecked(t *testing.T) {
	w := newWorld(t, many(1))
	for _, s := range []incident.Silence{
		{Until: w.now.Add(time.Hour)},
		{Integrations: []string{"*"}},
		{Integrations: []string{"*"}, Until: w.now},
		{Integrations: []string{"*"}, Until: w.now.Add(-time.Hour)},
		{Integrations: []string{"*"}, Until: w.now.Add(incident.MaxSilence + time.Second)},
		{Integrations: []string{"*"}, From: w.now.Add(2 * time.Hour), Until: w.now.Add(time.Hour)},
		{Integrations: []string{"*"}, From: w.now.Add(-100 * 24 * time.Hour), Until: w.now.Add(time.Hour)},
		{Integrations: []string{"label:x"}, Until: w.now.Add(time.Hour)},
		{Alerts: []string{""}, Until: w.now.Add(time.Hour)},
	} {
		if _, err := w.m.Silence(w.now, s); !errors.Is(err, alert.ErrInvalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	id := w.silence(incident.Silence{Integrations: []string{"*"}, Comment: "a\nb\x00" + strings.Repeat("x", 1000), Until: w.now.Add(incident.MaxSilence)})
	all := w.m.Silences(w.now)
	if len(all) != 1 || all[0].ID != id || len(all[0].Comment) > 510 || strings.ContainsAny(all[0].Comment, "\n\x00") {
		t.Errorf("silences: %+v", all)
	}
}

func TestASilenceOfTheRootHoldsThoseBelowUntilItIsOver(t *testing.T) {
	w := newWorld(t, below())
	w.silence(incident.Silence{Integrations: []string{"root"}, Until: w.now.Add(10 * time.Hour)})
	w.failAll("root", "child")
	w.pass(time.Hour)
	w.want()
	w.runs("root", time.Minute, good, good)
	w.failAll("child")
	w.run("root", good)
	w.pass(10 * time.Second)
	w.run("root", good)
	w.pass(time.Minute)
	w.want("chat:opening:child")
}

// nightly is a maintenance window from 9 to 10 o'clock.
func nightly(c alert.Config) alert.Config {
	c.Windows = []alert.Window{{Name: "backup", Integrations: []alert.Selector{"*"}, From: 9 * time.Hour, To: 10 * time.Hour}}
	return c
}

func TestAWindowHoldsAndThenNewEvaluationsCount(t *testing.T) {
	c := config(alert.Integration{Name: "a"})
	w := newWorld(t, nightly(c))
	w.until(start.Add(time.Hour + time.Minute))
	w.failAll("a")
	w.until(start.Add(2 * time.Hour))
	w.want()
	w.runs("a", time.Minute, bad, bad)
	w.pass(time.Minute)
	w.want()
	w.run("a", bad)
	w.pass(time.Minute)
	w.want("chat:opening:a")
	w.runs("a", time.Minute, good, good)
	w.want("chat:opening:a", "chat:resolve:a")
}

func TestWhatEndsInAWindowIsNotSent(t *testing.T) {
	w := newWorld(t, nightly(config(alert.Integration{Name: "a"})))
	w.until(start.Add(time.Hour + time.Minute))
	w.failAll("a")
	w.runs("a", time.Minute, good, good)
	w.pass(3 * time.Hour)
	w.want()
}

func TestAPendingWatchStartsAgainAfterAWindow(t *testing.T) {
	w := newWorld(t, nightly(config(alert.Integration{Name: "a"})))
	w.until(start.Add(2*time.Hour - 3*time.Minute))
	w.runs("a", time.Minute, bad, bad) // 9:58, 9:59
	w.runs("a", 2*time.Minute, bad)    // 10:01
	w.pass(time.Minute)
	w.want()
	w.runs("a", time.Minute, bad, bad)
	w.pass(time.Minute)
	w.want("chat:opening:a")
}

func TestAWindowDoesNotRepeatWhatWasSentBefore(t *testing.T) {
	c := config(alert.Integration{Name: "a"})
	c.Alerts[0].RepeatInterval = 20 * time.Minute
	w := newWorld(t, nightly(c))
	w.until(start.Add(45 * time.Minute))
	w.failAll("a")
	w.until(start.Add(time.Hour - time.Second))
	before := w.log()
	for range 59 {
		w.runs("a", time.Minute, bad)
	}
	if log := w.log(); !slices.Equal(log, before) {
		t.Errorf("sent in the window: %v", log)
	}
	for range 30 {
		w.runs("a", time.Minute, bad)
	}
	for _, line := range w.log()[1:] {
		if line != "chat:reminder:a" {
			t.Errorf("after the window: %s", line)
		}
	}
	w.runs("a", time.Minute, good, good)
	if log := w.log(); log[len(log)-1] != "chat:resolve:a" {
		t.Errorf("at last %s", log[len(log)-1])
	}
}

func TestAResolveIsSentInAWindow(t *testing.T) {
	w := newWorld(t, nightly(config(alert.Integration{Name: "a"})))
	w.until(start.Add(50 * time.Minute))
	w.failAll("a")
	w.until(start.Add(time.Hour + time.Minute))
	w.runs("a", time.Minute, good, good)
	w.want("chat:opening:a", "chat:resolve:a")
}

func TestOnlyOpenIncidentsAreAcknowledged(t *testing.T) {
	w := newWorld(t, many(1))
	if err := w.m.Acknowledge(w.now, 7, incident.Acknowledgement{By: "ann"}); !errors.Is(err, incident.ErrNotFound) {
		t.Errorf("acknowledge: %v", err)
	}
	w.run("i000", bad)
	if err := w.m.Unacknowledge(w.now, 1, "ann"); err == nil {
		t.Error("what is not acknowledged is taken back")
	}
	w.run("i000", good)
	w.runs("i000", time.Minute, good)
	if err := w.m.Acknowledge(w.now, 1, incident.Acknowledgement{By: "ann"}); err == nil {
		t.Error("what has ended is acknowledged")
	}
}
