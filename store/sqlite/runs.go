package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/profile"
)

const (
	runColumns = `r.id, p.name, d.name, coalesce(s.name, ''), r.status, r.cause, r.began, r.took, r.message, r.data, r.correlation_id, r.late, r.pressure, r.throttled`
	runJoins   = `JOIN run_names p ON p.id = r.probe JOIN run_names d ON d.id = r.digest LEFT JOIN run_names s ON s.id = r.shape`
	selectRuns = `SELECT ` + runColumns + ` FROM runs r ` + runJoins + `
		WHERE r.integration = (SELECT id FROM run_names WHERE name = ?) AND r.id < ? ORDER BY r.id DESC LIMIT ?`
	lastRuns = `SELECT i.name, ` + runColumns + ` FROM json_each(?) j JOIN run_names i ON i.name = j.value
		JOIN runs r ON r.id = (SELECT max(id) FROM runs WHERE integration = i.id) ` + runJoins

	firstRun = `SELECT i.id, (SELECT min(began) FROM runs WHERE integration = i.id) FROM run_names i WHERE i.name = ?`
	// runStatuses reads the times from one index, and looks each up in the index of the
	// few runs that were not healthy, so that the rows of the others are not read.
	runStatuses = `SELECT r.began, coalesce((SELECT t.status FROM runs t INDEXED BY ix_runs_trouble
			WHERE t.integration = r.integration AND t.began = r.began AND t.id = r.id AND t.status <> 0), 0)
		FROM runs r INDEXED BY ix_runs_began WHERE r.integration = ? AND r.began >= ? AND r.began < ? ORDER BY r.began, r.id`
)

// selectFilteredRuns pages by time. SQLite looks up row values in an index; see
// selectConversations.
func selectFilteredRuns(q *store.RunQuery, before store.Position, limit int) (string, []any) {
	since, until := q.Bounds()
	where := `r.integration = (SELECT id FROM run_names WHERE name = ?) AND r.began >= ? AND (r.began, r.id) < (?, ?)`
	if before.Key > until || before.Key == until && before.ID > 0 { // the first page
		before = store.Position{Key: until, ID: 0}
	}
	args := []any{q.Integration, since, before.Key, before.ID}
	if len(q.Statuses) > 0 {
		var numbers []string
		for _, s := range q.Statuses {
			n, _ := store.EncodeStatus(s, check.NoCause)
			numbers = append(numbers, fmt.Sprint(n))
		}
		where += ` AND r.status IN (` + strings.Join(numbers, ", ") + `)`
		if !slices.Contains(q.Statuses, check.Healthy) {
			where += ` AND r.status <> 0` // the condition of ix_runs_trouble
		}
	}
	return `SELECT ` + runColumns + ` FROM runs r ` + runJoins + ` WHERE ` + where + ` ORDER BY r.began DESC, r.id DESC LIMIT ?`, append(args, limit)
}

// Runs implements store.Runs.
func (s *Store) Runs(ctx context.Context, q store.RunQuery) (page store.RunPage, err error) {
	if q.Limit, err = store.PageLimit(q.Limit); err != nil {
		return page, err
	}
	if err := q.Validate(); err != nil {
		return page, err
	}
	before, err := store.ParseCursor(q.Cursor, q.Filter())
	if err != nil {
		return page, err
	}
	statement, args := selectRuns, []any{q.Integration, before.ID, q.Limit + 1}
	if q.Filtered() {
		statement, args = selectFilteredRuns(&q, before, q.Limit+1)
	}
	if page.Runs, err = queryRuns(profile.WithFunction(ctx, "Runs"), s.read, statement, args); err != nil {
		return store.RunPage{}, fmt.Errorf("read the runs of %s: %w", q.Integration, err)
	}
	for i := range page.Runs {
		page.Runs[i].Integration = q.Integration
	}
	if len(page.Runs) > q.Limit {
		page.Runs = page.Runs[:q.Limit]
		last := &page.Runs[q.Limit-1]
		p := store.Position{ID: last.ID}
		if q.Filtered() {
			p.Key = last.Began.UnixMilli()
		}
		page.Next = p.Cursor(q.Filter())
	}
	return page, nil
}

