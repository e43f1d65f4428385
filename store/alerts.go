package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// Alerts stores watches, incidents, deliveries and silences.
type Alerts interface {
	// AlertState returns everything that alerting continues with. If some rows can't be
	// used, the error is a *RowsError, and the state has all others.
	AlertState(ctx context.Context) (incident.State, error)
	// Judge sets the journal. Call it before the first AppendRun. A store that is read
	// only ignores it.
	Judge(j Journal)
	// FlushAlerts stores the changes of the journal that are pending. Once it has
	// returned nil, they survive a loss of power. While nothing can be stored, it
	// returns an *UnavailableError without waiting; the changes are stored later.
	FlushAlerts(ctx context.Context) error

	// Incidents returns a page of incidents, the last opened first.
	Incidents(ctx context.Context, q IncidentQuery) (IncidentPage, error)
	// Incident returns an incident with its timeline and deliveries. The error is
	// ErrNotFound if there isn't one.
	Incident(ctx context.Context, id int64) (IncidentRecord, error)
	// Silences returns a page of silences, also ended ones, the last one first.
	Silences(ctx context.Context, limit int, cursor string) (SilencePage, error)

	// AppendFigures stores the minute rows of figures. If there is one for a minute, they
	// are combined.
	AppendFigures(ctx context.Context, rows []FigureRow) error
	// Figures returns the minute rows of a figure between two times, the oldest first.
	Figures(ctx context.Context, q FigureQuery) ([]FigureRow, error)
	// RunsInOrder calls f with each run that ended since a time, in the order in which
	// they were stored, until f returns false. Of a run, it reads only the ID, the
	// integration, the status, the cause, the message, and when it began and how long it
	// took. f may keep the run.
	RunsInOrder(ctx context.Context, since time.Time, f func(*check.Run) bool) error
}

// Journal judges runs in the order in which they are stored. What changes by that is
// stored in the same transaction as the runs. Its methods must not call the store.
type Journal interface {
	// Step judges a run. It is called once for each run, also for one that can't be
	// stored, by one goroutine at a time.
	Step(r *check.Run)
	// Pending reports whether there are changes to store.
	Pending() bool
	// Changes returns the changes to store, which stay as they are. It is called
	// just before a transaction, and followed by Stored.
	Changes() *incident.Changes
	// Stored reports whether the changes that Changes returned last are stored. If not,
	// they are pending again.
	Stored(ok bool)
	// Restart makes everything pending, because a new database was begun.
	Restart()
}

// IncidentQuery selects incidents. A zero field selects everything.
type IncidentQuery struct {
	Open    *bool
	Subject string // name of an integration, a figure or an event
	Alert   string
	Since   time.Time // incidents that were open at this time or later
	Until   time.Time // incidents that opened before this time
	Limit   int       // as in Query
	Cursor  string    // as in Query
}

// Filter identifies the list to which a cursor of Incidents belongs.
func (q *IncidentQuery) Filter() string {
	open := "any"
	if q.Open != nil {
		open = fmt.Sprint(*q.Open)
	}
	return fmt.Sprintf("incidents %s %q %q from %d to %d", open, q.Subject, q.Alert, micros(q.Since), micros(q.Until))
}

// micros returns the microseconds of a time since 1970, or 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// RowsError reports rows that can't be used. All others were returned.
type RowsError struct{ Rows []error }

// maxRowsShown limits the rows in the text of a RowsError.
const maxRowsShown = 5

// Error returns the reasons for the first rows, and counts the others.
func (e *RowsError) Error() string {
	text := errors.Join(e.Rows[:min(len(e.Rows), maxRowsShown)]...).Error()
	if more := len(e.Rows) - maxRowsShown; more > 0 {
		text += fmt.Sprintf("\nand %d more rows", more)
	}
	return text
}

// IncidentPage is a page of incidents. One whose record can't be read has only ID,
// Opened, Ended, the name of the subject, and a Summary that says so.
type IncidentPage struct {
	Incidents []incident.Incident
	Next      string
}

// IncidentRecord is everything that is stored about an incident.
type IncidentRecord struct {
	incident.Incident
	Timeline   []incident.Event // oldest first
	Deliveries []incident.Delivery
	Below      []incident.Incident // that it explains, at most incident.MaxNames
}

// SilencePage is a page of silences.
type SilencePage struct {
	Silences []incident.Silence
	Next     string
}

// FigureRow is what a figure was during a minute.
type FigureRow struct {
	Minute         time.Time
	Resource       string // such as database.app.pool.percent
	Subject        string // the path of a file system or the name of a database; "" if there is one
	Last, Min, Max float64
}

// FigureQuery selects minute rows.
type FigureQuery struct {
	Resource, Subject string // Resource "": all
	Since, Until      time.Time
}
