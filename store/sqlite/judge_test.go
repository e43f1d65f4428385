//go:build unix

package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/storetest"
)

// judge is a small alerting: two bad runs in a row open an incident, and a good one ends
// it. Its state depends on nothing but the runs, and on when send is called.
type judge struct {
	mu      sync.Mutex
	state   incident.State
	pending incident.Changes
}

// The judge's runs are of some integrations in turn.
const (
	judgedIntegrations = 5
	judgedRound        = 10 // runs between two calls of send
)

// judgedRun returns the nth run, which is the same each time.
func judgedRun(n int) *check.Run {
	random := rand.New(rand.NewPCG(uint64(n), 7))
	r := storetest.RunOf(fmt.Sprint("i", n%judgedIntegrations), time.UnixMilli(int64(1_760_000_000_000+1000*n)))
	r.Message = strconv.Itoa(n)
	if random.IntN(2) == 0 {
		r.Status = check.Unhealthy
	}
	return r
}

func find[T any](all []T, is func(*T) bool) *T {
	for n := range all {
		if is(&all[n]) {
			return &all[n]
		}
	}
	return nil
}

func (j *judge) Step(r *check.Run) {
	j.mu.Lock()
	defer j.mu.Unlock()
	subject := incident.Subject{Kind: incident.OfIntegration, Name: r.Integration}
	w := find(j.state.Watches, func(w *incident.Watch) bool { return w.Subject == subject })
	open := find(j.state.Incidents, func(i *incident.Incident) bool { return i.Subject == subject && i.Open() })
	if r.Status == check.Healthy {
		if w != nil {
			j.pending.Forgotten = append(j.pending.Forgotten, *w)
			j.pending.Watches = slices.DeleteFunc(j.pending.Watches, func(p incident.Watch) bool { return p.Subject == subject })
			j.state.Watches = slices.DeleteFunc(j.state.Watches, func(p incident.Watch) bool { return p.Subject == subject })
		}
		if open != nil {
			open.Ended, open.End = r.Began, incident.Recovered
			j.changed(open, "recovered", r)
		}
		return
	}
	if w == nil {
		j.state.Watches = append(j.state.Watches, incident.Watch{Alert: "a", Subject: subject, Phase: incident.Pending})
		w = &j.state.Watches[len(j.state.Watches)-1]
	}
	w.Streak, w.Message, w.Evaluated = w.Streak+1, r.Message, r.Began
	if w.Streak == 2 {
		j.state.LastIncident++
		i := storetest.IncidentOf(j.state.LastIncident, r.Integration, r.Began)
		w.Phase, w.Incident = incident.Firing, i.ID
		j.state.Incidents = append(j.state.Incidents, i)
		j.changed(&i, "opened", r)
		j.deliver(incident.Delivery{Incident: i.ID, Notifier: "chat"})
	}
	j.pending.Watches = append(j.pending.Watches, *w)
	j.pending.Forgotten = slices.DeleteFunc(j.pending.Forgotten, func(p incident.Watch) bool { return p.Subject == subject })
}

func (j *judge) changed(i *incident.Incident, kind string, r *check.Run) {
	j.pending.Incidents = append(j.pending.Incidents, *i)
	j.pending.Events = append(j.pending.Events, incident.Event{Incident: i.ID, At: r.Began, Kind: kind, Text: r.Message})
}

func (j *judge) deliver(d incident.Delivery) {
	if old := find(j.state.Deliveries, func(o *incident.Delivery) bool { return o.Incident == d.Incident }); old != nil {
		*old = d
	} else {
		j.state.Deliveries = append(j.state.Deliveries, d)
	}
	j.pending.Deliveries = append(j.pending.Deliveries, d)
}

