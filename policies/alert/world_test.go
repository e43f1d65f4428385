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

// world drives a machine in virtual time.
type world struct {
	t      *testing.T
	c      alert.Config
	m      *alert.Machine
	now    time.Time
	again  time.Time
	sent   []incident.Message
	answer func(*incident.Message) incident.Outcome
	events []incident.Event
	after  func() // called after Next
	disk   *disk
}

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func config(integrations ...alert.Integration) alert.Config {
	slices.SortFunc(integrations, func(a, b alert.Integration) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	for i := range integrations {
		integrations[i].Enabled = true
		if integrations[i].Interval == 0 {
			integrations[i].Interval = time.Minute
		}
	}
	return alert.Config{
		ID: "id", Digest: "digest", Integrations: integrations,
		Notifiers: []alert.Notifier{{Name: "chat", Digest: "1"}},
		Alerts:    []alert.Alert{health()},
	}
}

func health() alert.Alert {
	return alert.Alert{
		Name: "health-checks", Integrations: []alert.Selector{"*"}, Status: []check.Status{check.Unhealthy},
		After: 3, ClearAfter: 2, Severity: incident.Critical, Reopen: 10 * time.Minute,
	}
}

func newWorld(t *testing.T, c alert.Config) *world {
	t.Helper()
	w := &world{t: t, c: c, now: start, disk: newDisk()}
	w.m = alert.New(c, incident.State{}, w.now)
	w.pump()
	return w
}

// pump sends what is due now, until nothing is.
func (w *world) pump() {
	for range 100 {
		due, again := w.m.Next(w.now)
		w.again = again
		if len(due) == 0 {
			break
		}
		for i := range due {
			w.sent = append(w.sent, due[i])
			o := incident.Outcome{Result: incident.Arrived}
			if w.answer != nil {
				o = w.answer(&due[i])
			}
			w.m.Done(w.now, &due[i], o)
		}
	}
	if w.after != nil {
		w.after()
	}
	w.store()
}

// store keeps what changed.
func (w *world) store() {
	c := w.m.Take()
	w.events = append(w.events, c.Events...)
	w.disk.apply(c)
}

// until lets the time pass, and sends what becomes due at the time at which it does.
func (w *world) until(at time.Time) {
	for !w.again.IsZero() && w.again.Before(at) {
		if w.again.After(w.now) {
			w.now = w.again
		}
		before := w.again
		w.pump()
		if w.again.Equal(before) {
			w.t.Fatalf("Next asks to be called at %v again and again", before)
		}
	}
	w.now = at
	w.pump()
}

func (w *world) pass(d time.Duration) { w.until(w.now.Add(d)) }

func (w *world) run(name string, s check.Status) {
	w.m.Run(&check.Run{Integration: name, Status: s, Began: w.now, Message: "connection refused", Cause: check.Target})
	w.pump()
}

// runs evaluates several statuses, each after some time.
func (w *world) runs(name string, every time.Duration, all ...check.Status) {
	for _, s := range all {
		w.pass(every)
		w.run(name, s)
	}
}

// log returns what was sent, as notifier:kind:subject.
func (w *world) log() []string {
	var all []string
	for _, m := range w.sent {
		for _, n := range m.Notices {
			all = append(all, fmt.Sprintf("%s:%s:%s", m.Notifier, n.Kind, n.Incident.Subject.Name))
		}
	}
	return all
}

func (w *world) want(all ...string) {
	w.t.Helper()
	if got := w.log(); !slices.Equal(got, all) {
		w.t.Errorf("sent %q, want %q", got, all)
	}
}

const (
	good = check.Healthy
	bad  = check.Unhealthy
)

func TestThreeBadEvaluationsOpenAndTwoGoodOnesResolve(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "a"}))
	w.runs("a", time.Minute, good, bad, bad, bad)
	w.pass(20 * time.Second)
	w.want("chat:opening:a")
	w.runs("a", time.Minute, good, bad, good)
	w.want("chat:opening:a")
	w.runs("a", time.Minute, good)
	w.want("chat:opening:a", "chat:resolve:a")
	w.pass(time.Hour)
	w.want("chat:opening:a", "chat:resolve:a")
	for _, e := range w.events {
		t.Log(e.At.Format(time.TimeOnly), e.Kind, e.Text)
	}
}

func TestChildrenOfADeadRootAreNotAnnounced(t *testing.T) {
	w := newWorld(t, config(alert.Integration{Name: "root"}, alert.Integration{Name: "a", DependsOn: []string{"root"}}, alert.Integration{Name: "b", DependsOn: []string{"a"}}))
	for range 4 {
		w.runs("a", 20*time.Second, bad)
		w.runs("b", 20*time.Second, bad)
		w.runs("root", 20*time.Second, bad)
	}
	w.pass(time.Minute)
	for range 4 {
		w.runs("root", 20*time.Second, good)
		w.runs("a", 20*time.Second, good)
		w.runs("b", 20*time.Second, good)
	}
	w.pass(time.Hour)
	w.want("chat:opening:root", "chat:resolve:root")
	for _, e := range w.events {
		t.Log(e.At.Format(time.TimeOnly), e.Incident, e.Kind, e.Text)
	}
}
