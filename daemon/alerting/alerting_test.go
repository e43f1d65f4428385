package alerting

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// fakeStore is a store whose outages a test controls. It keeps what it is given in the
// order in which a database would.
type fakeStore struct {
	Store
	journal store.Journal

	mu      sync.Mutex
	broken  bool
	stored  []*incident.Changes
	figures []store.FigureRow
	last    []check.Run
}

func (f *fakeStore) AlertState(context.Context) (incident.State, error) { return incident.State{}, nil }
func (f *fakeStore) Judge(j store.Journal)                              { f.journal = j }

func (f *fakeStore) Degraded() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken {
		return errors.New("the disk is full")
	}
	return nil
}

func (f *fakeStore) FlushAlerts(context.Context) error {
	if f.Degraded() != nil {
		return &store.UnavailableError{Err: errors.New("the disk is full")}
	}
	c := f.journal.Changes()
	f.mu.Lock()
	defer f.mu.Unlock()
	if c != nil {
		f.stored = append(f.stored, c)
	}
	f.journal.Stored(true)
	return nil
}

func (f *fakeStore) AppendFigures(_ context.Context, rows []store.FigureRow) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.figures = append(f.figures, rows...)
	return nil
}

func (f *fakeStore) Runs(context.Context, store.RunQuery) (store.RunPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return store.RunPage{Runs: f.last}, nil
}

func (f *fakeStore) breaks(broken bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken = broken
}

// inFlight reports whether an attempt to send was stored.
func (f *fakeStore) inFlight() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.stored, func(c *incident.Changes) bool {
		return slices.ContainsFunc(c.Deliveries, func(d incident.Delivery) bool { return d.InFlight })
	})
}

// world is an Alerting in virtual time.
type world struct {
	*Alerting
	store *fakeStore
	end   context.CancelFunc
	soon  []string

	mu   sync.Mutex
	sent []incident.Message
	// answer is the outcome of each attempt; nil: it arrives.
	answer func(*incident.Message) incident.Outcome
}

func (w *world) send(_ context.Context, m *incident.Message) incident.Outcome {
	w.mu.Lock()
	w.sent = append(w.sent, *m)
	answer := w.answer
	w.mu.Unlock()
	if answer != nil {
		return answer(m)
	}
	return incident.Outcome{Result: incident.Arrived}
}

func (w *world) messages() []incident.Message {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

func (w *world) setup() Setup {
	return Setup{
		Rules: alert.Config{
			ID: "test",
			Alerts: []alert.Alert{
				{Name: "checks", Integrations: []alert.Selector{"*"}, Status: []check.Status{check.Unhealthy}, After: 3, ClearAfter: 2, Severity: incident.Critical},
				{Name: "store", Event: StoreFailing, After: 1, ClearAfter: 1, Severity: incident.Critical},
				{Name: "memory", Metric: "system.memory.percent", Unit: policies.Percent, Above: new(80.0), After: 1, ClearAfter: 1, Severity: incident.Warning},
			},
			Integrations: []alert.Integration{{Name: "shop", Interval: 10 * time.Second, Enabled: true}},
			Notifiers:    []alert.Notifier{{Name: "chat"}},
		},
		Notifiers: map[string]Notifier{"chat": {Type: "slack", Send: w.send}},
	}
}

// begin starts an Alerting, which ends with the test.
func begin(t *testing.T, change func(*Setup, *Options)) *world {
	t.Helper()
	w := &world{store: &fakeStore{}}
	s := w.setup()
	o := Options{
		Log: slog.New(slog.DiscardHandler), Store: w.store,
		Soon: func(pending, _ []string) { w.soon = append(w.soon, pending...) },
		Read: func(context.Context, []string) (map[string][]policies.Reading, error) {
			return map[string][]policies.Reading{"system.memory.percent": {{Resource: "system.memory.percent", Value: 10}}}, nil
		},
		Strain:  func(context.Context) []string { return []string{"the host is busy"} },
		Slowest: func() []string { return nil },
	}
	if change != nil {
		change(&s, &o)
	}
	var err error
	if w.Alerting, err = New(t.Context(), o, s); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	w.end = func() {
		cancel()
		running.Wait()
		w.Shutdown(t.Context())
	}
	return w
}

// look judges a run of the integration, as the store's writer does.
func (w *world) look(status check.Status) {
	w.Step(&check.Run{Integration: "shop", Status: status, Cause: check.Target, Message: "503", Began: time.Now()})
	_ = w.store.FlushAlerts(context.Background())
}

// fail lets the integration fail until its incident opens.
func (w *world) fail() {
	for range 3 {
		w.look(check.Unhealthy)
		time.Sleep(10 * time.Second)
	}
}

// TestAttemptIsStoredBeforeItIsMade checks that a kill at any moment leaves the incident,
// and that it may have been told, in the store.
func TestAttemptIsStoredBeforeItIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, nil)
		defer w.end()
		w.store.last = []check.Run{{Integration: "shop", Status: check.Healthy, Message: "fine"}}
		w.answer = func(*incident.Message) incident.Outcome {
			if !w.store.inFlight() {
				t.Error("sent before the attempt was stored")
			}
			return incident.Outcome{Result: incident.Arrived}
		}
		w.fail()
		time.Sleep(time.Minute)
		all := w.messages()
		if len(all) != 1 || len(all[0].Notices) != 1 {
			t.Fatalf("%d messages", len(all))
		}
		e := all[0].Notices[0].Incident.Evidence
		if e.LastGood == nil || e.LastGood.Message != "fine" || len(e.Strain) != 1 {
			t.Errorf("evidence: %+v", e)
		}
		if len(w.soon) == 0 {
			t.Error("the pending integration was not asked for again")
		}
	})
}

