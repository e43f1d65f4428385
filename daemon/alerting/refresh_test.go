package alerting

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// emptyStore stores whatever it is given, and has nothing.
type emptyStore struct {
	Store
	journal store.Journal
}

func (s *emptyStore) AlertState(context.Context) (incident.State, error) {
	return incident.State{}, nil
}
func (s *emptyStore) Judge(j store.Journal) { s.journal = j }
func (s *emptyStore) Degraded() error       { return nil }
func (s *emptyStore) FlushAlerts(context.Context) error {
	s.journal.Changes()
	s.journal.Stored(true)
	return nil
}

func (s *emptyStore) Runs(context.Context, store.RunQuery) (store.RunPage, error) {
	return store.RunPage{}, nil
}

// forgetful is a service that must be sent what is open every minute. Its answers take a
// while.
type forgetful struct {
	mu    sync.Mutex
	takes time.Duration
	busy  bool
	got   []incident.Message
	t     *testing.T
}

func (f *forgetful) send(_ context.Context, m *incident.Message) incident.Outcome {
	f.mu.Lock()
	if f.busy {
		f.t.Error("two messages at once")
	}
	f.busy = true
	takes := f.takes
	f.mu.Unlock()
	time.Sleep(takes)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy = false
	f.got = append(f.got, *m)
	return incident.Outcome{Result: incident.Arrived}
}

// started returns an Alerting with two alerts on one integration, which runs until the
// test ends. An unhealthy run is critical, a degraded one is a warning.
func started(t *testing.T, f *forgetful) *Alerting {
	t.Helper()
	bad := alert.Alert{
		Name: "health", Integrations: []alert.Selector{"*"}, Status: []check.Status{check.Unhealthy, check.Degraded}, After: 1, ClearAfter: 1, Severity: incident.Warning,
	}
	worse := bad
	worse.Name, worse.Status, worse.Severity = "worse", []check.Status{check.Unhealthy}, incident.Critical
	a, err := New(t.Context(), Options{
		Log: slog.New(slog.DiscardHandler), Store: &emptyStore{}, Soon: func(_, _ []string) {},
		Read:   func(context.Context, []string) (map[string][]policies.Reading, error) { return nil, nil },
		Strain: func(context.Context) []string { return nil }, Slowest: func() []string { return nil },
	}, Setup{
		Rules: alert.Config{
			ID: "id", Alerts: []alert.Alert{bad, worse}, Notifiers: []alert.Notifier{{Name: "am"}},
			Integrations: []alert.Integration{{Name: "api", Interval: time.Minute, Enabled: true}},
		},
		Notifiers: map[string]Notifier{"am": {Type: "alertmanager", Send: f.send, Refresh: time.Minute}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		a.Run(ctx)
		close(done)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		a.Shutdown(t.Context())
	})
	return a
}

func (a *Alerting) see(s check.Status) {
	a.Step(&check.Run{Integration: "api", Status: s, Cause: check.Target, Began: time.Now()})
	a.notify()
}

// TestNothingIsRefreshedAfterItsResolve lets an incident end at every second of a minute,
// with a service whose answers take 7 s.
func TestNothingIsRefreshedAfterItsResolve(t *testing.T) {
	for second := range 60 {
		synctest.Test(t, func(t *testing.T) {
			f := &forgetful{t: t, takes: 7 * time.Second}
			a := started(t, f)
			a.see(check.Unhealthy)
			time.Sleep(2*time.Minute + time.Duration(second)*time.Second)
			a.see(check.Healthy)
			time.Sleep(3 * time.Minute)
			f.mu.Lock()
			defer f.mu.Unlock()
			opened, over := false, false
			for _, m := range f.got {
				for _, n := range m.Notices {
					opened = opened || n.Kind == incident.Opening
					if over || !opened {
						t.Errorf("after %d s: %s out of order", second, n.Kind)
					}
					over = n.Kind == incident.Resolve
				}
			}
			if !over || len(f.got) < 3 {
				t.Errorf("after %d s: %d messages, resolved: %v", second, len(f.got), over)
			}
		})
	}
}

// TestRefreshKeepsTheSeverityThatWasSent silences an incident before it becomes critical.
// The severity is a label, so that with another one the service had a second alert.
func TestRefreshKeepsTheSeverityThatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &forgetful{t: t}
		a := started(t, f)
		a.see(check.Degraded)
		time.Sleep(90 * time.Second)
		err := a.Change(t.Context(), func(m *alert.Machine, now time.Time) error {
			_, err := m.Silence(now, incident.Silence{By: "ann", Comment: "being repaired", Until: now.Add(time.Hour), Integrations: []string{"api"}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		a.see(check.Unhealthy)
		time.Sleep(3 * time.Minute)
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, m := range f.got {
			if i := m.Notices[0].Incident; i.Severity != incident.Warning || len(m.Notices) != 1 {
				t.Errorf("%s has severity %s", m.Notices[0].Kind, i.Severity)
			}
		}
		if last := f.got[len(f.got)-1]; len(f.got) < 5 || len(last.Notices[0].Incident.Alerts) != 2 {
			t.Errorf("%d messages, the last: %+v", len(f.got), last)
		}
	})
}