func queryRuns(ctx context.Context, db *sql.DB, statement string, args []any) ([]check.Run, error) {
	rows, err := db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := []check.Run{}
	for rows.Next() {
		r, err := scanRun(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// LastRuns implements store.Runs.
func (s *Store) LastRuns(ctx context.Context, integrations []string) ([]check.Run, error) {
	names, err := json.Marshal(integrations)
	if err != nil {
		return nil, fmt.Errorf("read the last runs: %w", err)
	}
	rows, err := s.read.QueryContext(profile.WithFunction(ctx, "LastRuns"), lastRuns, string(names))
	if err != nil {
		return nil, fmt.Errorf("read the last runs: %w", err)
	}
	defer rows.Close()
	var all []check.Run
	for rows.Next() {
		var name string
		r, err := scanRun(rows, &name)
		if err != nil {
			return nil, fmt.Errorf("read the last run of %s: %w", name, err)
		}
		r.Integration = name
		all = append(all, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the last runs: %w", err)
	}
	return all, nil
}

// Runs are read in the order in which they were stored in parts: a statement that stays
// open would keep the write-ahead log from being emptied. Only what a replay needs is
// read.
const (
	partOfRuns = `SELECT id, integration, status * 16 + cause, began, took, message FROM runs WHERE id > ? ORDER BY id LIMIT ?`
	oneName    = `SELECT name FROM run_names WHERE id = ?`
	// The first run that began since a time, by the index on each integration. These are
	// found by skipping from one to the next.
	firstRunSince = `WITH RECURSIVE i (n) AS (
			SELECT min(integration) FROM runs
			UNION ALL SELECT (SELECT min(integration) FROM runs WHERE integration > n) FROM i WHERE n IS NOT NULL)
		SELECT min((SELECT min(id) FROM runs r WHERE r.integration = n AND r.began >= ?)) FROM i`
)

// runsPerPart limits the memory of a part.
const runsPerPart = 5000

// longestRun is longer than any run takes.
const longestRun = 24 * time.Hour

// RunsInOrder implements store.Alerts.
func (s *Store) RunsInOrder(ctx context.Context, since time.Time, f func(*check.Run) bool) error {
	o := OrderedRuns{Since: since}
	return o.Each(func() error { return o.Read(ctx, s) }, f)
}

// OrderedRuns reads runs in the order in which they were stored, in parts.
type OrderedRuns struct {
	Since time.Time // only runs that ended then or later

	begun bool
	ended bool
	after int64            // number of the last run that was read
	part  []*check.Run     // the last part
	names map[int64]string // of integrations
}

// Each calls f with each run until it returns false. read must call Read.
func (o *OrderedRuns) Each(read func() error, f func(*check.Run) bool) error {
	for !o.ended {
		if err := read(); err != nil {
			return err
		}
		for n, r := range o.part {
			o.part[n] = nil
			if !f(r) {
				return nil
			}
		}
	}
	return nil
}

// Read reads the next part.
func (o *OrderedRuns) Read(ctx context.Context, s *Store) error {
	ctx = profile.WithFunction(ctx, "RunsInOrder")
	o.part = o.part[:0]
	if !o.begun {
		var first sql.NullInt64
		if err := s.read.QueryRowContext(ctx, firstRunSince, o.Since.Add(-longestRun).UnixMilli()).Scan(&first); err != nil {
			return fmt.Errorf("find the first run: %w", err)
		}
		o.begun, o.ended, o.after, o.names = true, !first.Valid, first.Int64-1, map[int64]string{}
	}
	if o.ended {
		return nil
	}
	if err := o.readPart(ctx, s.read); err != nil {
		return fmt.Errorf("read runs in their order: %w", err)
	}
	return nil
}

func (o *OrderedRuns) readPart(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, partOfRuns, o.after, runsPerPart)
	if err != nil {
		return err
	}
	defer rows.Close()
	var columns judgedRun
	into := columns.all()
	n := 0
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r, integration, err := columns.run()
		if err != nil {
			return err
		}
		if o.after = r.ID; r.Began.Add(r.Took).Before(o.Since) {
			continue
		}
		if r.Integration, err = o.name(ctx, db, integration); err != nil {
			return err
		}
		o.part = append(o.part, r)
	}
	o.ended = n < runsPerPart
	return rows.Err()
}

// name returns the name of an integration by its number.
func (o *OrderedRuns) name(ctx context.Context, db *sql.DB, id int64) (string, error) {
	if name, ok := o.names[id]; ok {
		return name, nil
	}
	return o.readName(ctx, db, id)
}

func (o *OrderedRuns) readName(ctx context.Context, db *sql.DB, id int64) (name string, err error) {
	if err = db.QueryRowContext(ctx, oneName, id).Scan(&name); err != nil {
		return "", fmt.Errorf("read the name %d: %w", id, err)
	}
	o.names[id] = name
	return name, nil
}

// judgedRun has the columns of partOfRuns. Scanning into any is the fastest.
type judgedRun struct{ id, integration, word, began, took, message any }

func (c *judgedRun) all() []any {
	return []any{&c.id, &c.integration, &c.word, &c.began, &c.took, &c.message}
}

// run returns the run, and the number of its integration.
func (c *judgedRun) run() (r *check.Run, integration int64, err error) {
	r = &check.Run{}
	r.ID, _ = c.id.(int64)
	integration, _ = c.integration.(int64)
	word, _ := c.word.(int64)
	began, _ := c.began.(int64)
	took, _ := c.took.(int64)
	r.Message, _ = c.message.(string)
	if r.Status, r.Cause, err = store.DecodeStatus(int(word/16), int(word%16)); err != nil {
		return nil, 0, fmt.Errorf("run %d: %w", r.ID, err)
	}
	r.Began, r.Took = time.UnixMilli(began).UTC(), time.Duration(took)*time.Microsecond
	return r, integration, nil
}

// Statuses implements store.Runs.
func (s *Store) Statuses(ctx context.Context, integration string, since, until time.Time, f func(time.Time, check.Status) bool) (first time.Time, err error) {
	ctx = profile.WithFunction(ctx, "Statuses")
	var id int64
	var began sql.NullInt64
	err = s.read.QueryRowContext(ctx, firstRun, integration).Scan(&id, &began)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !began.Valid {
		return first, nil
	}
	if err == nil {
		first = time.UnixMilli(began.Int64).UTC()
		q := store.RunQuery{Since: since, Until: until}
		from, to := q.Bounds()
		err = readStatuses(ctx, s.read, f, id, from, to)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the statuses of %s: %w", integration, err)
	}
	return first, nil
}

func readStatuses(ctx context.Context, db *sql.DB, f func(time.Time, check.Status) bool, args ...any) error {
	rows, err := db.QueryContext(ctx, runStatuses, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var began int64
		var n int
		if err := rows.Scan(&began, &n); err != nil {
			return err
		}
		status, _, err := store.DecodeStatus(n, 0)
		if err != nil {
			return err
		}
		if !f(time.UnixMilli(began).UTC(), status) {
			return nil
		}
	}
	return rows.Err()
}

// scanRun scans a row whose first columns go into more.
func scanRun(row scanner, more ...any) (r check.Run, err error) {
	var names string
	var columns runRow
	if err := row.Scan(columns.columns(append(more, &r.ID, &r.Probe, &r.Digest, &names)...)...); err != nil {
		return r, err
	}
	values, err := columns.fill(&r)
	if err != nil {
		return r, err
	}
	return r, store.Unpack(&r, names, values)
}

// runRow has the columns of a run from status on. Scanning into any is the fastest.
type runRow struct {
	status, cause, began, took, message, data, correlation, late, pressure, throttled any
}

// columns returns where to scan the columns. The first ones go into first.
func (w *runRow) columns(first ...any) []any {
	return append(first, &w.status, &w.cause, &w.began, &w.took, &w.message, &w.data, &w.correlation, &w.late, &w.pressure, &w.throttled)
}

// fill sets the fields of a run, and returns its values.
func (w *runRow) fill(r *check.Run) (values string, err error) {
	status, _ := w.status.(int64)
	cause, _ := w.cause.(int64)
	if r.Status, r.Cause, err = store.DecodeStatus(int(status), int(cause)); err != nil {
		return "", fmt.Errorf("run %d: %w", r.ID, err)
	}
	began, _ := w.began.(int64)
	took, _ := w.took.(int64)
	r.Began, r.Took = time.UnixMilli(began).UTC(), time.Duration(took)*time.Microsecond
	r.Message, _ = w.message.(string)
	switch id := w.correlation.(type) {
	case []byte:
		r.CorrelationID = hex.EncodeToString(id)
	case string:
		r.CorrelationID = id
	}
	if late := fromMillis(w.late); late != nil {
		r.Contention = &check.Contention{Late: *late, Pressure: fromMillis(w.pressure), Throttled: fromMillis(w.throttled)}
	}
	values, _ = w.data.(string)
	return values, nil
}

// fromMillis returns a duration, or nil for NULL.
func fromMillis(value any) *time.Duration {
	n, ok := value.(int64)
	if !ok {
		return nil
	}
	d := time.Duration(n) * time.Millisecond
	return &d
}