// TestSendingGoesOnFromMemory breaks the store before the incident opens.
func TestSendingGoesOnFromMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, nil)
		defer w.end()
		w.store.breaks(true)
		w.fail()
		time.Sleep(time.Minute)
		told := map[string]int{}
		for _, m := range w.messages() {
			for _, n := range m.Notices {
				told[n.Incident.Subject.Name+" "+string(n.Kind)]++
			}
		}
		if told["shop opening"] != 1 || told["store_failing opening"] != 1 {
			t.Errorf("told %v", told)
		}
		whatTheStoreLacks(t, w.Alerting)
		if err := w.Change(t.Context(), func(m *alert.Machine, now time.Time) error {
			return m.Acknowledge(now, m.Open()[0].ID, incident.Acknowledgement{By: "ann"})
		}); err != nil {
			t.Errorf("acknowledge during an outage: %v", err)
		}
		w.store.breaks(false)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(w.store.stored) == 0 || w.Pending() {
			t.Error("what happened during the outage was not stored after it")
		}
	})
}

// whatTheStoreLacks checks that an incident that somebody was notified of is listed and found
// while it is in memory alone.
func whatTheStoreLacks(t *testing.T, a *Alerting) {
	open, over := true, false
	of := func(q store.IncidentQuery, late bool, stored ...incident.Incident) string {
		var names []string
		for _, i := range Page(a, store.IncidentPage{Incidents: stored}, &q, late).Incidents {
			names = append(names, i.Subject.Name)
		}
		return strings.Join(names, " ")
	}
	all := of(store.IncidentQuery{}, true)
	if !strings.Contains(all, "shop") || !strings.Contains(all, "store_failing") {
		t.Errorf("listed: %q", all)
	}
	for want, got := range map[string]string{
		"shop":               of(store.IncidentQuery{Subject: "shop", Open: &open}, true),
		"":                   of(store.IncidentQuery{Open: &over}, true) + of(store.IncidentQuery{}, false) + of(store.IncidentQuery{Cursor: "x"}, true) + of(store.IncidentQuery{Until: time.Now().Add(-time.Hour)}, true),
		"shop store_failing": of(store.IncidentQuery{Alert: "none"}, true, Open(a)...),
	} {
		if sorted := strings.Fields(got); strings.Join(slices.Sorted(slices.Values(sorted)), " ") != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, i := range Open(a) {
		var r store.IncidentRecord
		if !Live(a, &r, i.ID) || r.Subject != i.Subject || i.Subject.Name == "shop" && len(r.Deliveries) == 0 {
			t.Errorf("%+v", r)
		}
	}
	if Live(a, &store.IncidentRecord{}, 999) {
		t.Error("an incident that nobody has is found")
	}
}

// TestOneNotifierDoesNotDelayAnother lets one hang, and one panic.
func TestOneNotifierDoesNotDelayAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var hung atomic.Int64
		w := begin(t, func(s *Setup, _ *Options) {
			s.Rules.Notifiers = append(s.Rules.Notifiers, alert.Notifier{Name: "hangs"}, alert.Notifier{Name: "panics"})
			s.Notifiers["hangs"] = Notifier{Send: func(ctx context.Context, _ *incident.Message) incident.Outcome {
				hung.Add(1)
				<-ctx.Done()
				return incident.Outcome{Result: incident.Unclear, Reason: "no answer"}
			}}
			s.Notifiers["panics"] = Notifier{Send: func(context.Context, *incident.Message) incident.Outcome { panic("a bug") }}
		})
		w.fail()
		began := time.Now()
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if n := len(w.messages()); n != 1 {
			t.Errorf("%d messages within %v", n, time.Since(began))
		}
		if n := hung.Load(); n != 1 {
			t.Errorf("%d attempts of the one that hangs", n)
		}
		for _, r := range w.Notifiers() {
			if want := map[string]string{"chat": Working, "panics": Failing, "hangs": Idle}[r.Name]; r.Status != want {
				t.Errorf("%s is %s, want %s", r.Name, r.Status, want)
			}
		}
		w.end()
	})
}