// send marks what is due as in flight, and returns it. done must be called next.
func (j *judge) send() (due []incident.Delivery) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, d := range slices.Clone(j.state.Deliveries) {
		i := find(j.state.Incidents, func(i *incident.Incident) bool { return i.ID == d.Incident })
		over := i == nil || !i.Open()
		switch {
		case d.Done, d.Notified && !over && !d.InFlight:
			continue
		case over && !d.Notified && !d.InFlight:
			d.Done = true // nobody was notified
			j.deliver(d)
			continue
		case !d.InFlight:
			d.Seq, d.InFlight = d.Seq+1, true
		}
		d.Kind = incident.Opening
		if d.Notified {
			d.Kind = incident.Resolve
		}
		j.deliver(d)
		due = append(due, d)
	}
	return due
}

func (j *judge) done(due []incident.Delivery) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, d := range due {
		d.InFlight, d.Notified, d.Done = false, d.Kind == incident.Opening, d.Kind == incident.Resolve
		j.deliver(d)
	}
}

func (j *judge) Pending() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.pending.Empty()
}

func (j *judge) Changes() *incident.Changes {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.pending
	j.pending = incident.Changes{}
	return &c
}

func (j *judge) Stored(ok bool) {
	if !ok {
		panic("a write failed")
	}
}

func (j *judge) Restart() {}

// judgeForever judges runs from the first that is not stored up to a number. It prints
// what is acknowledged: r and the number of a run; s, an incident, a kind and a number of
// what is sent; a and the same of what is known to have arrived.
func judgeForever(path string, until int) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	j := &judge{}
	if j.state, err = s.AlertState(ctx); err != nil {
		return err
	}
	s.Judge(j)
	next := 0
	err = s.RunsInOrder(ctx, time.Time{}, func(r *check.Run) bool {
		if r.Message != strconv.Itoa(next) {
			panic(fmt.Sprintf("run %s is stored at place %d", r.Message, next))
		}
		next++
		return true
	})
	if err != nil {
		return err
	}
	for {
		if next > 0 && next%judgedRound == 0 { // perhaps again
			if err := sendAll(ctx, s, j); err != nil {
				return err
			}
		}
		if next == until {
			return s.Close()
		}
		for ok := true; ok; ok = next%judgedRound != 0 {
			if err := s.AppendRun(ctx, judgedRun(next)); err != nil {
				return err
			}
			next++
		}
		if err := s.FlushRuns(ctx); err != nil {
			return err
		}
		fmt.Println("r", next)
	}
}

func sendAll(ctx context.Context, s *sqlite.Store, j *judge) error {
	due := j.send()
	if err := s.FlushAlerts(ctx); err != nil || len(due) == 0 {
		return err
	}
	for _, d := range due {
		fmt.Println("s", d.Incident, d.Kind, d.Seq)
	}
	j.done(due)
	if err := s.FlushAlerts(ctx); err != nil {
		return err
	}
	for _, d := range due {
		fmt.Println("a", d.Incident, d.Kind, d.Seq)
	}
	return nil
}

// acknowledged is what the children said.
type acknowledged struct {
	runs    int
	sent    map[string]int // messages, and how often they were sent
	arrived map[int64]incident.Delivery
}

// child runs a child until it has printed some lines, and kills it.
func (a *acknowledged) child(t *testing.T, path string, until, lines int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "VEGA_TEST_STORE="+path, fmt.Sprint("VEGA_TEST_JUDGE=", until))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for in := bufio.NewReader(out); ; lines-- {
		if lines == 0 {
			_ = cmd.Process.Kill()
		}
		line, err := in.ReadString('\n')
		if err != nil {
			break // a partial line was not acknowledged
		}
		a.note(t, strings.Fields(line))
	}
	if err := cmd.Wait(); err != nil && lines > 0 {
		t.Fatalf("the child failed: %v", err)
	}
	_, _ = io.Copy(io.Discard, out)
}

func (a *acknowledged) note(t *testing.T, f []string) {
	t.Helper()
	if f[0] == "r" {
		a.runs, _ = strconv.Atoi(f[1])
		return
	}
	of, _ := strconv.ParseInt(f[1], 10, 64)
	seq, _ := strconv.Atoi(f[3])
	switch f[0] {
	case "s":
		a.sent[strings.Join(f[1:], " ")]++
	case "a":
		a.arrived[of] = incident.Delivery{Incident: of, Kind: incident.NoticeKind(f[2]), Seq: seq}
	default:
		t.Fatal(f)
	}
}

