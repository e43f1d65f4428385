package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// Journal is a store.Journal for tests, which records what it is given. Its fields must
// not be used while a store uses it.
type Journal struct {
	// Judge, if it is set, returns what a run changes.
	Judge func(r *check.Run, c *incident.Changes)
	// All, if it is set, returns everything that is to be stored in a new database.
	All func() incident.Changes

	mu       sync.Mutex
	Steps    []string // messages of the runs
	pending  incident.Changes
	taken    *incident.Changes
	Restarts int
	Commits  int // changes that were stored
	Failures int // changes that could not be stored
}

// Step implements store.Journal.
func (j *Journal) Step(r *check.Run) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.Steps = append(j.Steps, r.Message)
	if j.Judge != nil {
		j.Judge(r, &j.pending)
	}
}

// Add adds changes that do not come from a run.
func (j *Journal) Add(c incident.Changes) {
	j.mu.Lock()
	defer j.mu.Unlock()
	join(&j.pending, &c)
}

// Pending implements store.Journal.
func (j *Journal) Pending() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.pending.Empty()
}

// Changes implements store.Journal.
func (j *Journal) Changes() *incident.Changes {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.pending
	j.pending, j.taken = incident.Changes{}, &c
	return &c
}

// Stored implements store.Journal.
func (j *Journal) Stored(ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if ok {
		j.Commits++
	} else {
		j.Failures++
		c := *j.taken
		join(&c, &j.pending)
		j.pending = c
	}
	j.taken = nil
}

// Restart implements store.Journal.
func (j *Journal) Restart() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.Restarts++
	if j.All != nil {
		c := j.All()
		join(&j.pending, &c)
	}
}

// Stepped returns how many runs were judged.
func (j *Journal) Stepped() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.Steps)
}

func join(to, from *incident.Changes) {
	to.Watches = append(to.Watches, from.Watches...)
	to.Forgotten = append(to.Forgotten, from.Forgotten...)
	to.Incidents = append(to.Incidents, from.Incidents...)
	to.Events = append(to.Events, from.Events...)
	to.Deliveries = append(to.Deliveries, from.Deliveries...)
	to.Silences = append(to.Silences, from.Silences...)
}

