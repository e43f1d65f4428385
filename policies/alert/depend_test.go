package alert_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

// below returns a configuration of a root and a child.
func below() alert.Config {
	return config(alert.Integration{Name: "root"}, alert.Integration{Name: "child", DependsOn: []string{"root"}})
}

// fail makes integrations fail three times.
func (w *world) failAll(names ...string) {
	for range 3 {
		w.pass(20 * time.Second)
		for _, name := range names {
			w.run(name, bad)
		}
	}
}

func (w *world) happened(kind string) int {
	n := 0
	for _, e := range w.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestOnlyAnUnhealthyStatusExplains(t *testing.T) {
	c := below()
	c.Alerts[0].Status = []check.Status{bad, check.Degraded, check.Unknown}
	for _, s := range []check.Status{check.Degraded, check.Unknown} {
		w := newWorld(t, c)
		for range 3 {
			w.runs("root", time.Minute, s)
		}
		w.pass(time.Minute)
		w.failAll("child")
		w.run("root", s)
		w.pass(11 * time.Second)
		w.run("root", s)
		w.pass(time.Minute)
		w.want("chat:opening:root", "chat:opening:child")
	}
}

func TestAnOpeningNamesThoseBelow(t *testing.T) {
	all := []alert.Integration{{Name: "root"}}
	var names []string
	for i := range 30 {
		names = append(names, fmt.Sprintf("c%02d", 29-i))
		all = append(all, alert.Integration{Name: names[i], DependsOn: []string{"root"}})
	}
	names = append(names, "root")
	w := newWorld(t, config(all...))
	w.failAll(names...)
	w.pass(time.Minute)
	w.want("chat:opening:root")
	n := w.sent[0].Notices[0]
	if len(n.Below) != incident.MaxNames || n.More != 10 || n.Below[0] != "c00" || n.Incident.Below != 30 {
		t.Errorf("below: %v, %d more, %d in all", n.Below, n.More, n.Incident.Below)
	}
	if e := n.Incident.Evidence; len(e.Below) != incident.MaxNames || e.Config != "digest" {
		t.Errorf("evidence: %+v", e)
	}
}

func TestANotifierOfASuppressedChildIsNotifiedOfTheRoot(t *testing.T) {
	c := below()
	c.Notifiers = []alert.Notifier{{Name: "chat"}, {Name: "ops"}}
	team := health()
	team.Name, team.Integrations, team.Notify = "team", []alert.Selector{"child"}, []string{"ops"}
	c.Alerts[0].Integrations, c.Alerts[0].Notify = []alert.Selector{"root"}, []string{"chat"}
	c.Alerts = append(c.Alerts, team)
	w := newWorld(t, c)
	w.failAll("root")
	w.pass(time.Minute)
	w.want("chat:opening:root")
	w.failAll("child", "root")
	w.pass(2 * time.Hour)
	w.want("chat:opening:root", "ops:below_root:root") // once
	if n := w.sent[1].Notices[0]; !slices.Equal(n.Below, []string{"child"}) {
		t.Errorf("below: %v", n.Below)
	}
	w.runs("child", time.Minute, good, good)
	w.want("chat:opening:root", "ops:below_root:root")
	w.runs("root", time.Minute, good, good)
	w.want("chat:opening:root", "ops:below_root:root", "chat:resolve:root", "ops:resolve:root")
}

func TestANotifierOfAChildThatIsBackInTimeIsNotNotified(t *testing.T) {
	c := below()
	c.Notifiers = []alert.Notifier{{Name: "chat"}, {Name: "ops"}}
	team := health()
	team.Name, team.Integrations, team.Notify, team.After, team.ClearAfter = "team", []alert.Selector{"child"}, []string{"ops"}, 1, 1
	c.Alerts[0].Integrations, c.Alerts[0].Notify = []alert.Selector{"root"}, []string{"chat"}
	c.Alerts = append(c.Alerts, team)
	c.Integrations[0].Interval = time.Second // child
	w := newWorld(t, c)
	w.failAll("root")
	w.runs("child", time.Second, bad, good)
	w.runs("root", time.Hour, good, good)
	w.want("chat:opening:root", "chat:resolve:root")
}

func TestAnOpeningIsHeldWhileAnAncestorIsInDoubt(t *testing.T) {
	for _, c := range []struct {
		name string
		root func(w *world)
		want []string
		held int
	}{
		{"not evaluated since: held for 2 min", func(w *world) {}, []string{"chat:opening:child"}, 1},
		{"unknown does not hold", func(w *world) { w.run("root", check.Unknown) }, []string{"chat:opening:child"}, 0},
		{"healthy since", func(w *world) { w.pass(11 * time.Second); w.run("root", good) }, []string{"chat:opening:child"}, 1},
		{"pending, then unhealthy", func(w *world) { w.runs("root", 20*time.Second, bad, bad, bad) }, []string{"chat:opening:root"}, 1},
		{"pending, then healthy", func(w *world) { w.runs("root", 20*time.Second, bad, bad, good) }, []string{"chat:opening:child"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, below())
			w.run("root", good)
			w.failAll("child")
			confirmed := w.now
			c.root(w)
			w.pass(time.Minute)
			if c.name == "not evaluated since: held for 2 min" {
				w.want()
			}
			w.until(confirmed.Add(2*time.Minute - time.Second))
			w.pass(time.Second)
			w.want(c.want...)
			if n := w.happened("held"); n != c.held {
				t.Errorf("%d held", n)
			}
		})
	}
}