// TestRefresh sends what is open each minute to a service that forgets.
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(s *Setup, _ *Options) {
			n := s.Notifiers["chat"]
			n.Refresh = time.Minute
			s.Notifiers["chat"] = n
		})
		defer w.end()
		time.Sleep(5 * time.Minute)
		if n := len(w.messages()); n != 0 {
			t.Fatalf("%d messages while nothing is open", n)
		}
		w.fail()
		time.Sleep(10 * time.Minute)
		all := w.messages()
		if len(all) < 10 || len(all) > 12 {
			t.Errorf("%d messages in ten minutes", len(all))
		}
		for _, m := range all[1:] {
			if m.Notices[0].Kind != incident.Reminder {
				t.Errorf("a refresh is a %s", m.Notices[0].Kind)
			}
		}
	})
}

// TestSignsOfLife stops them when no check has ended for long, and when no message
// arrives.
func TestSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var signs atomic.Int64
		w := begin(t, func(s *Setup, _ *Options) {
			s.DeadMen = []DeadMan{{Name: "outside", Every: time.Minute, Ping: func(context.Context) incident.Outcome {
				signs.Add(1)
				return incident.Outcome{Result: incident.Arrived}
			}}}
		})
		defer w.end()
		during := func(d time.Duration, status check.Status) int64 {
			before := signs.Load()
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(10 * time.Second) {
				if status != "" {
					w.look(status)
				}
			}
			synctest.Wait()
			return signs.Load() - before
		}
		if n := during(5*time.Minute, check.Healthy); n < 4 || n > 6 {
			t.Errorf("%d signs in five minutes", n)
		}
		if n := during(5*time.Minute, ""); n > 2 {
			t.Errorf("%d signs while no check ends", n)
		}
		w.mu.Lock()
		w.answer = func(*incident.Message) incident.Outcome {
			return incident.Outcome{Result: incident.Refused, Reason: "HTTP 500"}
		}
		w.mu.Unlock()
		during(3*time.Minute, check.Unhealthy)
		if n := during(5*time.Minute, check.Unhealthy); n > 0 {
			t.Errorf("%d signs while no message arrives", n)
		}
	})
}

