package sqlite_test

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/storetest"
)

// synchronous counts how often the setting of the store's writing connection was changed.
func synchronous(s *sqlite.Store) (changes int64) {
	for _, q := range s.Profiler().Stats().Statements {
		if strings.HasPrefix(q.Statement, "PRAGMA synchronous = ?") {
			changes += q.Total
		}
	}
	return changes
}

// Only a transaction with changes waits for the disk.
func TestOnlyChangesWaitForTheDisk(t *testing.T) {
	s := fresh(t)
	j := &storetest.Journal{Judge: func(r *check.Run, c *incident.Changes) {
		if r.Status != check.Healthy {
			c.Watches = append(c.Watches, incident.Watch{Alert: "a", Phase: incident.Pending, Subject: incident.Subject{Kind: incident.OfIntegration, Name: "web"}})
		}
	}}
	s.Judge(j)
	bad := storetest.RunOf("web", time.Now())
	bad.Status = check.Unhealthy
	for _, c := range []struct {
		what string
		do   func()
		want int64
	}{
		{"healthy runs", func() { storetest.AppendRuns(t, s, storetest.RunOf("web", time.Now())) }, 0},
		{"a run that changes something", func() { storetest.AppendRuns(t, s, bad) }, 2},
		{"nothing", func() { flushAlerts(t, s) }, 0},
		{"an acknowledgement", func() {
			j.Add(incident.Changes{Incidents: []incident.Incident{storetest.IncidentOf(1, "web", time.Now())}})
			flushAlerts(t, s)
		}, 2},
		{"healthy runs after it", func() { storetest.AppendRuns(t, s, storetest.RunOf("web", time.Now())) }, 0},
		{"a conversation", func() { log(t, s, store.Conversation{SessionID: "s", Source: "x"}) }, 0},
	} {
		before := synchronous(s)
		if c.do(); synchronous(s)-before != c.want {
			t.Errorf("%s: synchronous was set %d times; want %d", c.what, synchronous(s)-before, c.want)
		}
	}
	const normal, full = 1, 2
	if with, without, failed, err := s.Synchronous(t.Context()); with != full || without != normal || failed != normal || err != nil {
		t.Errorf("in a transaction with changes: %d, without: %d, after one that failed: %d, %v", with, without, failed, err)
	}
}