// StoreAlerts stores changes.
func StoreAlerts(t *testing.T, s store.Alerts, c incident.Changes) {
	t.Helper()
	j := &Journal{}
	s.Judge(j)
	j.Add(c)
	if err := s.FlushAlerts(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// IncidentOf returns an open incident with every field that is stored.
func IncidentOf(id int64, subject string, opened time.Time) incident.Incident {
	value := incident.Observation{
		At: opened.UTC(), Status: check.Unhealthy, Cause: check.Target, Message: "down \x00\u202e<b>ü", TookMS: 1.25, Value: "81 %",
		Details: map[string]string{"status": "500", "": "\n"}, Metrics: []check.Metric{{Name: "time", Value: 0.1, Unit: "ms"}}, CorrelationID: "demo",
	}
	return incident.Incident{
		ID: id, Key: "vega/x/" + subject, Subject: incident.Subject{Kind: incident.OfIntegration, Name: subject}, Severity: incident.Critical,
		Summary: subject + " is unhealthy", Alerts: []string{"health-checks"}, Group: "g/h", Runbook: "https://example.com", Opened: opened.UTC(),
		Reopened: 2, Below: 3, Acknowledged: &incident.Acknowledgement{By: "ann", Comment: "on it", At: opened.UTC()},
		Evidence: incident.Evidence{Now: &value, LastGood: &value, Below: []string{"a"}, Strain: []string{"b"}, Queries: []string{"c"}, Config: "d", Bound: "e"},
	}
}

func fullChanges(now time.Time) incident.Changes {
	value := 81.5
	ended := IncidentOf(2, "db", now.Add(-time.Hour))
	ended.Ended, ended.End, ended.Root = now.Add(-time.Minute).UTC(), incident.Recovered, 1
	return incident.Changes{
		Watches: []incident.Watch{
			{Alert: "a", Subject: incident.Subject{Kind: incident.OfIntegration, Name: "db"}, Phase: incident.Pending, Streak: 1},
			{
				Alert: "health-checks", Subject: incident.Subject{Kind: incident.OfMetric, Name: "m", Instance: "/\xff"}, Phase: incident.Recovering, Condition: "c",
				Since: now, Evaluated: now, Streak: 4, Observed: time.Minute, Unknown: true, Message: "m", Value: &value,
				Fired: now, Resolved: now, Reopened: 1, Incident: 1, Distrust: true,
			},
		},
		Incidents: []incident.Incident{IncidentOf(1, "web", now), ended},
		Events:    []incident.Event{{Incident: 1, At: now, Kind: "opened", Text: "t", By: "chat"}, {Incident: 1, At: now, Kind: "notified", Text: "u"}},
		Deliveries: []incident.Delivery{
			{
				Incident: 1, Notifier: "chat", Notified: true, InFlight: true, Kind: incident.Reminder, Seq: 3, Attempts: 2, Tried: now, Sent: now, Next: now,
				Since: now, Dead: true, Error: "500", Severity: incident.Warning, Escalated: true, Missed: true,
			},
			{Incident: 1, Notifier: "oncall", Done: true},
		},
		Silences: []incident.Silence{{ID: 4, Integrations: []string{"*"}, Alerts: []string{"x"}, From: now, Until: now.Add(time.Hour), By: "ann", Comment: "c"}},
	}
}

// alertsAreStoredExactly reads what was stored after opening the database again.
func alertsAreStoredExactly(t *testing.T, d database) {
	now := time.Now().UTC().Round(0)
	s := d.openUnclosed(t)
	if state, err := s.AlertState(t.Context()); err != nil || !reflect.DeepEqual(state, incident.State{}) {
		t.Errorf("of a new store: %+v, %v", state, err)
	}
	c := fullChanges(now)
	StoreAlerts(t, s, c)
	closeStore(t, s)
	s = d.open(t)
	state, err := s.AlertState(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := incident.State{Watches: c.Watches, Incidents: c.Incidents, Deliveries: c.Deliveries, Silences: c.Silences, LastIncident: 2, LastSilence: 4}
	if !reflect.DeepEqual(state, want) {
		t.Errorf("got  %+v\nwant %+v", state, want)
	}
	r, err := s.Incident(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := range r.Timeline {
		if r.Timeline[n].ID == 0 {
			t.Error("an event has no ID")
		}
		r.Timeline[n].ID = 0
	}
	if wanted := (store.IncidentRecord{Incident: c.Incidents[0], Timeline: c.Events, Deliveries: c.Deliveries, Below: c.Incidents[1:]}); !reflect.DeepEqual(r, wanted) {
		t.Errorf("got  %+v\nwant %+v", r, wanted)
	}
	if _, err := s.Incident(t.Context(), 3); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an incident that does not exist: %v", err)
	}
	StoreAlerts(t, s, incident.Changes{Forgotten: []incident.Watch{{Alert: "a", Subject: c.Watches[0].Subject}}, Events: c.Events})
	if state, err = s.AlertState(t.Context()); err != nil || len(state.Watches) != 1 {
		t.Errorf("a watch that was forgotten: %+v, %v", state.Watches, err)
	}
	if r, err = s.Incident(t.Context(), 1); err != nil || len(r.Timeline) != 2 {
		t.Errorf("events that are stored again: %+v, %v", r.Timeline, err)
	}
}

// incidentPagesAreComplete reads incidents by all combinations of filters, in small pages.
func incidentPagesAreComplete(t *testing.T, d database) {
	s := d.open(t)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var all []incident.Incident
	for n := range 60 {
		i := IncidentOf(int64(n+1), fmt.Sprint("s", n%3), day.Add(time.Duration(n*7%30)*time.Hour)) // two open at once
		i.Alerts = []string{fmt.Sprint("a", n%4), "all"}
		if n%5 != 0 {
			i.Ended, i.End = i.Opened.Add(time.Duration(n)*time.Minute), incident.Recovered
		}
		all = append(all, i)
	}
	StoreAlerts(t, s, incident.Changes{Incidents: all})
	slices.SortFunc(all, func(a, b incident.Incident) int {
		if c := b.Opened.Compare(a.Opened); c != 0 {
			return c
		}
		return int(b.ID - a.ID)
	})
	yes, no := true, false
	for _, open := range []*bool{nil, &yes, &no} {
		for _, subject := range []string{"", "s1", "none"} {
			for _, alert := range []string{"", "a2", "all", "none"} {
				for _, since := range []time.Time{{}, day.Add(9 * time.Hour), day.AddDate(1, 0, 0)} {
					for _, until := range []time.Time{{}, day, day.Add(20 * time.Hour)} {
						q := store.IncidentQuery{Open: open, Subject: subject, Alert: alert, Since: since, Until: until, Limit: 3}
						want := slices.DeleteFunc(slices.Clone(all), func(i incident.Incident) bool {
							return open != nil && i.Open() != *open || subject != "" && i.Subject.Name != subject || alert != "" && !slices.Contains(i.Alerts, alert) ||
								!i.Open() && i.Ended.Before(since) || !until.IsZero() && !i.Opened.Before(until)
						})
						if got := incidents(t, s, q); !reflect.DeepEqual(got, append([]incident.Incident{}, want...)) {
							t.Fatalf("%+v: %d incidents, want %d", q, len(got), len(want))
						}
					}
				}
			}
		}
	}
	for _, q := range []store.IncidentQuery{{Limit: -1}, {Limit: store.MaxPage + 1}, {Cursor: "x"}} {
		if _, err := s.Incidents(t.Context(), q); err == nil {
			t.Errorf("%+v is accepted", q)
		}
	}
}

// incidents reads all pages of a query.
func incidents(t *testing.T, s store.Alerts, q store.IncidentQuery) []incident.Incident {
	t.Helper()
	all := []incident.Incident{}
	for {
		p, err := s.Incidents(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, p.Incidents...); len(all) > 10_000 {
			t.Fatal("the pages do not end")
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			return all
		}
	}
}

func silencesAreListed(t *testing.T, d database) {
	s := d.open(t)
	now := time.Now().UTC()
	var all []incident.Silence
	for n := range 7 {
		all = append(all, incident.Silence{ID: int64(n + 1), Integrations: []string{}, Alerts: []string{}, From: now, Until: now.Add(time.Duration(n-3) * 24 * time.Hour), By: fmt.Sprint(n)})
	}
	StoreAlerts(t, s, incident.Changes{Silences: all})
	all[5].Ended, all[5].EndedBy = now, "bob"
	StoreAlerts(t, s, incident.Changes{Silences: all[5:6]})
	var got []incident.Silence
	for cursor := ""; ; {
		p, err := s.Silences(t.Context(), 3, cursor)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Silences...)
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	slices.Reverse(got)
	if !reflect.DeepEqual(got, all) {
		t.Errorf("got  %+v\nwant %+v", got, all)
	}
	state, err := s.AlertState(t.Context())
	if err != nil || state.LastSilence != 7 || len(state.Silences) != 5 || state.Silences[0].ID != 3 {
		t.Errorf("those that alerting continues with: %+v, %v", state, err)
	}
}

func figuresAreCombined(t *testing.T, d database) {
	s := d.open(t)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	put := func(rows ...store.FigureRow) {
		t.Helper()
		if err := s.AppendFigures(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
	}
	put(store.FigureRow{Minute: day, Resource: "r", Last: 5, Min: 5, Max: 5}, store.FigureRow{Minute: day, Resource: "r", Subject: "/", Last: 2, Min: 1, Max: 3.5})
	put(store.FigureRow{Minute: day, Resource: "r", Last: 4, Min: 3, Max: 4}, store.FigureRow{Minute: day.Add(time.Minute), Resource: "a", Last: 1, Min: 1, Max: 1})
	want := []store.FigureRow{
		{Minute: day, Resource: "r", Last: 4, Min: 3, Max: 5},
		{Minute: day, Resource: "r", Subject: "/", Last: 2, Min: 1, Max: 3.5},
		{Minute: day.Add(time.Minute), Resource: "a", Last: 1, Min: 1, Max: 1},
	}
	for _, c := range []struct {
		q    store.FigureQuery
		want []store.FigureRow
	}{
		{store.FigureQuery{}, want},
		{store.FigureQuery{Resource: "r"}, want[:1]},
		{store.FigureQuery{Resource: "r", Subject: "/"}, want[1:2]},
		{store.FigureQuery{Since: day.Add(time.Second)}, want[2:]},
		{store.FigureQuery{Until: day.Add(time.Second)}, want[:2]},
		{store.FigureQuery{Resource: "none"}, []store.FigureRow{}},
	} {
		if got, err := s.Figures(t.Context(), c.q); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: got %+v, %v, want %+v", c.q, got, err, c.want)
		}
	}
}

// pendingWatch makes a watch of a run that is not healthy pending.
func pendingWatch(r *check.Run, c *incident.Changes) {
	if r.Status != check.Healthy {
		c.Watches = append(c.Watches, incident.Watch{Alert: "a", Subject: incident.Subject{Kind: incident.OfIntegration, Name: r.Integration}, Phase: incident.Pending, Message: r.Message})
	}
}

// runsAreJudgedInOrder compares what the journal was given with what was stored.
func runsAreJudgedInOrder(t *testing.T, d database) {
	s := d.open(t)
	j := &Journal{Judge: pendingWatch}
	s.Judge(j)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for n := range 500 {
				r := RunOf(fmt.Sprint("i", w), time.Now())
				r.Message = fmt.Sprint(w, " ", n)
				if n%100 == 99 {
					r.Status = check.Unhealthy
				}
				if err := s.AppendRun(t.Context(), r); err != nil {
					t.Error(err)
				}
				if n%50 == 0 {
					if err := s.FlushAlerts(t.Context()); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	if err := s.FlushRuns(t.Context()); err != nil {
		t.Fatal(err)
	}
	var stored []string
	err := s.RunsInOrder(t.Context(), time.Time{}, func(r *check.Run) bool {
		stored = append(stored, r.Message)
		return true
	})
	if err != nil || !slices.Equal(stored, j.Steps) || len(stored) != 2000 {
		t.Errorf("%d runs were judged, %d are stored in that order, %v", len(j.Steps), len(stored), err)
	}
	state, err := s.AlertState(t.Context())
	if err != nil || len(state.Watches) != 4 {
		t.Fatalf("%+v, %v", state, err)
	}
	for w, watch := range state.Watches {
		if want := fmt.Sprint(w, " ", 499); watch.Message != want {
			t.Errorf("the watch of %s has %q, want %q", watch.Subject.Name, watch.Message, want)
		}
	}
}

// runsAreReadInOrder reads runs since a time until a certain one.
func runsAreReadInOrder(t *testing.T, d database) {
	s := d.open(t)
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var want []check.Run
	for n := range 30 {
		r := RunOf(fmt.Sprint("i", n%3), began.Add(time.Duration(n)*time.Minute))
		r.Message = fmt.Sprint(n)
		switch n % 4 {
		case 1:
			r.Details, r.Metrics, r.CorrelationID = map[string]string{}, []check.Metric{}, "demo"
		case 2:
			late := time.Second
			r.Contention = &check.Contention{Late: late, Throttled: &late}
			r.Details["text"] = "a \"quoted\" \\ \x00 \u2028 ü"
		case 3:
			r.Status, r.Cause = check.Unhealthy, check.Timeout
			for i := range 64 {
				r.Details[fmt.Sprintf("%0128d", i)] = "x" // more names than rows share
			}
		}
		AppendRuns(t, s, r)
		want = append(want, check.Run{Integration: r.Integration, Status: r.Status, Cause: r.Cause, Message: r.Message, Began: r.Began, Took: r.Took})
	}
	read := func(ctx context.Context, since time.Time, last string) (got []check.Run, err error) {
		err = s.RunsInOrder(ctx, since, func(r *check.Run) bool {
			got = append(got, *r)
			got[len(got)-1].ID = 0
			return r.Message != last
		})
		return got, err
	}
	for _, c := range []struct {
		since time.Time
		last  string
		want  []check.Run
	}{
		{time.Time{}, "", want},
		{began.Add(-time.Hour), "", want},
		{began.Add(10 * time.Minute), "20", want[10:21]}, // it lasted a millisecond
		{began.Add(10*time.Minute + time.Second), "", want[11:]},
		{began.AddDate(1, 0, 0), "", nil},
	} {
		if got, err := read(t.Context(), c.since, c.last); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("since %v: %v\ngot  %+v\nwant %+v", c.since, err, got, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := read(ctx, time.Time{}, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}
