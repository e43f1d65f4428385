package alerts

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"vega/store"
	"vega/store/profile"
)

const (
	addName   = `INSERT INTO run_names (name) VALUES (?) ON CONFLICT DO NOTHING`
	putFigure = `INSERT INTO figures (resource, subject, minute, last, low, high)
		VALUES ((SELECT id FROM run_names WHERE name = ?1), (SELECT id FROM run_names WHERE name = ?2), ?3, ?4, nullif(?5, ?4), nullif(?6, ?4))
		ON CONFLICT DO UPDATE SET last = excluded.last,
			low = nullif(min(coalesce(low, last), coalesce(excluded.low, excluded.last)), excluded.last),
			high = nullif(max(coalesce(high, last), coalesce(excluded.high, excluded.last)), excluded.last)`

	figureColumns = `f.minute, r.name, s.name, f.last, coalesce(f.low, f.last), coalesce(f.high, f.last)`
	figureNames   = `JOIN run_names r ON r.id = f.resource JOIN run_names s ON s.id = f.subject`
	selectFigure  = `SELECT ` + figureColumns + ` FROM figures f ` + figureNames + `
		WHERE f.resource = (SELECT id FROM run_names WHERE name = ?) AND f.subject = (SELECT id FROM run_names WHERE name = ?)
		AND f.minute >= ? AND f.minute < ? ORDER BY f.minute`
	// The figures, by skipping from one to the next in the key.
	allFigures = `WITH RECURSIVE n (resource, subject) AS (
			SELECT * FROM (SELECT resource, subject FROM figures ORDER BY resource, subject LIMIT 1)
			UNION ALL
			SELECT (SELECT resource FROM figures WHERE (resource, subject) > (n.resource, n.subject) ORDER BY resource, subject LIMIT 1),
			       (SELECT subject FROM figures WHERE (resource, subject) > (n.resource, n.subject) ORDER BY resource, subject LIMIT 1)
			FROM n WHERE n.resource IS NOT NULL)
		SELECT resource, subject FROM n WHERE resource IS NOT NULL`
	selectFigures = `SELECT ` + figureColumns + ` FROM (` + allFigures + `) n
		CROSS JOIN figures f ON f.resource = n.resource AND f.subject = n.subject AND f.minute >= ? AND f.minute < ? ` + figureNames + ` ORDER BY f.minute, r.name, s.name`
)

// minuteOf returns the minutes since 1970.
func minuteOf(t time.Time) int64 { return int64(math.Floor(float64(t.Unix()) / 60)) }

// AppendFigures implements store.Alerts.
func (t *Tables) AppendFigures(ctx context.Context, rows []store.FigureRow) error {
	if t.change == nil || len(rows) == 0 {
		return nil
	}
	err := t.change(profile.WithFunction(ctx, "AppendFigures"), func(tx *sql.Tx) error { return putFigures(ctx, tx, rows) })
	if err != nil {
		return fmt.Errorf("store figures: %w", err)
	}
	return nil
}

func putFigures(ctx context.Context, tx *sql.Tx, rows []store.FigureRow) error {
	name, err := tx.PrepareContext(ctx, addName)
	if err != nil {
		return err
	}
	defer name.Close()
	put, err := tx.PrepareContext(ctx, putFigure)
	if err != nil {
		return err
	}
	defer put.Close()
	for n := range rows {
		r := &rows[n]
		if !finite(r.Last) || !finite(r.Min) || !finite(r.Max) {
			continue // there is nothing to compare it with
		}
		for _, text := range []string{r.Resource, r.Subject} {
			if _, err := name.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		if _, err := put.ExecContext(ctx, r.Resource, r.Subject, minuteOf(r.Minute), r.Last, r.Min, r.Max); err != nil {
			return err
		}
	}
	return nil
}

// Figures implements store.Alerts.
func (t *Tables) Figures(ctx context.Context, q store.FigureQuery) ([]store.FigureRow, error) {
	if t.absent {
		return []store.FigureRow{}, nil
	}
	since, until := int64(math.MinInt64), int64(math.MaxInt64)
	if !q.Since.IsZero() {
		since = minuteOf(q.Since.Add(time.Minute - 1))
	}
	if !q.Until.IsZero() {
		until = minuteOf(q.Until.Add(time.Minute - 1))
	}
	statement, args := selectFigures, []any{since, until}
	if q.Resource != "" {
		statement, args = selectFigure, []any{q.Resource, q.Subject, since, until}
	}
	all, err := collect(profile.WithFunction(ctx, "Figures"), t, scanFigure, statement, args...)
	if err != nil {
		return nil, fmt.Errorf("read the figures: %w", err)
	}
	return all, nil
}

func scanFigure(row scanner) (r store.FigureRow, err error) {
	var minute int64
	err = row.Scan(&minute, &r.Resource, &r.Subject, &r.Last, &r.Min, &r.Max)
	r.Minute = time.Unix(minute*60, 0).UTC()
	return r, err
}