func TestAPendingChildWantsItsAncestorsToRun(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "top"}, alert.Integration{Name: "root", DependsOn: []string{"top"}},
		alert.Integration{Name: "a", DependsOn: []string{"root"}}, alert.Integration{Name: "b", DependsOn: []string{"root"}}))
	wanted := func(pending, ancestors []string) {
		t.Helper()
		p, a := w.m.Wanted()
		slices.Sort(a)
		if !slices.Equal(p, pending) || !slices.Equal(a, ancestors) {
			t.Errorf("wanted %v and %v, want %v and %v", p, a, pending, ancestors)
		}
	}
	w.run("a", good)
	wanted(nil, nil)
	w.run("a", bad)
	wanted([]string{"a"}, []string{"root", "top"})
	wanted(nil, nil)
	w.runs("b", 5*time.Second, bad) // shared, at most one in 10 s
	wanted([]string{"b"}, nil)
	w.runs("b", 10*time.Second, bad)
	wanted([]string{"b"}, []string{"root", "top"})
	w.run("top", good)
	w.run("root", good)
	w.runs("b", 10*time.Second, bad) // firing: back to its interval
	wanted(nil, nil)
	w.pass(10 * time.Second) // the opening is due
	wanted(nil, []string{"root", "top"})
}

func TestWhatWasSeenWhileTheRootWasDownDoesNotCount(t *testing.T) {
	w := newWorld(t, below())
	w.failAll("root", "child")
	w.pass(time.Minute)
	w.want("chat:opening:root")
	w.runs("root", time.Minute, good, good)
	w.want("chat:opening:root", "chat:resolve:root")
	w.runs("child", time.Minute, bad, bad)
	w.pass(time.Minute)
	w.run("root", good)
	w.want("chat:opening:root", "chat:resolve:root")
	w.runs("child", time.Minute, bad) // the third new one
	w.pass(10 * time.Second)
	w.run("root", good)
	w.pass(time.Minute)
	w.want("chat:opening:root", "chat:resolve:root", "chat:opening:child")
	w.runs("child", time.Minute, good, good)
	w.want("chat:opening:root", "chat:resolve:root", "chat:opening:child", "chat:resolve:child")
}

func TestAPendingChildBeginsFromTheStartAfterItsRoot(t *testing.T) {
	w := newWorld(t, below())
	w.failAll("root")
	w.runs("child", time.Minute, bad, bad)
	w.runs("root", time.Minute, good, good)
	w.runs("child", time.Minute, bad, bad)
	if n := len(w.m.Open()); n != 0 {
		t.Errorf("%d incidents are open after two evaluations", n)
	}
	w.runs("child", time.Minute, bad)
	if n := len(w.m.Open()); n != 1 {
		t.Errorf("%d incidents are open after three evaluations", n)
	}
}

func TestALaterRootAdoptsWhatWasSent(t *testing.T) {
	c := below()
	c.Alerts[0].RepeatInterval = time.Hour
	w := newWorld(t, c)
	w.failAll("child")
	w.pass(3 * time.Minute)
	w.want("chat:opening:child")
	w.failAll("root")
	w.pass(30 * time.Minute)
	w.want("chat:opening:child", "chat:opening:root")
	w.pass(time.Hour)
	w.want("chat:opening:child", "chat:opening:root", "chat:reminder:root") // none of the child
	w.runs("child", time.Minute, good, good)
	w.want("chat:opening:child", "chat:opening:root", "chat:reminder:root", "chat:resolve:child")
}

func TestARootThatIsDegradedNowDoesNotExplain(t *testing.T) {
	c := below()
	c.Alerts[0].Status = []check.Status{bad, check.Degraded}
	w := newWorld(t, c)
	w.failAll("root", "child")
	w.pass(time.Minute)
	w.want("chat:opening:root")
	w.runs("root", time.Minute, check.Degraded)
	w.runs("child", time.Minute, bad, bad, bad)
	w.run("root", check.Degraded)
	w.pass(10 * time.Second)
	w.run("root", check.Degraded)
	w.pass(time.Minute)
	w.want("chat:opening:root", "chat:opening:child")
}

func TestDependenciesMayFormCyclesAndNameNothing(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a", DependsOn: []string{"b", "a", "nobody"}}, alert.Integration{Name: "b", DependsOn: []string{"c"}}, alert.Integration{Name: "c", DependsOn: []string{"a", "a"}}))
	w.failAll("a", "b", "c")
	w.pass(5 * time.Minute)
	if len(w.sent) == 0 {
		t.Error("nobody was notified")
	}
	for range 2 {
		for _, n := range []string{"a", "b", "c"} {
			w.runs(n, time.Minute, good)
		}
	}
	w.pass(time.Hour)
	if n := len(w.m.Open()); n != 0 {
		t.Errorf("%d are open", n)
	}
}

func TestADeepChainHasOneRoot(t *testing.T) {
	const depth = 3000
	var all []alert.Integration
	for i := range depth {
		n := alert.Integration{Name: fmt.Sprintf("n%04d", i)}
		if i > 0 {
			n.DependsOn = []string{fmt.Sprintf("n%04d", i-1)}
		}
		all = append(all, n)
	}
	w := newWorld(t, config(all...))
	for range 3 {
		w.now = w.now.Add(20 * time.Second)
		for i := range depth {
			w.m.Run(&check.Run{Integration: all[i].Name, Status: bad, Began: w.now})
		}
	}
	w.pass(5 * time.Minute)
	w.want("chat:opening:n0000")
}
