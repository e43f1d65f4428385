package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"vega/store/profile"
)

// Run is one execution of a probe, as it is kept.
type Run struct {
	ID            int64
	Integration   string
	Probe         string // plugin.probe
	Digest        string // of the plugin
	Status        string // healthy, degraded, unhealthy or unknown
	Cause         string // "", target, timeout, probe, denied or host
	Message       string
	Details       map[string]string
	Metrics       []Metric
	Began         time.Time // to the millisecond
	Took          time.Duration
	CorrelationID string
	Strain        *Strain // nil: nothing is known of it
}

// Strain is what the host suffered while a run lasted, to the millisecond.
type Strain struct {
	Late      time.Duration  // vega was due on a processor, and had none
	Pressure  *time.Duration // tasks waited for a processor; nil: not told
	Throttled *time.Duration // vega's container was held back; nil: it has no quota
}

// Metric is a number that a probe measured.
type Metric struct {
	Name, Unit string
	Value      float64
}

// RunPage is a part of an integration's history, the newest first.
type RunPage struct {
	Runs []Run
	Next string // the cursor of the next page; "" after the last
}

// What stands for these words in a row; a new one goes to the end.
var (
	statuses = []string{"healthy", "degraded", "unhealthy", "unknown"}
	causes   = []string{"", "target", "timeout", "probe", "denied", "host"}
)

