package salvage_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"vega/policies/incident"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/sqlite/salvage"
	"vega/store/storetest"
)

// alerting stores incidents from one number to another, the last one open, with
// events, deliveries, a watch, a silence and figures. Each vega has another name.
func alerting(t *testing.T, s *sqlite.Store, name string, from, to int64) {
	t.Helper()
	var c incident.Changes
	for id := from; id <= to; id++ {
		i := storetest.IncidentOf(id, fmt.Sprint(name, id), began.Add(time.Duration(id)*time.Hour))
		if id != to {
			i.Ended, i.End = i.Opened.Add(time.Minute), incident.Recovered
		}
		if id > from {
			i.Root = id - 1
		}
		c.Incidents = append(c.Incidents, i)
		c.Events = append(c.Events, incident.Event{Incident: id, At: i.Opened, Kind: "opened", Text: name}, incident.Event{Incident: id, At: i.Opened, Kind: "notified", Text: name})
		c.Deliveries = append(c.Deliveries, incident.Delivery{Incident: id, Notifier: "chat", Notified: id == to, Done: id != to, Seq: 1})
	}
	c.Watches = []incident.Watch{
		{Alert: "a", Subject: c.Incidents[len(c.Incidents)-1].Subject, Phase: incident.Firing, Incident: to},
		{Alert: "b", Subject: incident.Subject{Kind: incident.OfMetric, Name: name}, Phase: incident.Pending},
	}
	c.Silences = []incident.Silence{{ID: 1, From: began.Add(time.Duration(from) * time.Second), Until: time.Now().Add(time.Hour), By: name}}
	storetest.StoreAlerts(t, s, c)
	var rows []store.FigureRow
	for n := range 100 {
		rows = append(rows, store.FigureRow{Minute: began.Add(time.Duration(n) * time.Minute), Resource: "r", Subject: name, Last: float64(n), Min: 0, Max: 100})
	}
	var points []store.Point
	for n := range 100 {
		points = append(points, store.Point{Series: store.Series{Metric: name, Labels: fmt.Sprintf(`{n="%d"}`, n%5)}, At: began.Add(time.Duration(n) * time.Hour), Value: float64(n)})
	}
	if err := errors.Join(s.AppendFigures(t.Context(), rows), s.AppendPoints(t.Context(), points)); err != nil {
		t.Fatal(err)
	}
}

// record returns all that is stored of an incident, without the numbers of its events.
func record(t *testing.T, s *sqlite.Store, id int64) store.IncidentRecord {
	t.Helper()
	r, err := s.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for n := range r.Timeline {
		r.Timeline[n].ID = 0
	}
	return r
}

// everything returns what is stored of alerting, without numbers that differ between
// databases, as text.
func everything(t *testing.T, path string) map[string]bool {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string]bool{}
	for table, query := range map[string]string{
		"incidents":       `SELECT json_array(opened, ended, subject, data) FROM incidents`,
		"incident_events": `SELECT json_array(i.subject, e.at, e.data) FROM incident_events e JOIN incidents i ON i.id = e.incident`,
		"deliveries":      `SELECT json_array(i.subject, d.notifier, d.done, d.data) FROM deliveries d JOIN incidents i ON i.id = d.incident`,
		"incident_alerts": `SELECT json_array(i.subject, a.alert, a.opened) FROM incident_alerts a JOIN incidents i ON i.id = a.incident`,
		"silences":        `SELECT json_array(begins, over, data) FROM silences`,
		"watches":         `SELECT json_array(alert, kind, name, instance, data) FROM watches WHERE incident <> 0`,
		"rollups":         `SELECT json_array(s.integration, s.metric, s.labels, r.step, r.at, hex(r.data)) FROM rollups r JOIN rollup_series s ON s.id = r.series`,
		"figures":         `SELECT json_array(r.name, s.name, minute, last, low, high) FROM figures f JOIN run_names r ON r.id = f.resource JOIN run_names s ON s.id = f.subject`,
	} {
		for row := range texts(t, db, query) {
			all[table+" "+row] = true
		}
	}
	return all
}

func TestRecoverAlerting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "vega.db")
	source := open(t, path)
	appendRuns(t, source, "other", 1, 3)
	alerting(t, source, "a", 1, 300)
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	want := everything(t, path)
	intact, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 1))
		damaged := append([]byte{}, intact...)
		for range seed { // the first is whole
			page := random.IntN(len(damaged) / pageSize)
			for n := range pageSize {
				damaged[page*pageSize+n] = byte(random.Uint32())
			}
		}
		from, to := filepath.Join(dir, fmt.Sprint("broken", seed)), filepath.Join(dir, fmt.Sprint("new", seed))
		if err := os.WriteFile(from, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		into := open(t, to)
		_, err := sqlite.Recover(t.Context(), from, into)
		if seed == 0 && err != nil {
			t.Fatal(err)
		}
		if state, err := into.AlertState(t.Context()); err != nil { // alerting starts with it
			t.Errorf("seed %d: %+v, %v", seed, state, err)
		}
		if err := into.Close(); err != nil {
			t.Fatal(err)
		}
		got := everything(t, to)
		if seed == 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("of an intact file, %d of %d rows", len(got), len(want))
		}
		for row := range got {
			if !want[row] {
				t.Errorf("seed %d: a row that was not there: %.200s", seed, row)
			}
		}
	}
}

