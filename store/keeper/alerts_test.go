//go:build unix

package keeper_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
	"vega/store/keeper"
	"vega/store/storetest"
)

// alerting is a store whose runs are judged. A run that is not healthy adds to the watch
// and to the timeline of incident 2, which is open. Incident 1 has ended long ago.
type alerting struct {
	*kept
	*storetest.Journal
	bad int
}

func incidentOf(id int64) incident.Incident {
	i := storetest.IncidentOf(id, fmt.Sprint("i", id), time.Date(2026, 3, int(id), 0, 0, 0, 0, time.UTC))
	if id == 1 {
		i.Ended, i.End = i.Opened.Add(time.Hour), incident.Recovered
	}
	return i
}

var webSubject = incident.Subject{Kind: incident.OfIntegration, Name: "web"}

func beginAlerting(k *kept) *alerting {
	k.Helper()
	a := &alerting{kept: k, Journal: &storetest.Journal{}}
	a.Journal.Judge = func(r *check.Run, c *incident.Changes) {
		if r.Status == check.Healthy {
			return
		}
		a.bad++
		c.Watches = append(c.Watches, incident.Watch{Alert: "a", Subject: webSubject, Phase: incident.Firing, Incident: 2, Streak: a.bad})
		c.Events = append(c.Events, incident.Event{Incident: 2, At: r.Began, Kind: "bad", Text: r.Message})
	}
	a.Journal.All = func() incident.Changes {
		return incident.Changes{
			Incidents:  []incident.Incident{incidentOf(2)},
			Deliveries: []incident.Delivery{{Incident: 2, Notifier: "chat", Notified: true, Seq: 1}},
			Watches:    []incident.Watch{{Alert: "a", Subject: webSubject, Phase: incident.Firing, Incident: 2, Streak: a.bad}},
		}
	}
	k.Store.Judge(a.Journal)
	a.Add(incident.Changes{
		Incidents: []incident.Incident{incidentOf(1)}, Events: []incident.Event{{Incident: 1, Kind: "opened", At: time.UnixMilli(1)}},
		Deliveries: []incident.Delivery{{Incident: 1, Notifier: "chat", Done: true, Seq: 2}},
	})
	a.Add(a.All())
	must(k, k.FlushAlerts(k.Context()))
	return a
}

// forgetPages opens the store again.
func (a *alerting) forgetPages() {
	a.Helper()
	a.kept.forgetPages()
	a.kept.Store.Judge(a.Journal)
}

// fail appends runs that are not healthy, and waits until they are judged.
func (a *alerting) fail(n int) {
	a.Helper()
	before := a.Stepped()
	for i := range n {
		r := storetest.RunOf("web", time.Now())
		r.Status, r.Message = check.Unhealthy, fmt.Sprint("bad ", before+i)
		if err := a.AppendRun(a.Context(), r); err != nil {
			a.Error(err)
		}
	}
	a.await("the runs are judged", func() bool { return a.Stepped() >= before+n })
}

// stored checks what is stored of the runs that failed.
func (a *alerting) stored(bad int) {
	a.Helper()
	must(a.kept, a.FlushRuns(a.Context()))
	must(a.kept, a.Store.FlushAlerts(a.Context()))
	state, err := a.AlertState(a.Context())
	if err != nil || len(state.Watches) != 1 || state.Watches[0].Streak != bad || len(state.Incidents) != 1 || len(state.Deliveries) != 1 || state.LastIncident != 2 {
		a.Errorf("the state is %+v, %v; want a streak of %d", state, err, bad)
	}
	r, err := a.Incident(a.Context(), 2)
	if err != nil || len(r.Timeline) != bad {
		a.Errorf("incident 2: %+v, %v; want %d events", r, err, bad)
	}
}

// troubles are what can happen to the file of an open store. They return what ends it, or
// nil if the store does.
var troubles = map[string]func(a *alerting) (end func()){
	"file deleted":      func(a *alerting) func() { a.remove(""); return nil },
	"all files deleted": func(a *alerting) func() { a.remove("", "-wal", "-shm"); return nil },
	"log deleted":       func(a *alerting) func() { a.remove("-wal"); return nil },
	"header damaged":    func(a *alerting) func() { a.forgetPages(); a.overwrite(0, 100); return nil },
	"moved away": func(a *alerting) func() {
		dir := filepath.Dir(a.path)
		must(a.kept, os.Rename(dir, dir+".moved"))
		return func() { must(a.kept, os.Rename(dir+".moved", dir)) }
	},
	"locked": func(a *alerting) func() {
		db, err := sql.Open("sqlite", a.path)
		must(a.kept, err)
		conn, err := db.Conn(a.Context())
		must(a.kept, err)
		_, err = conn.ExecContext(a.Context(), "BEGIN IMMEDIATE")
		must(a.kept, err)
		return func() {
			_, err := conn.ExecContext(context.Background(), "ROLLBACK")
			must(a.kept, errors.Join(err, conn.Close(), db.Close()))
		}
	},
}