const (
	insertRun = `INSERT INTO runs (integration, probe, digest, shape, status, cause, began, took, message, data, correlation_id, late, pressure, throttled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	runsPage  = `SELECT r.id, p.name, d.name, coalesce(s.name, ''), r.status, r.cause, r.began, r.took, r.message, r.data, r.correlation_id, r.late, r.pressure, r.throttled
		FROM runs r JOIN run_names p ON p.id = r.probe JOIN run_names d ON d.id = r.digest LEFT JOIN run_names s ON s.id = r.shape
		WHERE r.integration = (SELECT id FROM run_names WHERE name = ?) AND r.id < ? ORDER BY r.id DESC LIMIT ?`
	findName = `SELECT id FROM run_names WHERE name = ?`
	addName  = `INSERT INTO run_names (name) VALUES (?)`
)

// Runs is a page of an integration's history; limit and cursor as in Query.
// Runs that were appended and are not written yet are not in it.
func (s *Store) Runs(ctx context.Context, integration, cursor string, limit int) (RunPage, error) {
	limit, err := pageLimit(limit)
	if err != nil {
		return RunPage{}, err
	}
	filter := "runs " + integration
	before := position{id: math.MaxInt64}
	if cursor != "" {
		if before, err = readCursor(cursor, filter); err != nil {
			return RunPage{}, err
		}
	}
	ctx = profile.WithFunction(ctx, "Runs")
	rows, err := s.read.QueryContext(ctx, runsPage, integration, before.id, limit+1)
	if err != nil {
		return RunPage{}, fmt.Errorf("read the runs of %s: %w", integration, err)
	}
	defer rows.Close()
	page := RunPage{Runs: []Run{}}
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return RunPage{}, fmt.Errorf("read the runs of %s: %w", integration, err)
		}
		r.Integration = integration
		page.Runs = append(page.Runs, r)
	}
	if err := rows.Err(); err != nil {
		return RunPage{}, fmt.Errorf("read the runs of %s: %w", integration, err)
	}
	if len(page.Runs) > limit {
		page.Runs = page.Runs[:limit]
		page.Next = position{id: page.Runs[limit-1].ID}.cursor(filter)
	}
	return page, nil
}

func scanRun(row scanner) (r Run, err error) {
	var shape, data string
	var status, cause int
	var began, took int64
	var correlation any
	var late, pressure, throttled sql.NullInt64
	if err := row.Scan(&r.ID, &r.Probe, &r.Digest, &shape, &status, &cause, &began, &took, &r.Message, &data, &correlation, &late, &pressure, &throttled); err != nil {
		return r, err
	}
	if status >= len(statuses) || cause >= len(causes) {
		return r, fmt.Errorf("run %d has the status %d and cause %d, which this vega does not know", r.ID, status, cause)
	}
	r.Status, r.Cause = statuses[status], causes[cause]
	r.Began, r.Took = time.UnixMilli(began).UTC(), time.Duration(took)*time.Microsecond
	switch id := correlation.(type) {
	case []byte:
		r.CorrelationID = hex.EncodeToString(id)
	case string:
		r.CorrelationID = id
	}
	if late.Valid {
		r.Strain = &Strain{*fromMillis(late), fromMillis(pressure), fromMillis(throttled)}
	}
	return r, r.fill(shape, data)
}

func fromMillis(n sql.NullInt64) *time.Duration {
	if !n.Valid {
		return nil
	}
	d := time.Duration(n.Int64) * time.Millisecond
	return &d
}

// columns are late, pressure and throttled.
func (s *Strain) columns() []any {
	if s == nil {
		return []any{nil, nil, nil}
	}
	columns := []any{s.Late.Milliseconds(), nil, nil}
	for n, d := range []*time.Duration{s.Pressure, s.Throttled} {
		if d != nil {
			columns[n+1] = d.Milliseconds()
		}
	}
	return columns
}

// shape is the names of a run's details and metrics: runs of a probe mostly
// share one, so that each holds no more than the values.
type shape struct {
	Details []string    `json:"d,omitempty"`
	Metrics [][2]string `json:"m,omitempty"` // name and unit
}

// maxShape is how long a shape may be to be shared.
const maxShape = 1 << 10

// packed is a run ready to be written: its details and metrics taken apart into
// names and values.
type packed struct {
	*Run
	names, data string
}

func (r *Run) pack() (packed, error) {
	var s shape
	values := make([]any, 0, len(r.Details)+len(r.Metrics))
	for _, name := range slices.Sorted(maps.Keys(r.Details)) {
		s.Details = append(s.Details, name)
		values = append(values, r.Details[name])
	}
	for _, m := range r.Metrics {
		s.Metrics = append(s.Metrics, [2]string{m.Name, m.Unit})
		values = append(values, m.Value)
	}
	if len(values) == 0 {
		return packed{Run: r}, nil
	}
	names, err := json.Marshal(s)
	if err != nil {
		return packed{}, err
	}
	data, err := json.Marshal(values)
	return packed{r, string(names), string(data)}, err
}

// own is a run's data where its shape is not shared.
func own(names, data string) string { return `{"s":` + names + `,"v":` + data + `}` }

func (r *Run) fill(names, data string) error {
	r.Details, r.Metrics = map[string]string{}, []Metric{}
	if data == "" {
		return nil
	}
	var both struct {
		S shape             `json:"s"`
		V []json.RawMessage `json:"v"`
	}
	if names == "" {
		if err := json.Unmarshal([]byte(data), &both); err != nil {
			return err
		}
	} else if err := firstError(json.Unmarshal([]byte(names), &both.S), json.Unmarshal([]byte(data), &both.V)); err != nil {
		return err
	}
	if len(both.V) != len(both.S.Details)+len(both.S.Metrics) {
		return fmt.Errorf("run %d has %d values for %d names", r.ID, len(both.V), len(both.S.Details)+len(both.S.Metrics))
	}
	for i, name := range both.S.Details {
		var v string
		if err := json.Unmarshal(both.V[i], &v); err != nil {
			return err
		}
		r.Details[name] = v
	}
	for i, m := range both.S.Metrics {
		var v float64
		if err := json.Unmarshal(both.V[len(both.S.Details)+i], &v); err != nil {
			return err
		}
		r.Metrics = append(r.Metrics, Metric{Name: m[0], Unit: m[1], Value: v})
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// compact is an ID as its 16 bytes where it was made by vega.
func compact(id string) any {
	if b, err := hex.DecodeString(id); err == nil && len(b) == 16 && hex.EncodeToString(b) == id {
		return b
	}
	return id
}
