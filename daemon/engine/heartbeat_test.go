package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/heartbeat"
	"vega/plugins/sockets"
	"vega/policies/check"
)

const token = "0123456789abcdef"

// history is a sink that keeps runs. It fails while full is set.
type history struct {
	mu   sync.Mutex
	runs []check.Run
	full bool
}

func (h *history) Record(_ context.Context, r check.Run) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.full {
		return errors.New("the disk is full")
	}
	h.runs = append(h.runs, r)
	return nil
}

func (h *history) all() []check.Run {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]check.Run(nil), h.runs...)
}

// text lists the runs as SECONDS:STATUS:EVENT since a time.
func (h *history) text(since time.Time) (out string) {
	for _, r := range h.all() {
		out += fmt.Sprintf("%.0f:%s:%s ", r.Began.Sub(since).Seconds(), r.Status, r.Details["event"])
	}
	return out
}

func (h *history) last(t *testing.T) check.Run {
	t.Helper()
	all := h.all()
	if len(all) == 0 {
		t.Fatal("there is no run")
	}
	return all[len(all)-1]
}

func beating(name string, interval, grace time.Duration) *Binding {
	return &Binding{
		Name: name, Plugin: "core", Probe: "heartbeat", Enabled: true, Timeout: 10 * time.Second, Databases: noDatabases{},
		Heartbeat: &heartbeat.Settings{Token: heartbeat.NewToken(token), Interval: interval, Grace: grace},
	}
}

// receive returns a running engine with heartbeats and their history.
func receive(t *testing.T, all ...*Binding) (*Engine, *history) {
	t.Helper()
	h := &history{}
	e := New(Options{
		Log: slog.New(slog.DiscardHandler), Life: t.Context(), MaxRunning: 100, Sockets: sockets.NewPool(1000),
		Contention: func() func() check.Contention { return func() check.Contention { return check.Contention{} } },
		Durable:    h,
	})
	e.Bind(all)
	return e, h
}

func serveBeats(t *testing.T, e *Engine) (stop func()) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() { e.Run(t.Context()) })
	return func() {
		e.Drain()
		e.Wait()
		wg.Wait()
		e.Close()
	}
}

func push(t *testing.T, e *Engine, name string, kind heartbeat.Kind) Pushed {
	t.Helper()
	p, err := e.Push(t.Context(), name, token, heartbeat.Event{Kind: kind, Took: -1})
	if err != nil {
		t.Fatalf("push %s: %v", kind, err)
	}
	return p
}

func expectText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("runs\n%s, want\n%s", got, want)
	}
}

func TestHeartbeatIsLateAtItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		began := time.Now()
		push(t, e, "job", heartbeat.Success)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		expectText(t, h.text(began), "0:healthy:success 4200:unhealthy:late 7800:unhealthy:late ")
		if r := h.last(t); r.Previous != check.Unhealthy || r.Integration != "job" || r.Probe != heartbeat.Probe || r.CorrelationID == "" {
			t.Errorf("%+v", r)
		}
		push(t, e, "job", heartbeat.Success)
		if r := h.last(t); r.Status != check.Healthy || r.Previous != check.Unhealthy {
			t.Errorf("%+v", r)
		}
		time.Sleep(time.Minute) // the recovery is confirmed twice
		synctest.Wait()
		expectText(t, h.text(began), "0:healthy:success 4200:unhealthy:late 7800:unhealthy:late 10800:healthy:success 10811:healthy:evaluation 10822:healthy:evaluation ")
	})
}

// TestSoonEvaluatesAHeartbeat checks that a pending alert gets its evaluations within
// seconds, also of a daily job.
func TestSoonEvaluatesAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", 24*time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		began := time.Now()
		push(t, e, "job", heartbeat.Fail)
		for range 2 {
			e.Soon([]string{"job"}, nil)
			time.Sleep(15 * time.Second)
		}
		e.Soon(nil, []string{"job"})
		time.Sleep(15 * time.Second)
		synctest.Wait()
		expectText(t, h.text(began), "0:unhealthy:fail 10:unhealthy:evaluation 20:unhealthy:evaluation 30:unhealthy:evaluation ")
	})
}

func TestHealthReportsAHeartbeatAndRunsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		before, err := e.Health(t.Context(), Query{})
		if err != nil || before.Integrations[0].Status != check.Unknown || before.Integrations[0].CheckedAt != nil {
			t.Errorf("%+v, %v", before, err)
		}
		push(t, e, "job", heartbeat.Success)
		time.Sleep(time.Minute)
		n := len(h.all())
		after, err := e.Health(t.Context(), Query{})
		if err != nil || after.Integrations[0].Status != check.Healthy || after.Integrations[0].AgeMS != 60_000 {
			t.Errorf("%+v, %v", after, err)
		}
		if len(h.all()) != n {
			t.Error("Health recorded a run")
		}
		o, err := e.Overview(Selection{})
		if err != nil || o.Integrations[0].IntervalMS != 3_600_000 || o.Integrations[0].Status != check.Healthy {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

func TestPushNeedsNameAndToken(t *testing.T) {
	e, h := receive(t, beating("job", time.Hour, time.Minute), &Binding{Name: "other", Enabled: true, Databases: noDatabases{}})
	for _, c := range []struct{ name, token string }{{"job", ""}, {"job", token + "x"}, {"nobody", token}, {"other", token}, {"other", ""}, {"", ""}} {
		if _, err := e.Push(t.Context(), c.name, c.token, heartbeat.Event{Kind: heartbeat.Success}); !errors.Is(err, ErrNoHeartbeat) {
			t.Errorf("%q with %q: %v", c.name, c.token, err)
		}
		if _, err := e.Heartbeat(c.name, c.token); !errors.Is(err, ErrNoHeartbeat) {
			t.Errorf("settings of %q with %q: %v", c.name, c.token, err)
		}
	}
	if len(h.all()) != 0 {
		t.Error("a push without a token was recorded")
	}
}

func TestPushesBeyondTheRateKeepTheState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		began := time.Now()
		for range pushBurst {
			push(t, e, "job", heartbeat.Fail)
		}
		for _, kind := range []heartbeat.Kind{heartbeat.Fail, heartbeat.Success} {
			_, err := e.Push(t.Context(), "job", token, heartbeat.Event{Kind: kind})
			if busy, ok := errors.AsType[*BusyError](err); !ok || busy.RetryAfter <= 0 || busy.RetryAfter > time.Second {
				t.Errorf("%s: %v", kind, err)
			}
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		expectText(t, h.text(began), "0:unhealthy:fail 0:unhealthy:fail 0:unhealthy:fail 0:unhealthy:fail 0:unhealthy:fail 0:healthy:success ")
		push(t, e, "job", heartbeat.Success)
	})
}

func TestDrainRecordsWhatCameTooSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		stop := serveBeats(t, e)
		for range pushBurst {
			push(t, e, "job", heartbeat.Success)
		}
		if _, err := e.Push(t.Context(), "job", token, heartbeat.Event{Kind: heartbeat.Fail}); err == nil {
			t.Error("the push was recorded at once")
		}
		stop()
		if r := h.last(t); r.Status != check.Unhealthy {
			t.Errorf("the last run is %+v", r)
		}
		if _, err := e.Push(t.Context(), "job", token, heartbeat.Event{Kind: heartbeat.Success}); !errors.Is(err, ErrClosing) {
			t.Errorf("after Drain: %v", err)
		}
	})
}

func TestFullStoreKeepsTheStateInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		h.mu.Lock()
		h.full = true
		h.mu.Unlock()
		push(t, e, "job", heartbeat.Fail)
		i, err := e.Integration("job")
		if err != nil || i.Status != check.Unhealthy {
			t.Errorf("%+v, %v", i, err)
		}
	})
}

func TestReloadKeepsAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		began := time.Now()
		push(t, e, "job", heartbeat.Success)
		time.Sleep(30 * time.Minute)

		rotated := beating("job", time.Hour, 10*time.Minute)
		rotated.Heartbeat.Token = heartbeat.NewToken("another long token")
		if d := e.Bind([]*Binding{rotated}); len(d.Changed) != 1 {
			t.Errorf("%+v", d)
		}
		i, err := e.Integration("job")
		if err != nil || i.Status != check.Healthy || i.Stored {
			t.Errorf("%+v, %v", i, err)
		}
		if _, err := e.Push(t.Context(), "job", token, heartbeat.Event{Kind: heartbeat.Success}); !errors.Is(err, ErrNoHeartbeat) {
			t.Errorf("the old token: %v", err)
		}
		if d := e.Bind([]*Binding{rotated}); d.Kept != 1 {
			t.Errorf("%+v", d)
		}
		time.Sleep(41 * time.Minute)
		synctest.Wait()
		if r := h.last(t); r.Details["event"] != "late" || r.Began.Before(began.Add(70*time.Minute)) {
			t.Errorf("%s", h.text(began))
		}

		off := beating("job", time.Hour, 10*time.Minute)
		off.Enabled, off.Disabled = false, "enabled is false"
		e.Bind([]*Binding{off})
		n := len(h.all())
		time.Sleep(5 * time.Hour)
		if p := push(t, e, "job", heartbeat.Success); p.Status != check.Disabled || p.NextBy != nil || len(h.all()) != n {
			t.Errorf("%+v, %d runs more", p, len(h.all())-n)
		}
		e.Bind([]*Binding{beating("job", time.Hour, 10*time.Minute)})
		time.Sleep(69 * time.Minute)
		synctest.Wait()
		if len(h.all()) != n {
			t.Errorf("late although it was disabled: %s", h.text(began))
		}
		e.Bind(nil)
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if len(h.all()) != n {
			t.Errorf("evaluated although it was removed: %s", h.text(began))
		}
	})
}

func TestRestartRestoresAHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		push(t, first, "job", heartbeat.Success)
		stored := h.last(t)
		first.Close()
		time.Sleep(50 * time.Minute) // vega is away

		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		e.Recall([]check.Run{stored})
		defer serveBeats(t, e)()
		began := time.Now()
		i, err := e.Integration("job")
		if err != nil || i.Status != check.Healthy || !i.Stored {
			t.Errorf("%+v, %v", i, err)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		expectText(t, h.text(began), "1200:unknown:missed 4200:unhealthy:late ")
	})
}

func TestRunOfAHeartbeatIsAnEvaluation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, h := receive(t, beating("job", time.Hour, 10*time.Minute))
		defer serveBeats(t, e)()
		push(t, e, "job", heartbeat.Success)
		e.mu.RLock()
		f := e.join(t.Context(), e.now.find("job"), time.Time{})
		e.mu.RUnlock()
		<-f.done
		if f.report.Status != check.Healthy || h.last(t).Details["event"] != "evaluation" {
			t.Errorf("%+v", f.report)
		}
	})
}

func TestHeartbeatIsARootCause(t *testing.T) {
	child := beating("child", time.Hour, time.Minute)
	child.DependsOn = []string{"root"}
	e, h := receive(t, child, beating("root", time.Hour, time.Minute))
	push(t, e, "root", heartbeat.Fail)
	push(t, e, "child", heartbeat.Fail)
	if r := h.last(t); len(r.RootCause) != 1 || r.RootCause[0] != "root" {
		t.Errorf("%+v", r)
	}
}

// TestManyHeartbeatsAtOnce pushes to ten thousand from many clients, while they are bound
// again and evaluated.
func TestManyHeartbeatsAtOnce(t *testing.T) {
	var all []*Binding
	for n := range 10_000 {
		all = append(all, beating(fmt.Sprintf("job%05d", n), time.Hour, time.Minute))
	}
	e, h := receive(t, all...)
	stop := serveBeats(t, e)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := worker; n < len(all); n += 8 {
				for _, kind := range []heartbeat.Kind{heartbeat.Start, heartbeat.Success} {
					if _, err := e.Push(t.Context(), all[n].Name, token, heartbeat.Event{Kind: kind, Took: -1}); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for range 3 {
			e.Bind(all)
			beats{e}.returned(time.Now())
		}
	})
	wg.Wait()
	stop()
	if n := len(h.all()); n != 20_000 {
		t.Errorf("%d runs", n)
	}
	o, err := e.Overview(Selection{})
	if err != nil || o.Summary.Healthy != 10_000 {
		t.Errorf("%+v, %v", o.Summary, err)
	}
}

// TestConcurrentPushesAreRecordedInOrder checks that the last run that is recorded is the
// state.
func TestConcurrentPushesAreRecordedInOrder(t *testing.T) {
	e, h := receive(t, beating("job", time.Hour, time.Minute))
	stop := serveBeats(t, e)
	var wg sync.WaitGroup
	for n := range 64 {
		kind := []heartbeat.Kind{heartbeat.Start, heartbeat.Success, heartbeat.Fail}[n%3]
		wg.Go(func() { _, _ = e.Push(t.Context(), "job", token, heartbeat.Event{Kind: kind, Took: -1}) })
	}
	wg.Wait()
	stop()
	i, err := e.Integration("job")
	if err != nil || h.last(t).Status != i.Status || !h.last(t).Began.Truncate(time.Millisecond).Equal(*i.CheckedAt) {
		t.Errorf("%+v, %+v, %v", h.last(t), i, err)
	}
	for n, all := 1, h.all(); n < len(all); n++ {
		if all[n].Began.Before(all[n-1].Began) {
			t.Errorf("run %d began before run %d", n, n-1)
		}
	}
}

// A vega that is stopped for seconds loses no report: it waits in a connection.
func TestAShortStopMakesNoJobLate(t *testing.T) {
	began := time.Now()
	at := func(d time.Duration) time.Time { return began.Add(d) }
	p := presence{last: began, planned: began}
	for n, c := range []struct {
		now           time.Duration
		wait          time.Duration // until the next wakeup
		away, resting bool
	}{
		{now: 0, wait: 5 * time.Second},
		{now: 5 * time.Second, wait: time.Second},
		{now: 14 * time.Second, wait: respite, resting: true},                     // stopped for 8 s
		{now: 14*time.Second + 10*time.Millisecond, wait: respite, resting: true}, // by a report
		{now: 18 * time.Second, wait: time.Second},                                // late again: the respite is not repeated
		{now: 19 * time.Second, wait: 5 * time.Second},
		{now: 40 * time.Second, wait: time.Second, away: true},
	} {
		away, resting := p.wake(at(c.now))
		if away != c.away || resting != c.resting {
			t.Errorf("%d: away %v, resting %v; want %v, %v", n, away, resting, c.away, c.resting)
		}
		p.sleep(at(c.now), c.wait)
	}
}
