package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
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
	streamed, err2 := e.Overview(Selection{Names: []string{name}, Stream: true})
	if o.At = streamed.At; err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, shown := range []Overview{o, streamed} {
		var encoded strings.Builder
		err2 := shown.WriteJSON(&encoded)
		if plain, err3 := json.Marshal(o); err2 != nil || err3 != nil || encoded.String() != string(plain) {
			t.Errorf("encoded as %s\nwant       %s; %v, %v", encoded.String(), plain, err2, err3)
		}
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
	b.ReportAllocs()
	for b.Loop() {
		o, err := e.Overview(Selection{Stream: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := o.WriteJSON(io.Discard); err != nil {
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
	o, err := e.Overview(Selection{Names: []string{name}, Stream: true})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := o.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var decoded Overview
	if err := json.Unmarshal(b.Bytes(), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded.Integrations[0]
}

// fleetOf returns an engine with integrations that have a stored run. The last one
// depends on the first.
func fleetOf(t *testing.T, n int) *Engine {
	t.Helper()
	all, runs := make([]*Binding, n), make([]check.Run, n)
	for n := range all {
		all[n] = newBinding(fmt.Sprintf("i%05d", n), time.Hour)
		runs[n] = storedRun(all[n].Name, check.Healthy, time.Hour)
		runs[n].Message = strings.Repeat("message ", 20)
		runs[n].Details = map[string]string{"status": "200", "version": "1.2.3"}
	}
	all[n-1].DependsOn = []string{all[0].Name}
	e, _ := start(t, all...)
	e.Recall(runs)
	return e
}

// flow counts what is written to it, and the largest part.
type flow struct{ total, most int }

func (f *flow) Write(b []byte) (int, error) {
	f.total, f.most = f.total+len(b), max(f.most, len(b))
	return len(b), nil
}

// TestAnswersAreStreamed checks that an answer about 5,000 integrations is written in
// parts, and that the memory for it is a small part of its length.
func TestAnswersAreStreamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := fleetOf(t, 5000)
		if _, err := e.Health(t.Context(), Query{Stream: true}); err != nil {
			t.Fatal(err)
		}
		health := func(w io.Writer) error {
			h, err := e.Health(t.Context(), Query{MaxAge: time.Hour, Stream: true})
			return errors.Join(err, h.WriteJSON(w))
		}
		overview := func(w io.Writer) error {
			o, err := e.Overview(Selection{Stream: true})
			return errors.Join(err, o.WriteJSON(w))
		}
		for name, write := range map[string]func(io.Writer) error{"health": health, "overview": overview} {
			written := &flow{}
			if err := write(written); err != nil || written.total < 5000*250 || written.most > 2*chunk {
				t.Errorf("%s: %d bytes, at most %d in one part; %v", name, written.total, written.most, err)
			}
			if held := heldBy(func(w io.Writer) { _ = write(w) }); held > int64(written.total)/2 {
				t.Errorf("%s: %d bytes are held for an answer of %d", name, held, written.total)
			}
		}
	})
}

// heldBy returns by how much the live memory grows while do is in the middle of an
// answer.
func heldBy(do func(io.Writer)) (most int64) {
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, parts := live(), 0
	do(writerFunc(func(b []byte) (int, error) {
		if parts++; parts == 10 {
			most = live() - before
		}
		return len(b), nil
	}))
	return most
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestHealthIsStreamedAsItIsEncoded compares both forms of an answer with root causes and
// annotations.
func TestHealthIsStreamedAsItIsEncoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web, db := newBinding("web", time.Hour), newBinding("db", time.Hour)
		web.DependsOn, web.Group, web.Probe, db.Probe = []string{"db"}, "shop", "unhealthy", "unhealthy"
		e, _ := start(t, db, newBinding("off", 0), web)
		if _, err := e.Health(t.Context(), Query{}); err != nil {
			t.Fatal(err)
		}
		for _, names := range [][]string{nil, {"web"}} {
			whole, err := e.Health(t.Context(), Query{MaxAge: time.Hour, Names: names})
			streamed, err2 := e.Health(t.Context(), Query{MaxAge: time.Hour, Names: names, Stream: true})
			if err != nil || err2 != nil || streamed.Integrations != nil || len(whole.Integrations[len(whole.Integrations)-1].RootCause) == 0 {
				t.Fatalf("%+v, %v, %v", whole, err, err2)
			}
			whole.CorrelationID, streamed.CorrelationID = "", ""
			want, err := json.Marshal(whole)
			for _, h := range []Health{whole, streamed} {
				var got strings.Builder
				if err2 := h.WriteJSON(&got); err != nil || err2 != nil || got.String() != string(want) {
					t.Errorf("%s\nwant %s; %v, %v", got.String(), want, err, err2)
				}
			}
		}
	})
}

// TestStreamEndsWithItsReader checks that a failed write ends an answer.
func TestStreamEndsWithItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := fleetOf(t, 1000)
		o, err := e.Overview(Selection{Stream: true})
		if err != nil {
			t.Fatal(err)
		}
		writes := 0
		err = o.WriteJSON(writerFunc(func([]byte) (int, error) {
			writes++
			return 0, io.ErrClosedPipe
		}))
		if !errors.Is(err, io.ErrClosedPipe) || writes != 1 {
			t.Errorf("%v after %d writes", err, writes)
		}
	})
}
