package engine

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vega/policies/check"
)

// storedRun returns a run that the store has.
func storedRun(name string, status check.Status, ago time.Duration) check.Run {
	return check.Run{Integration: name, Probe: "plain.healthy", Status: status, Cause: check.Target, Message: "from before", Began: time.Now().Add(-ago)}
}

// state returns the last known state of an integration, and checks that both ways
// to ask for it agree.
func (e *Engine) state(t *testing.T, name string) Report {
	t.Helper()
	one, err := e.Integration(name)
	if err != nil {
		t.Fatal(err)
	}
	o, err := e.Overview(Selection{Names: []string{name}})
	encoded, err2 := o.AppendJSON(nil)
	if plain, err3 := json.Marshal(o); err2 != nil || err3 != nil || string(encoded) != string(plain) {
		t.Errorf("encoded as %s\nwant       %s; %v, %v", encoded, plain, err2, err3)
	}
	if err != nil || len(o.Integrations) != 1 || fmt.Sprint(o.Integrations[0].Status, o.Integrations[0].Stored, o.Integrations[0].Message) != fmt.Sprint(one.Status, one.Stored, one.Message) {
		t.Errorf("%+v, %v; want %+v", o, err, one)
	}
	if (o.Stored == 1) != one.Stored {
		t.Errorf("%d stored, want %t", o.Stored, one.Stored)
	}
	return one.Report
}

func TestStoredStateIsShownUntilTheFirstRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := newBinding("other", time.Hour)
		other.DependsOn = []string{"demand"}
		e, r := start(t, newBinding("demand", 0), newBinding("new", time.Hour), other, newBinding("web", time.Hour))
		if got := e.state(t, "demand"); got.Status != check.Unknown || !strings.Contains(got.Message, "only on request") {
			t.Errorf("%+v", got)
		}
		foreign := storedRun("other", check.Healthy, time.Hour)
		foreign.Probe = "plain.other"
		e.Recall([]check.Run{storedRun("demand", check.Unhealthy, 48*time.Hour), storedRun("web", check.Unhealthy, time.Second), foreign, storedRun("gone", check.Healthy, 0)})
		for _, name := range []string{"demand", "web"} {
			if got := e.state(t, name); !got.Stored || got.Status != check.Unhealthy || got.Message != "from before" || got.CheckedAt == nil || got.AgeMS < 1000 {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := e.state(t, "new"); got.Stored || got.Status != check.Unknown || got.Message != "the integration has not run yet; its first run starts within 30s" {
			t.Errorf("%+v", got)
		}
		if got := e.state(t, "other"); got.Stored || got.CheckedAt != nil || got.RootCause != nil {
			t.Errorf("the stored run of another probe, or a root cause from before, counts: %+v", got)
		}
		// However recent it is, it answers no query.
		h, err := e.Health(t.Context(), Query{MaxAge: 24 * time.Hour, Names: []string{"web"}})
		if err != nil || h.Integrations[0].Stored || h.Integrations[0].Status != check.Healthy || len(r.at["web"]) != 1 {
			t.Errorf("%+v, %v, after %d runs", h, err, len(r.at["web"]))
		}
		if got := e.state(t, "web"); got.Stored || got.Status != check.Healthy {
			t.Errorf("%+v", got)
		}
		e.Recall([]check.Run{storedRun("web", check.Unhealthy, 0)}) // comes too late
		if got := e.state(t, "web"); got.Stored {
			t.Errorf("%+v", got)
		}
		runFor(t, e, 31*time.Second)
		if o, err := e.Overview(Selection{}); err != nil || o.Stored != 1 || o.Summary.Healthy != 3 || o.Summary.Unhealthy != 1 || o.Status != check.Unhealthy {
			t.Errorf("%+v, %v", o, err) // demand has not run
		}
		if o, err := e.Overview(Selection{Statuses: []check.Status{check.Unhealthy}}); err != nil || len(o.Integrations) != 1 || o.Integrations[0].Name != "demand" || o.Summary.Total != 4 {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

// TestAgeAfterTheClockWasSetBack has a stored run that began in the future.
func TestAgeAfterTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := start(t, newBinding("demand", 0))
		future := storedRun("demand", check.Healthy, -time.Hour)
		e.Recall([]check.Run{future})
		if got := e.state(t, "demand"); got.AgeMS != 0 || !got.Stored {
			t.Errorf("%+v", got)
		}
		if got := ReportOf(future); got.AgeMS != 0 || !got.CheckedAt.Equal(future.Began.Truncate(time.Millisecond)) {
			t.Errorf("%+v", got)
		}
	})
}

