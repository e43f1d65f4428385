package alert_test

import (
	"slices"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// reload applies a changed configuration.
func (w *world) reload(change func(c *alert.Config)) {
	c := w.c
	c.Alerts = slices.Clone(c.Alerts)
	c.Integrations = slices.Clone(c.Integrations)
	c.Notifiers = slices.Clone(c.Notifiers)
	change(&c)
	w.c = c
	w.m.Configure(c, w.now)
	w.pump()
}

// restart continues with what was stored.
func (w *world) restart() {
	w.store()
	w.m = alert.New(w.c, w.disk.state(), w.now)
	w.pump()
}

func TestReloadKeepsTheStateOfTheSameCondition(t *testing.T) {
	for _, change := range []func(c *alert.Config){
		func(c *alert.Config) {},
		func(c *alert.Config) { c.Alerts[0].Runbook, c.Alerts[0].RepeatInterval = "https://x", time.Hour },
		func(c *alert.Config) { c.Alerts[0].Integrations = []alert.Selector{"a"} },
	} {
		w := newWorld(t, config(alert.Integration{Name: "a"}))
		w.runs("a", time.Minute, bad, bad)
		w.reload(change)
		w.runs("a", time.Minute, bad)
		w.reload(change)
		w.pass(time.Minute)
		w.want("chat:opening:a")
		w.reload(change)
		w.runs("a", time.Minute, good)
		w.reload(change)
		w.runs("a", time.Minute, good)
		w.want("chat:opening:a", "chat:resolve:a")
	}
}

func TestAChangedConditionStartsAgain(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	w.runs("a", time.Minute, bad, bad)
	w.reload(func(c *alert.Config) { c.Alerts[0].After = 2 })
	w.runs("a", time.Minute, bad)
	if w.phase() != incident.Pending {
		t.Errorf("the phase is %s", w.phase())
	}
	w.runs("a", time.Minute, bad)
	w.pass(time.Minute)
	w.want("chat:opening:a")
	w.reload(func(c *alert.Config) { c.Alerts[0].After = 100 }) // what is open stays open
	w.runs("a", time.Minute, bad)
	w.want("chat:opening:a")
	w.runs("a", time.Minute, good, good)
	w.want("chat:opening:a", "chat:resolve:a")
}

func TestWhatIsGoneIsWithdrawn(t *testing.T) {
	for name, change := range map[string]func(c *alert.Config){
		"the alert":                 func(c *alert.Config) { c.Alerts = nil },
		"the integration":           func(c *alert.Config) { c.Integrations = nil },
		"the integration, disabled": func(c *alert.Config) { c.Integrations[0].Enabled = false },
		"its selection":             func(c *alert.Config) { c.Alerts[0].Integrations = []alert.Selector{"b*"} },
	} {
		for _, restart := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, config(alert.Integration{Name: "a"}))
				w.runs("a", time.Minute, bad, bad, bad)
				w.pass(time.Minute)
				if restart {
					w.c.Alerts, w.c.Integrations = slices.Clone(w.c.Alerts), slices.Clone(w.c.Integrations)
					change(&w.c)
					w.restart()
				} else {
					w.reload(change)
				}
				w.pass(time.Minute)
				w.want("chat:opening:a", "chat:resolve:a")
				if i := w.sent[1].Notices[0].Incident; i.End != incident.Withdrawn {
					t.Errorf("it is %q", i.End)
				}
				if len(w.m.Watches())+len(w.m.Open()) > 0 {
					t.Errorf("left: %+v %+v", w.m.Watches(), w.m.Open())
				}
			})
		}
	}
}

func TestOneOfTwoAlertsIsGone(t *testing.T) {
	c := config(alert.Integration{Name: "a"})
	other := health()
	other.Name, other.Severity = "other", incident.Warning
	c.Alerts = append(c.Alerts, other)
	w := newWorld(t, c)
	w.runs("a", time.Minute, bad, bad, bad)
	w.pass(time.Minute)
	w.reload(func(c *alert.Config) { c.Alerts = c.Alerts[1:] })
	w.pass(time.Minute)
	w.want("chat:opening:a")
	if open := w.m.Open(); len(open) != 1 || open[0].Severity != incident.Warning {
		t.Errorf("open: %+v", open)
	}
}