// Whatever happens to the file, runs are judged meanwhile, and everything is stored
// afterwards.
func TestAlertingGoesOn(t *testing.T) {
	for name, begins := range troubles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := beginAlerting(begin(t))
			a.fail(3)
			a.stored(3)
			end := begins(a)
			a.fail(1)
			a.troubled()
			a.fail(20)
			if end != nil { // else the store may be well again
				err := a.Store.FlushAlerts(t.Context())
				if _, ok := errors.AsType[*store.UnavailableError](err); !ok {
					t.Errorf("FlushAlerts in an outage: %v", err)
				}
				end()
			}
			a.well()
			a.fail(1)
			a.await("what can be read of a damaged file is there", func() bool {
				r, err := a.Incident(t.Context(), 1)
				return err == nil && len(r.Timeline) == 1 && len(r.Deliveries) == 1
			})
			a.await("the events from before are there", func() bool {
				must(a.kept, a.FlushRuns(t.Context()))
				r, err := a.Incident(t.Context(), 2)
				return err == nil && len(r.Timeline) >= 25
			})
			a.stored(25)
			if name == "header damaged" && a.Restarts == 0 {
				t.Error("a new file was begun, and the journal did not hear of it")
			}
		})
	}
}

// Nothing can be read of a file that was overwritten. Alerting goes on with what it knows.
func TestAlertingGoesOnInANewFile(t *testing.T) {
	t.Parallel()
	a := beginAlerting(begin(t))
	a.fail(3)
	a.stored(3)
	a.forgetPages()
	a.overwrite(0, 8<<20)
	a.troubled()
	a.fail(2)
	a.well()
	a.await("everything is stored again", func() bool {
		if err := errors.Join(a.FlushRuns(t.Context()), a.Store.FlushAlerts(t.Context())); err != nil {
			return false
		}
		state, err := a.AlertState(t.Context())
		return err == nil && len(state.Watches) == 1 && state.Watches[0].Streak == 5 && len(state.Incidents) == 1 && len(state.Deliveries) == 1 && state.Incidents[0].ID == 2
	})
}

// A full disk keeps nothing from being judged.
func TestAlertingGoesOnWithAFullDisk(t *testing.T) {
	dir := realtest.SmallDisk(t, 4<<20)
	k := &kept{T: t, path: filepath.Join(dir, "vega.db"), log: &lines{}}
	k.open()
	a := beginAlerting(k)
	a.fail(3)
	a.stored(3)
	ballast := filepath.Join(dir, "ballast")
	must(k, os.WriteFile(ballast, nil, 0o600))
	for size := 1 << 20; size > 0; size /= 2 {
		for appendTo(ballast, size) == nil { // until no byte is free
		}
	}
	for a.bad < 5000 && a.Degraded() == nil { // until the log needs room
		a.fail(100)
		_ = a.FlushRuns(t.Context())
	}
	a.fail(20)
	if err := a.Store.FlushAlerts(t.Context()); err == nil {
		t.Error("FlushAlerts succeeds")
	}
	must(k, os.Remove(ballast))
	a.await("the outage is over", func() bool { return a.FlushRuns(t.Context()) == nil && a.Degraded() == nil })
	a.stored(a.bad)
	must(k, k.Close())
}

func appendTo(path string, n int) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, n))
	return errors.Join(err, f.Close())
}

// A vega that was started without its file has used the same numbers for other incidents.
func TestNumbersOfAnotherFileDoNotClash(t *testing.T) {
	t.Parallel()
	k := begin(t)
	a := beginAlerting(k)
	a.fail(3)
	a.stored(3)
	must(k, k.Close())
	must(k, os.Rename(k.path, k.path+".away"))
	k.open() // begins a new file
	other := storetest.IncidentOf(2, "other", time.Now())
	j := &storetest.Journal{All: func() incident.Changes { return incident.Changes{Incidents: []incident.Incident{other}} }}
	k.Store.Judge(j)
	j.Add(j.All())
	must(k, k.FlushAlerts(t.Context()))
	must(k, os.Rename(k.path+".away", k.path))
	k.await("the original is taken up", func() bool {
		if k.FlushAlerts(t.Context()) != nil {
			return false
		}
		r, err := k.Incident(t.Context(), 2)
		p, failed := k.Incidents(t.Context(), store.IncidentQuery{})
		return err == nil && failed == nil && r.Subject.Name == "other" && len(r.Timeline) == 0 && len(p.Incidents) == 3
	})
	p, err := k.Incidents(t.Context(), store.IncidentQuery{Subject: "i2"})
	if err != nil || len(p.Incidents) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	r, err := k.Incident(t.Context(), p.Incidents[0].ID)
	if err != nil || r.ID <= 2 || len(r.Timeline) != 3 || len(r.Deliveries) != 1 {
		t.Errorf("the original's: %+v, %v", r, err)
	}
}

// panicking panics with each run.
type panicking struct{ storetest.Journal }

func (p *panicking) Step(*check.Run) { panic("out of order") }

func TestPanicsOfTheJournalAreLoggedOnce(t *testing.T) {
	t.Parallel()
	k := begin(t)
	k.Store.Judge(&panicking{})
	for range 100 {
		must(k, k.AppendRun(t.Context(), storetest.RunOf("db", time.Now())))
	}
	must(k, k.FlushRuns(t.Context()))
	if n := strings.Count(k.log.String(), "out of order"); n != 1 {
		t.Errorf("%d lines; log:\n%s", n, k.log)
	}
	if _, runs, _ := k.survives(); runs != 300 {
		t.Errorf("%d runs are stored, want 300", runs)
	}
}

var _ store.Alerts = (*keeper.Store)(nil)