// The same vega goes on with a new file while the old one is recovered.
func TestLiveIncidentsWinOverRecoveredOnes(t *testing.T) {
	t.Parallel()
	old, live := openNew(t), openNew(t)
	alerting(t, old, "a", 1, 10)
	before := record(t, old, 10)
	now := before.Incident
	now.Ended, now.End, now.Summary = now.Opened.Add(time.Hour), incident.Recovered, "live"
	delivery := incident.Delivery{Incident: 10, Notifier: "chat", Done: true, Seq: 2}
	storetest.StoreAlerts(t, live, incident.Changes{
		Incidents: []incident.Incident{now, storetest.IncidentOf(11, "b", began)}, Deliveries: []incident.Delivery{delivery},
		Events:   []incident.Event{before.Timeline[0], {Incident: 10, At: now.Ended, Kind: "recovered"}},
		Silences: []incident.Silence{{ID: 1, From: began.Add(time.Second), Until: time.Now().Add(time.Hour), By: "a", Ended: time.Now(), Comment: ""}},
	})
	for round := range 2 {
		merge(t, live, old, salvage.Options{Newer: round == 1})
		got := record(t, live, 10)
		if !reflect.DeepEqual(got.Incident, now) || !reflect.DeepEqual(got.Deliveries, []incident.Delivery{delivery}) || len(got.Timeline) != 3 {
			t.Errorf("round %d: got %+v", round, got)
		}
		if r := record(t, live, 5); !reflect.DeepEqual(r, record(t, old, 5)) {
			t.Errorf("round %d: an old one is %+v", round, r)
		}
		state, err := live.AlertState(t.Context())
		if err != nil || len(state.Watches) != 0 || state.LastIncident != 11 || state.Silences[0].Ended.IsZero() || len(state.Silences) != 1 {
			t.Errorf("round %d: alerting would go on with %+v, %v", round, state, err)
		}
	}
	merge(t, old, live, salvage.Options{Newer: true}) // the old file is back
	if got := record(t, old, 10); !reflect.DeepEqual(got.Incident, now) || len(got.Timeline) != 3 || got.Deliveries[0] != delivery {
		t.Errorf("in the old file: %+v", got)
	}
}

// A vega that was started without its file has used the same numbers.
func TestIncidentsOfAnotherVegaGetNewNumbers(t *testing.T) {
	t.Parallel()
	for _, into := range []bool{true, false} {
		file, interim := openNew(t), openNew(t)
		alerting(t, file, "file", 1, 20)
		alerting(t, interim, "interim", 1, 5)
		want := record(t, file, 3)
		from, to, moved := interim, file, "interim3"
		if into {
			from, to, moved = file, interim, "file3"
		}
		theirs := record(t, from, 3)
		for range 2 {
			merge(t, to, from, salvage.Options{})
		}
		p, err := to.Incidents(t.Context(), store.IncidentQuery{Limit: store.MaxPage})
		if err != nil || len(p.Incidents) != 25 {
			t.Fatalf("%d incidents, %v", len(p.Incidents), err)
		}
		p, err = to.Incidents(t.Context(), store.IncidentQuery{Subject: moved})
		if err != nil || len(p.Incidents) != 1 || p.Incidents[0].ID <= 5 {
			t.Fatalf("%+v, %v", p, err)
		}
		got := record(t, to, p.Incidents[0].ID)
		if len(got.Timeline) != 2 || got.Timeline[0].Text != theirs.Timeline[0].Text || len(got.Deliveries) != 1 || len(got.Below) != 1 || got.Below[0].Subject.Name != moved[:len(moved)-1]+"4" {
			t.Errorf("moved: %+v", got)
		}
		// A vega that goes on with its own numbers moves those of others out of the way.
		storetest.StoreAlerts(t, to, incident.Changes{Incidents: []incident.Incident{storetest.IncidentOf(got.ID, "next", began)}})
		if r := record(t, to, got.ID); r.Subject.Name != "next" || len(r.Timeline) != 0 || len(r.Deliveries) != 0 {
			t.Errorf("a new incident: %+v", r)
		}
		p, err = to.Incidents(t.Context(), store.IncidentQuery{Subject: moved})
		if err != nil || len(p.Incidents) != 1 || p.Incidents[0].ID <= got.ID || len(record(t, to, p.Incidents[0].ID).Timeline) != 2 {
			t.Errorf("moved again: %+v, %v", p, err)
		}
		if r := record(t, file, 3); !into && !reflect.DeepEqual(r, want) {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
}