// TestSignsOfLifeWhenNothingIsTried gives signs of life again once what a notifier did not
// accept is no longer sent, although nothing has arrived since.
func TestSignsOfLifeWhenNothingIsTried(t *testing.T) {
	for name, end := range map[string]func(*world){
		"missed": func(w *world) { w.look(check.Healthy) },
		"silenced": func(w *world) {
			w.look(check.Unhealthy)
			_ = w.Change(t.Context(), func(m *alert.Machine, now time.Time) error {
				_, err := m.Silence(now, incident.Silence{Integrations: []string{"*"}, Until: now.Add(time.Hour), By: "ann", Comment: "known"})
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var signs atomic.Int64
				w := begin(t, func(s *Setup, _ *Options) {
					s.DeadMen = []DeadMan{{Name: "outside", Every: time.Minute, Ping: func(context.Context) incident.Outcome {
						signs.Add(1)
						return incident.Outcome{Result: incident.Arrived}
					}}}
				})
				defer w.end()
				w.mu.Lock()
				w.answer = func(*incident.Message) incident.Outcome {
					return incident.Outcome{Result: incident.Refused, Reason: "HTTP 500"}
				}
				w.mu.Unlock()
				for range 30 {
					w.look(check.Unhealthy)
					time.Sleep(10 * time.Second)
				}
				r := w.Notifiers()[0]
				if r.Status != Failing || r.NextTry == nil || !r.NextTry.After(time.Now()) {
					t.Errorf("the notifier is %s, and tried next at %v", r.Status, r.NextTry)
				}
				signs.Store(0)
				for range 30 {
					end(w)
					time.Sleep(10 * time.Second)
				}
				synctest.Wait()
				if n := signs.Load(); n < 4 {
					t.Errorf("%d signs in five minutes", n)
				}
				if r := w.Notifiers()[0]; r.NextTry != nil && !r.NextTry.After(time.Now()) {
					t.Errorf("it is tried next at %v, which is over", r.NextTry)
				}
			})
		})
	}
}

// TestFiguresAreSampled keeps minute rows, and alerts on a figure.
func TestFiguresAreSampled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var value atomic.Int64
		value.Store(10)
		w := begin(t, func(_ *Setup, o *Options) {
			o.Read = func(_ context.Context, paths []string) (map[string][]policies.Reading, error) {
				if !slices.Equal(paths, []string{"system.memory.percent"}) {
					t.Errorf("asked for %v", paths)
				}
				return map[string][]policies.Reading{paths[0]: {{Resource: paths[0], Value: float64(value.Load())}}}, nil
			}
		})
		defer w.end()
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		value.Store(90)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := len(w.messages()); n != 1 {
			t.Errorf("%d messages", n)
		}
		if n := len(w.store.figures); n < 3 || n > 5 {
			t.Errorf("%d rows in five minutes", n)
		}
	})
}

// TestAMeasurementIsStoredOnce reads a figure four times a minute that is measured every
// five minutes, for half an hour.
func TestAMeasurementIsStoredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(s *Setup, o *Options) {
			s.Rules.Alerts = append(s.Rules.Alerts, alert.Alert{Name: "orders", Metric: "metric.orders", Above: new(100.0), After: 1, ClearAfter: 1})
			s.Rules.Measures = map[string]time.Duration{"metric.orders": 5 * time.Minute}
			o.Read = func(_ context.Context, paths []string) (map[string][]policies.Reading, error) {
				out := map[string][]policies.Reading{}
				for _, path := range paths {
					out[path] = []policies.Reading{{Resource: path, Unknown: "not in this test"}}
				}
				out["metric.orders"] = nil
				for _, series := range []string{`{state="open"}`, `{state="stuck"}`} {
					out["metric.orders"] = append(out["metric.orders"], policies.Reading{Resource: "metric.orders", Subject: series, Value: 7, Measured: time.Now().Truncate(5 * time.Minute)})
				}
				return out, nil
			}
		})
		defer w.end()
		time.Sleep(31 * time.Minute)
		synctest.Wait()
		if n := len(w.store.figures); n != 2*7 {
			t.Errorf("%d rows, want one per series and measurement", n)
		}
	})
}

// TestShutdownWaitsForAttempts lets an attempt end, or cuts it off.
func TestShutdownWaitsForAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := begin(t, func(s *Setup, _ *Options) {
			s.Notifiers["chat"] = Notifier{Send: func(ctx context.Context, _ *incident.Message) incident.Outcome {
				<-ctx.Done()
				return incident.Outcome{Result: incident.Unclear, Reason: "no answer"}
			}}
		})
		w.fail()
		time.Sleep(5 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		w.Shutdown(ctx)
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v", took)
		}
		w.end()
	})
}