func TestANotifierThatGoesIsSentItsResolvesFirst(t *testing.T) {
	c := config(alert.Integration{Name: "a"})
	c.Notifiers = []alert.Notifier{{Name: "chat"}, {Name: "ops"}}
	for _, works := range []bool{true, false} {
		w := newWorld(t, c)
		w.runs("a", time.Minute, bad, bad, bad)
		w.pass(time.Minute)
		if !works {
			w.answers(incident.Refused)
		}
		w.reload(func(c *alert.Config) { c.Notifiers = c.Notifiers[:1] })
		if log := w.log(); log[2] != "ops:resolve:a" || w.sent[2].Notices[0].Note == "" {
			t.Errorf("sent %v", log)
		}
		w.pass(59 * time.Second)
		if got := slices.Contains(w.m.Leaving(), "ops"); got != !works {
			t.Errorf("works %v, but it is there: %v", works, got)
		}
		w.pass(2 * time.Second)
		if len(w.m.Leaving()) > 0 {
			t.Error("it is there after a minute")
		}
		w.answer, w.sent = nil, nil
		w.runs("a", time.Minute, good, good)
		w.want("chat:resolve:a")
	}
}

func TestANotifierThatIsAddedIsNotifiedOfWhatIsOpen(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	w.runs("a", time.Minute, bad, bad, bad)
	w.pass(time.Minute)
	w.reload(func(c *alert.Config) { c.Notifiers = append(c.Notifiers, alert.Notifier{Name: "ops"}) })
	w.pass(time.Minute)
	w.want("chat:opening:a", "ops:opening:a")
}

func TestADependencyThatIsAddedSuppresses(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "root"}, alert.Integration{Name: "child"}))
	w.failAll("root", "child")
	w.reload(func(c *alert.Config) { c.Integrations[0].DependsOn = []string{"root"} })
	w.pass(time.Minute)
	w.want("chat:opening:root")
	w.reload(func(c *alert.Config) { c.Integrations[0].DependsOn = nil })
	w.pass(time.Minute)
	w.want("chat:opening:root")
	w.failAll("child") // what was seen below does not count
	w.pass(time.Minute)
	w.want("chat:opening:root", "chat:opening:child")
}

func TestRestartContinues(t *testing.T) {
	for _, at := range []int{1, 2, 3, 4, 5, 6, 7} {
		w := newWorld(t, below())
		step := func(n int, f func()) {
			if n == at {
				w.restart()
			}
			f()
		}
		step(1, func() { w.failAll("root") })
		step(2, func() { w.failAll("child") })
		step(3, func() { w.pass(time.Minute) })
		step(4, func() { w.runs("root", time.Minute, good) })
		step(5, func() { w.runs("root", time.Minute, good) })
		step(6, func() { w.runs("child", time.Minute, bad, bad, good) })
		step(7, func() { w.runs("child", time.Minute, good) })
		w.pass(2 * time.Hour)
		w.want("chat:opening:root", "chat:resolve:root")
	}
}

func TestAnAttemptThatWasCutByARestartIsRepeatedWithTheSameKey(t *testing.T) {
	w := newWorld(t, many(2))
	w.run("i000", bad)
	w.pass(9 * time.Second)
	w.now = w.now.Add(time.Second)
	due, _ := w.m.Next(w.now)
	if len(due) != 1 {
		t.Fatalf("due: %v", due)
	}
	w.store()
	w.m = alert.New(w.c, w.disk.state(), w.now)
	w.run("i001", bad)
	w.pass(time.Minute)
	if len(w.sent) != 2 || w.sent[0].Key != due[0].Key || len(w.sent[0].Notices) != 1 {
		t.Errorf("sent again: %+v", w.sent)
	}
	w.want("chat:opening:i000", "chat:opening:i001")
}

