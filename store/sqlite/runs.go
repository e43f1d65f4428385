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

// runsInOrder reads runs after one, in the order in which they were stored.
const runsInOrder = `SELECT id, integration, status * 16 + cause, began, took, message FROM runs WHERE id > ? ORDER BY id LIMIT 5000`

// RunsInOrder implements store.Alerts.
func (s *Store) RunsInOrder(ctx context.Context, since time.Time, f func(*check.Run) bool) error {
	b := batches{store: s, names: map[int64]string{}, since: since}
	ctx = profile.WithFunction(ctx, "RunsInOrder")
	for more := true; more; {
		var err error
		if more, err = b.next(ctx, f); err != nil {
			return fmt.Errorf("read the runs: %w", err)
		}
	}
	return nil
}

// batches reads runs in order, some at a time.
type batches struct {
	store *Store
	names map[int64]string // of integrations
	since time.Time

	last, lastName int64 // the highest IDs that were read
	again          bool  // the names were read again because of the next run
}

// next reads the next runs. It returns false if there are none left, or if f returned
// false.
func (b *batches) next(ctx context.Context, f func(*check.Run) bool) (more bool, err error) {
	if err := b.readNames(ctx); err != nil {
		return false, err
	}
	rows, err := b.store.read.QueryContext(ctx, runsInOrder, b.last)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		r, integration, err := scanJudged(rows)
		if err != nil {
			return false, err
		}
		name, known := b.names[integration]
		if !known {
			if b.again {
				return false, fmt.Errorf("run %d is of an unknown integration", r.ID)
			}
			b.again, b.lastName = true, 0 // it is new: read the names again
			return true, nil
		}
		r.Integration, b.last, b.again, more = name, r.ID, false, true
		if !r.Began.Add(r.Took).Before(b.since) && !f(r) {
			return false, nil
		}
	}
	return more, rows.Err()
}

// readNames reads the names that are not known yet.
func (b *batches) readNames(ctx context.Context) error {
	rows, err := b.store.read.QueryContext(ctx, `SELECT id, name FROM run_names WHERE id > ?`, b.lastName)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return err
		}
		b.names[id], b.lastName = name, max(b.lastName, id)
	}
	return rows.Err()
}

// scanJudged scans a row of runsInOrder.
func scanJudged(row scanner) (r *check.Run, integration int64, err error) {
	var word, began, took int64
	r = &check.Run{}
	if err := row.Scan(&r.ID, &integration, &word, &began, &took, &r.Message); err != nil {
		return nil, 0, err
	}
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
		err = s.statuses(ctx, f, id, from, to)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the statuses of %s: %w", integration, err)
	}
	return first, nil
}

func (s *Store) statuses(ctx context.Context, f func(time.Time, check.Status) bool, args ...any) error {
	rows, err := s.read.QueryContext(ctx, runStatuses, args...)
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
	var names, values string
	var status, cause int
	var began, took int64
	var correlation any
	var late, pressure, throttled sql.NullInt64
	into := append(more, &r.ID, &r.Probe, &r.Digest, &names, &status, &cause, &began, &took, &r.Message, &values, &correlation, &late, &pressure, &throttled)
	if err := row.Scan(into...); err != nil {
		return r, err
	}
	if r.Status, r.Cause, err = store.DecodeStatus(status, cause); err != nil {
		return r, fmt.Errorf("run %d: %w", r.ID, err)
	}
	r.Began, r.Took = time.UnixMilli(began).UTC(), time.Duration(took)*time.Microsecond
	switch id := correlation.(type) {
	case []byte:
		r.CorrelationID = hex.EncodeToString(id)
	case string:
		r.CorrelationID = id
	}
	if late.Valid {
		r.Contention = &check.Contention{Late: *fromMillis(late), Pressure: fromMillis(pressure), Throttled: fromMillis(throttled)}
	}
	return r, store.Unpack(&r, names, values)
}

func fromMillis(n sql.NullInt64) *time.Duration {
	if !n.Valid {
		return nil
	}
	d := time.Duration(n.Int64) * time.Millisecond
	return &d
}