func TestChangedIntegrationShowsItsOldStateAsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBinding("web", time.Hour)
		e, _ := start(t, b)
		if _, err := e.Health(t.Context(), Query{}); err != nil {
			t.Fatal(err)
		}
		changed := *b
		changed.Timeout++
		e.Bind([]*Binding{&changed})
		if got := e.state(t, "web"); !got.Stored || got.Status != check.Healthy {
			t.Errorf("%+v", got)
		}
		another := changed
		another.Probe = "degraded"
		e.Bind([]*Binding{&another})
		if got := e.state(t, "web"); got.Stored || got.Status != check.Unknown {
			t.Errorf("another probe shows the old state: %+v", got)
		}
	})
}

// TestOverviewIsCheap checks that 5,000 integrations cost no run, and few
// allocations each.
func TestOverviewIsCheap(t *testing.T) {
	var all []*Binding
	for n := range 5000 {
		all = append(all, newBinding(fmt.Sprintf("i%04d", n), time.Hour))
	}
	e, r := start(t, all...)
	runs := make([]check.Run, len(all))
	for n, b := range all {
		runs[n] = storedRun(b.Name, check.Healthy, time.Hour)
	}
	e.Recall(runs)
	allocations := testing.AllocsPerRun(5, func() {
		if o, err := e.Overview(Selection{}); err != nil || o.Stored != 5000 {
			t.Fatalf("%d stored, %v", o.Stored, err)
		}
	})
	if allocations > 5*5000 || len(r.at) != 0 {
		t.Errorf("%.0f allocations, %d runs", allocations, len(r.at))
	}
}

// BenchmarkOverview encodes the state of 5,000 integrations, as the API does.
func BenchmarkOverview(b *testing.B) {
	e := New(Options{Log: slog.New(slog.DiscardHandler), Life: b.Context(), MaxRunning: 1, Durable: sinkFunc(func(check.Run) error { return nil })})
	var all []*Binding
	runs := make([]check.Run, 5000)
	for n := range runs {
		all = append(all, newBinding(fmt.Sprintf("i%04d", n), time.Hour))
		all[n].Module = unmanaged{}
		runs[n] = storedRun(all[n].Name, check.Healthy, time.Hour)
		runs[n].Details = map[string]string{"status": "200", "version": "1.2.3"}
		runs[n].Metrics = []check.Metric{{Name: "time", Value: 12.5, Unit: "ms"}}
	}
	e.Bind(all)
	e.Recall(runs)
	for b.Loop() {
		o, err := e.Overview(Selection{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := o.AppendJSON(nil); err != nil {
			b.Fatal(err)
		}
	}
}

// TestOverviewIsEncodedAnew checks the JSON after each change that it shows.
func TestOverviewIsEncodedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web, llm := newBinding("web", time.Hour), newBinding("llm", 0)
		e, _ := start(t, llm, web)
		odd := storedRun("web", check.Unhealthy, time.Hour)
		odd.Message, odd.Details = `"age_ms":0, <&>`, map[string]string{"age_ms": "0", `"age_ms":0`: ""}
		e.Recall([]check.Run{odd, storedRun("llm", check.Unhealthy, time.Hour)})
		for _, change := range []func(){
			func() {},
			func() { time.Sleep(1234567 * time.Microsecond) },
			func() { _, _ = e.Health(t.Context(), Query{}) },
			func() {
				again := *web
				again.DependsOn = []string{"llm"}
				e.Bind([]*Binding{llm, &again})
			},
		} {
			change()
			for range 2 {
				e.state(t, "llm")
				e.state(t, "web")
			}
		}
		if got := e.find(t, "web"); len(got.DependsOn) != 1 {
			t.Errorf("%+v", got)
		}
		runFor(t, e, 0)
	})
}

// find returns an integration as Overview has it.
func (e *Engine) find(t *testing.T, name string) State {
	t.Helper()
	o, err := e.Overview(Selection{Names: []string{name}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.AppendJSON(nil)
	if err != nil {
		t.Fatal(err)
	}
	var decoded Overview
	if err := json.Unmarshal(b, &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded.Integrations[0]
}