func TestAResolveIsSentAfterARestart(t *testing.T) {
	w := newWorld(t, many(1))
	w.run("i000", bad)
	w.pass(time.Minute)
	w.answers(incident.Refused)
	w.run("i000", good)
	w.answer = nil
	w.restart()
	w.pass(time.Minute)
	if log := w.log(); log[len(log)-1] != "chat:resolve:i000" || w.sent[1].Key != w.sent[len(w.sent)-1].Key {
		t.Errorf("sent %v", log)
	}
	w.sent = nil
	w.restart()
	w.pass(24 * time.Hour)
	w.want()
}

// Watches and incidents are the same, however often vega is killed in between.
func TestTheStateDoesNotDependOnRestarts(t *testing.T) {
	statuses := []check.Status{bad, bad, good, check.Unknown, bad, check.Degraded, good}
	names := []string{"root", "other", "a", "b", "c", "d"}
	play := func(seed uint64, crash bool) (all []string) {
		c := programConfig(byte(seed % 2 * 7)) // every other one with maintenance windows
		random := newRandom(seed)
		m, d, now := alert.New(c, incident.State{}, start), newDisk(), start
		for range 600 {
			now = now.Add(30 * time.Second)
			s := statuses[random.IntN(len(statuses))]
			for range 1 + random.IntN(3) {
				m.Run(&check.Run{Integration: names[random.IntN(len(names))], Status: s, Began: now})
			}
			due, _ := m.Next(now)
			for i := range due {
				m.Done(now, &due[i], incident.Outcome{Result: incident.Arrived})
			}
			d.apply(m.Take())
			if kill := random.IntN(10) == 0; kill && crash {
				m = alert.New(c, d.state(), now)
			}
			for _, i := range m.Open() {
				all = append(all, i.Subject.Name+i.Opened.String()+i.Summary+string(i.Severity), i.Ready.String())
			}
			for _, w := range m.Watches() {
				all = append(all, w.Alert+w.Subject.Name+string(w.Phase)+w.Since.String())
			}
		}
		return all
	}
	for seed := range uint64(50) {
		if a, b := play(seed, false), play(seed, true); !slices.Equal(a, b) {
			for i := range min(len(a), len(b)) {
				if a[i] != b[i] {
					t.Fatalf("seed %d differs:\n%q\n%q", seed, a[max(0, i-20):i+10], b[max(0, i-20):i+10])
				}
			}
			t.Fatalf("seed %d differs in length", seed)
		}
	}
}

func TestAStormEndsWithItsPager(t *testing.T) {
	c := many(30)
	c.Notifiers = []alert.Notifier{{Name: "chat"}, {Name: "pager", Pager: true}}
	w := newWorld(t, c)
	for i := range 30 {
		w.run(c.Integrations[i].Name, bad)
	}
	w.pass(time.Minute)
	if n := len(w.m.Open()); n != 31 {
		t.Errorf("%d are open", n)
	}
	w.restart()
	w.reload(func(c *alert.Config) { c.Notifiers = c.Notifiers[:1] })
	w.pass(2 * time.Minute)
	if n := len(w.m.Open()); n != 30 {
		t.Errorf("%d are open after the pager was removed", n)
	}
	for i := range 30 {
		w.run(c.Integrations[i].Name, good)
	}
	w.pass(time.Minute)
	if n := len(w.m.Open()); n != 0 {
		t.Errorf("%d are open at the end", n)
	}
}

func TestAnotherMetricWithdraws(t *testing.T) {
	w := newWorld(t, metric(alert.Alert{Above: number(80)}))
	samples(w, 15*time.Second, 90)
	w.pass(time.Minute)
	w.reload(func(c *alert.Config) { c.Alerts[0].Metric = "system.cpu.system_percent" })
	w.pass(time.Minute)
	w.want("chat:opening:system.memory.percent", "chat:resolve:system.memory.percent")
}