// check compares what is stored with what was acknowledged.
func (a *acknowledged) check(t *testing.T, s *sqlite.Store) {
	t.Helper()
	if n, _ := strconv.Atoi(query(t, s, "SELECT count(*) FROM runs")); n < a.runs {
		t.Errorf("%d runs of %d are stored", n, a.runs)
	}
	for id, want := range a.arrived {
		r, err := s.Incident(t.Context(), id)
		if err != nil || len(r.Deliveries) != 1 {
			t.Fatalf("incident %d, of which somebody was notified: %+v, %v", id, r, err)
		}
		got := r.Deliveries[0]
		if got.Seq < want.Seq || !got.Notified && !got.Done {
			t.Errorf("a message arrived: %+v, stored is %+v", want, got)
		}
	}
	if got := query(t, s, "PRAGMA integrity_check"); got != "ok" {
		t.Fatalf("after a kill: %s", got)
	}
}

// unkilled returns the state after runs that nothing interrupted, and all events.
func unkilled(runs int) (incident.State, map[int64][]incident.Event) {
	j, events := &judge{}, map[int64][]incident.Event{}
	for n := range runs {
		j.Step(judgedRun(n))
		if (n+1)%judgedRound == 0 {
			j.done(j.send())
		}
	}
	for _, e := range j.pending.Events {
		events[e.Incident] = append(events[e.Incident], e)
	}
	return j.state, events
}

// A daemon that is killed again and again between a step, its commit, an attempt to send
// and its outcome has the same state as one that is not. VEGA_KILLS=100 sets the number of
// kills.
func TestKillsDoNotChangeAlerting(t *testing.T) {
	kills, _ := strconv.Atoi(os.Getenv("VEGA_KILLS"))
	kills = max(kills, 10)
	const runs = 4000
	path := filepath.Join(t.TempDir(), "vega.db")
	a := &acknowledged{sent: map[string]int{}, arrived: map[int64]incident.Delivery{}}
	killed := 0
	for range kills {
		a.child(t, path, runs, 1+rand.IntN(2*runs/judgedRound/kills))
		if a.runs < runs {
			killed++
		}
		s := openUnclosed(t, path)
		a.check(t, s)
		closeStore(t, s)
	}
	a.child(t, path, runs, 1<<30)
	s := open(t, path)
	a.check(t, s)
	want, events := unkilled(runs)
	messages, doubled := 0, 0
	for _, d := range want.Deliveries {
		messages += d.Seq
	}
	for _, n := range a.sent {
		doubled += n - 1
	}
	if len(a.sent) != messages {
		t.Errorf("%d messages were sent, want %d", len(a.sent), messages)
	}
	for _, i := range want.Incidents {
		r, err := s.Incident(t.Context(), i.ID)
		for n := range r.Timeline {
			r.Timeline[n].ID = 0
		}
		d := find(want.Deliveries, func(d *incident.Delivery) bool { return d.Incident == i.ID })
		if wanted := (store.IncidentRecord{Incident: i, Timeline: events[i.ID], Deliveries: []incident.Delivery{*d}, Below: []incident.Incident{}}); err != nil || !reflect.DeepEqual(r, wanted) {
			t.Errorf("got  %+v, %v\nwant %+v", r, err, wanted)
		}
	}
	got, err := s.AlertState(t.Context())
	slices.SortFunc(want.Watches, func(a, b incident.Watch) int { return strings.Compare(a.Subject.Name, b.Subject.Name) })
	if err != nil || got.LastIncident != want.LastIncident || !reflect.DeepEqual(got.Watches, want.Watches) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	t.Logf("%d kills in %d runs: %d incidents and %d messages, none lost; %d sent twice with the same number", killed, runs, len(want.Incidents), messages, doubled)
}