func flushAlerts(t *testing.T, s *sqlite.Store) {
	t.Helper()
	if err := s.FlushAlerts(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Any text can be stored, and a number or a time that JSON does not have keeps nothing
// else from being stored.
func TestAnyRecordCanBeStored(t *testing.T) {
	s := fresh(t)
	now := time.Now().UTC()
	texts := []string{"", "\x00", "\xff\xfe", "a\x00b", "\u2028\u202e", `"\`, "'; DROP TABLE incidents; --", strings.Repeat("x", 1<<20), "🙂", "%s\n"}
	nan, inf := math.NaN(), math.Inf(-1)
	far := time.Date(123_456_789, 1, 1, 0, 0, 0, 0, time.UTC)
	var c incident.Changes
	for n, text := range texts {
		i := storetest.IncidentOf(int64(n+1), text, now)
		i.Summary, i.Group, i.Alerts, i.Acknowledged.By = text, text, []string{text}, text
		c.Incidents = append(c.Incidents, i)
		c.Watches = append(c.Watches, incident.Watch{Alert: text, Subject: incident.Subject{Kind: incident.OfMetric, Name: text, Instance: text}, Phase: incident.Firing, Incident: i.ID, Message: text, Value: &nan})
		c.Deliveries = append(c.Deliveries, incident.Delivery{Incident: i.ID, Notifier: text, Error: text})
		c.Events = append(c.Events, incident.Event{Incident: i.ID, At: far, Kind: text, Text: text, By: text})
		c.Silences = append(c.Silences, incident.Silence{ID: i.ID, Integrations: []string{text}, Alerts: []string{}, From: now, Until: far, By: text})
	}
	c.Incidents[0].Evidence.Now.Metrics = []check.Metric{{Name: "good", Value: 1}, {Name: "bad", Value: inf}}
	c.Incidents[0].Evidence.LastGood = &incident.Observation{TookMS: nan, At: far}
	c.Incidents[1].Opened, c.Incidents[1].Acknowledged.Until = time.Time{}, far
	c.Incidents[2].Ended = far.Add(-time.Hour)
	storetest.StoreAlerts(t, s, c)
	state, err := s.AlertState(t.Context())
	if err != nil || len(state.Watches) != len(texts) || len(state.Incidents) != len(texts) || len(state.Deliveries) != len(texts) || len(state.Silences) != len(texts) {
		t.Fatalf("%d watches, %d incidents, %v", len(state.Watches), len(state.Incidents), err)
	}
	for n, text := range texts {
		r, err := s.Incident(t.Context(), int64(n+1))
		if err != nil || len(r.Timeline) != 1 || r.Deliveries[0].Notifier != text {
			t.Errorf("%.40q: %v", text, err)
		}
		if valid := strings.ToValidUTF8(text, "\ufffd"); valid == text && (r.Subject.Name != text || r.Summary != text || r.Alerts[0] != text || r.Timeline[0].By != text) {
			t.Errorf("got %+v", r)
		}
		found := false
		for _, w := range state.Watches {
			found = found || w.Alert == text && w.Subject.Name == text && w.Subject.Instance == text && w.Incident == int64(n+1) && w.Value == nil
		}
		if !found {
			t.Errorf("%.40q: no watch", text)
		}
	}
	if m := state.Incidents[0].Evidence.Now.Metrics; len(m) != 1 || m[0].Name != "good" || *c.Watches[0].Value == *c.Watches[0].Value {
		t.Errorf("metrics %v; the caller's record must not change", m)
	}
	if err := s.AppendFigures(t.Context(), []store.FigureRow{{Resource: "r", Last: nan, Min: 1, Max: 2}, {Resource: "\x00\xff", Subject: "'", Last: -inf * 0, Min: 1, Max: 2}, {Minute: now, Resource: "r", Last: 1, Min: 1, Max: 1}}); err != nil {
		t.Error(err)
	}
	if rows, err := s.Figures(t.Context(), store.FigureQuery{}); err != nil || len(rows) != 1 {
		t.Errorf("%+v, %v", rows, err)
	}
}

// A row that can't be used is reported, and all others are.
func TestBrokenRowsDoNotKeepAlertingFromStarting(t *testing.T) {
	s := fresh(t)
	now := time.Now().UTC()
	var c incident.Changes
	for id := int64(1); id <= 4; id++ {
		name := fmt.Sprint("s", id)
		c.Incidents = append(c.Incidents, storetest.IncidentOf(id, name, now))
		c.Watches = append(c.Watches, incident.Watch{Alert: "a", Subject: incident.Subject{Kind: incident.OfMetric, Name: name}, Phase: incident.Firing})
		c.Deliveries = append(c.Deliveries, incident.Delivery{Incident: id, Notifier: "chat"})
		c.Events = append(c.Events, incident.Event{Incident: id, At: now, Text: name})
		c.Silences = append(c.Silences, incident.Silence{ID: id, From: now, Until: now.Add(time.Hour), By: name})
	}
	storetest.StoreAlerts(t, s, c)
	db := raw(t, s.Path())
	execSQL(t, db, `UPDATE incidents SET data = 'nonsense' WHERE id = 1; UPDATE incidents SET data = json_set(data, '$.severity', 'apocalyptic') WHERE id = 2;
		UPDATE incidents SET data = json_set(data, '$.opened', 5) WHERE id = 3;
		UPDATE watches SET data = '' WHERE name = 's1'; UPDATE watches SET data = json_set(data, '$.phase', 'dreaming') WHERE name = 's2'; UPDATE watches SET kind = 'moon' WHERE name = 's3';
		UPDATE deliveries SET data = '[]' WHERE incident = 4; UPDATE silences SET data = '{"from": "yesterday"}' WHERE id = 4; UPDATE incident_events SET data = '{' WHERE incident = 4`)
	state, err := s.AlertState(t.Context())
	broken, ok := errors.AsType[*store.RowsError](err)
	if !ok || len(broken.Rows) != 8 || !strings.Contains(err.Error(), `incident 2 on "s2" in the store can't be used: severity "apocalyptic": this version of vega does not know it`) || !strings.Contains(err.Error(), "and 3 more rows") {
		t.Errorf("got %v", err)
	}
	if len(state.Incidents) != 1 || state.Incidents[0].ID != 4 || len(state.Watches) != 1 || len(state.Deliveries) != 3 || len(state.Silences) != 3 || state.LastIncident != 4 {
		t.Errorf("got %+v", state)
	}
	p, err := s.Incidents(t.Context(), store.IncidentQuery{Limit: 1})
	for want := int64(4); want > 0; want-- {
		if err != nil || len(p.Incidents) != 1 || p.Incidents[0].ID != want || p.Incidents[0].Subject.Name != fmt.Sprint("s", want) || !p.Incidents[0].Opened.Equal(p.Incidents[0].Opened) {
			t.Fatalf("page %d: %+v, %v", want, p, err)
		}
		p, err = s.Incidents(t.Context(), store.IncidentQuery{Limit: 1, Cursor: p.Next})
		if want == 1 {
			break
		}
	}
	r, err := s.Incident(t.Context(), 4)
	if err != nil || len(r.Timeline) != 1 || !strings.Contains(r.Timeline[0].Text, "can't be used") || !strings.Contains(r.Deliveries[0].Error, "can't be used") {
		t.Errorf("%+v, %v", r, err)
	}
	all, err := s.Silences(t.Context(), 0, "")
	if err != nil || len(all.Silences) != 4 || !strings.Contains(all.Silences[0].Comment, "can't be used") {
		t.Errorf("%+v, %v", all, err)
	}
}

// A command reads the file of a vega that had no alerting yet, and one next to a daemon.
func TestAlertsOfReadOnlyStores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s := openUnclosed(t, path)
	i := storetest.IncidentOf(1, "web", time.Now())
	storetest.StoreAlerts(t, s, incident.Changes{Incidents: []incident.Incident{i}})
	look := func(want int) {
		t.Helper()
		r, err := sqlite.OpenReadOnly(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer closeStore(t, r)
		j := &storetest.Journal{}
		r.Judge(j)
		j.Add(incident.Changes{Incidents: []incident.Incident{storetest.IncidentOf(2, "db", time.Now())}})
		err = errors.Join(r.FlushAlerts(t.Context()), r.AppendFigures(t.Context(), []store.FigureRow{{Resource: "r"}}), r.AppendRun(t.Context(), storetest.RunOf("web", time.Now())))
		state, failed := r.AlertState(t.Context())
		p, failedToo := r.Incidents(t.Context(), store.IncidentQuery{})
		_, silences := r.Silences(t.Context(), 0, "")
		figures, failedThen := r.Figures(t.Context(), store.FigureQuery{})
		if err := errors.Join(err, failed, failedToo, silences, failedThen); err != nil || len(state.Incidents) != want || len(p.Incidents) != want || len(figures) != 0 || j.Stepped() != 0 {
			t.Errorf("%+v, %d figures, %v; want %d incidents", state, len(figures), err, want)
		}
		if _, err := r.Incident(t.Context(), 2); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an incident that does not exist: %v", err)
		}
	}
	look(1)
	closeStore(t, s)
	look(1)
	execSQL(t, raw(t, path), `DROP TABLE incidents; DROP TABLE incident_alerts; DROP TABLE incident_events; DROP TABLE deliveries; DROP TABLE watches; DROP TABLE silences; DROP TABLE figures; DROP TABLE written_by; DROP TABLE rollup_series; DROP TABLE rollups; PRAGMA user_version = 5`)
	look(0)
	s = open(t, path) // it is migrated
	if state, err := s.AlertState(t.Context()); err != nil || !reflect.DeepEqual(state, incident.State{}) {
		t.Errorf("%+v, %v", state, err)
	}
}

// No query of alerting scans a table or sorts.
func TestAlertQueriesUseIndexes(t *testing.T) {
	s := fresh(t)
	yes, no := true, false
	for _, open := range []*bool{nil, &yes, &no} {
		for _, q := range []store.IncidentQuery{{}, {Subject: "s"}, {Alert: "a"}, {Subject: "s", Alert: "a"}, {Since: time.UnixMilli(1), Until: time.UnixMilli(2)}} {
			if q.Open = open; true {
				if _, err := s.Incidents(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	storetest.StoreAlerts(t, s, incident.Changes{
		Incidents: []incident.Incident{storetest.IncidentOf(1, "web", time.Now())}, Events: []incident.Event{{Incident: 1}},
		Deliveries: []incident.Delivery{{Incident: 1}}, Silences: []incident.Silence{{ID: 1}}, Watches: []incident.Watch{{}}, Forgotten: []incident.Watch{{}},
	})
	storetest.StoreAlerts(t, s, incident.Changes{Incidents: []incident.Incident{storetest.IncidentOf(1, "other", time.UnixMilli(1))}, Silences: []incident.Silence{{ID: 1, From: time.UnixMilli(1)}}})
	if err := s.AppendFigures(t.Context(), []store.FigureRow{{Resource: "r"}, {Resource: "s"}}); err != nil {
		t.Fatal(err)
	}
	_, one := s.Incident(t.Context(), 1)
	_, silences := s.Silences(t.Context(), 1, "")
	_, figure := s.Figures(t.Context(), store.FigureQuery{Resource: "r"})
	_, retained := s.Retain(t.Context(), store.Retention{Runs: time.Hour})
	if err := errors.Join(one, silences, figure, retained); err != nil {
		t.Fatal(err)
	}
	db := raw(t, s.Path())
	seen := 0
	for _, statement := range s.Profiler().Stats().Statements {
		text := statement.Statement
		if !concernsAlerts(text) || strings.HasPrefix(text, "UPDATE watches") { // a number moves: rarely, and there are few
			continue
		}
		seen++
		for _, detail := range plan(t, db, text) {
			if strings.HasPrefix(detail, "SCAN") && !strings.HasPrefix(detail, "SCAN json_each") && !strings.HasPrefix(detail, "SCAN n") && !strings.HasPrefix(detail, "SCAN CONSTANT ROW") && detail != "SCAN figures" && detail != "SCAN (subquery-1)" || strings.Contains(detail, "TEMP B-TREE") {
				t.Errorf("%s: %s", text, detail)
			}
		}
	}
	if seen < 30 {
		t.Errorf("only %d statements were seen", seen)
	}
}

// concernsAlerts reports whether a statement has to be indexed: it is on a table of
// alerting, and none of those that load everything at the start or create the tables.
func concernsAlerts(text string) bool {
	for _, not := range []string{"CREATE", "ALTER", "PRAGMA"} {
		if strings.HasPrefix(text, not) {
			return false
		}
	}
	for _, table := range []string{"incident", "deliveries", "silences", "watches", "figures"} {
		if strings.Contains(text, table) {
			return true
		}
	}
	return false
}

// days stores an incident, a silence and some figures of each of the last ten days, and
// incidents that are open.
func days(t *testing.T, s *sqlite.Store, now time.Time) {
	t.Helper()
	var c incident.Changes
	var rows []store.FigureRow
	for n := range 10 {
		at := now.Add(time.Duration(n-10) * day)
		open, ended := storetest.IncidentOf(int64(2*n+1), "open", at), storetest.IncidentOf(int64(2*n+2), "ended", at)
		ended.Ended, ended.End = at.Add(time.Hour), incident.Recovered
		c.Incidents = append(c.Incidents, open, ended)
		for _, i := range []*incident.Incident{&open, &ended} {
			c.Events = append(c.Events, incident.Event{Incident: i.ID, At: at, Kind: "opened"})
			c.Deliveries = append(c.Deliveries, incident.Delivery{Incident: i.ID, Notifier: "chat", Done: true})
		}
		c.Silences = append(c.Silences, incident.Silence{ID: int64(n + 1), From: at, Until: at.Add(time.Hour)})
		for m := range 100 {
			rows = append(rows, store.FigureRow{Minute: at.Add(time.Duration(m) * time.Minute), Resource: "r", Subject: fmt.Sprint(m % 2), Last: 1, Min: 1, Max: 1})
		}
	}
	c.Silences = append(c.Silences, incident.Silence{ID: 11, From: now.Add(-9 * day), Until: now.Add(20 * day)})
	storetest.StoreAlerts(t, s, c)
	if err := s.AppendFigures(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

func counts(t *testing.T, s *sqlite.Store) string {
	t.Helper()
	return query(t, s, `SELECT (SELECT count(*) FROM incidents) || ' incidents, ' || (SELECT count(*) FROM incident_alerts) || ' alerts, ' || (SELECT count(*) FROM incident_events) || ' events, '
		|| (SELECT count(*) FROM deliveries) || ' deliveries, ' || (SELECT count(*) FROM silences) || ' silences, ' || (SELECT count(*) FROM figures) || ' figures'`)
}

func TestRetentionOfAlerting(t *testing.T) {
	m := newMachine(t)
	m.live(day, 30*day)
	days(t, m.Store, m.wall)
	done, err := m.Retain(t.Context(), store.Retention{Runs: 5 * day})
	if err != nil {
		t.Fatal(err)
	}
	if done.Incidents != 5 || done.Silences != 5 || done.Figures != 500 || done.Misdated != 0 {
		t.Errorf("deleted %+v", done)
	}
	if got := counts(t, m.Store); got != "15 incidents, 15 alerts, 15 events, 15 deliveries, 6 silences, 500 figures" {
		t.Error(got)
	}
	// By the store's clock, which does not follow the jump.
	m.set(m.wall.Add(400*day), m.awake)
	if done, err := m.Retain(t.Context(), store.Retention{Runs: 5 * day}); err != nil || done.Incidents+done.Silences+done.Figures != 0 {
		t.Errorf("after a jump of the clock: %+v, %v", done, err)
	}
	// An incident whose end is impossible is deleted with those around it.
	m.set(m.wall.Add(-400*day), m.awake)
	odd := storetest.IncidentOf(3, "odd", m.wall)
	odd.Ended, odd.End = time.Unix(5, 0), incident.Recovered
	storetest.StoreAlerts(t, m.Store, incident.Changes{Incidents: []incident.Incident{odd}})
	m.live(day, 30*day)
	if done, err := m.Retain(t.Context(), store.Retention{Runs: 5 * day}); err != nil || done.Incidents != 2 || done.Misdated != 1 {
		t.Errorf("a day later: %+v, %v", done, err)
	}
	if last, err := m.AlertState(t.Context()); err != nil || last.LastIncident < 20 {
		t.Errorf("the last number is %d, %v", last.LastIncident, err)
	}
}

func TestSizeLimitKeepsOpenIncidents(t *testing.T) {
	s := fresh(t)
	days(t, s, time.Now())
	for n := range 10 {
		storetest.AppendRuns(t, s, storetest.RunOf("web", time.Now().Add(time.Duration(n-10)*day)))
	}
	done, err := s.Retain(t.Context(), store.Retention{Bytes: 1}) // less than an empty database has
	if err != nil || done.Runs != 10 || done.Figures != 1000 || done.Incidents != 10 {
		t.Errorf("deleted %+v, %v", done, err)
	}
	if got := counts(t, s); got != "10 incidents, 10 alerts, 10 events, 10 deliveries, 11 silences, 0 figures" {
		t.Error(got)
	}
	state, err := s.AlertState(t.Context())
	if err != nil || len(state.Incidents) != 10 || state.LastIncident != 20 {
		t.Errorf("%d incidents, the last number is %d, %v", len(state.Incidents), state.LastIncident, err)
	}
}
