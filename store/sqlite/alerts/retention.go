package alerts

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"
)

// Limits of one deletion step, which block other writers for only a few milliseconds. An
// incident has several other rows.
const (
	incidentsPerStep = 100
	rowsPerStep      = 1000
)

const (
	// Rows whose time is impossible are deleted with those that have lower numbers than
	// an old one.
	lastOldIncident   = `SELECT coalesce(max(id), 0) FROM incidents WHERE ended IS NOT NULL AND ended >= ? AND ended < ?`
	oldIncidents      = `SELECT id FROM incidents WHERE ended IS NOT NULL AND ended >= ? AND ended < ? ORDER BY ended LIMIT ?`
	misdatedIncidents = `SELECT id FROM incidents WHERE +ended NOT BETWEEN ? AND ? AND id <= ? ORDER BY id LIMIT ?`
	oldestIncidents   = `SELECT id FROM incidents WHERE ended IS NOT NULL ORDER BY ended LIMIT ?`

	purgeSilences = `DELETE FROM silences WHERE id IN (SELECT id FROM silences WHERE over < ? ORDER BY over LIMIT ?)`
	purgeFigure   = `DELETE FROM figures WHERE resource = ?1 AND subject = ?2 AND minute IN
		(SELECT minute FROM figures WHERE resource = ?1 AND subject = ?2 AND minute < ?3 ORDER BY minute LIMIT ?4)`
	oldestMinute = `SELECT min((SELECT min(minute) FROM figures f WHERE f.resource = n.resource AND f.subject = n.subject)) FROM (` + allFigures + `) n`
)

// deleteIncidents are the statements that delete the incidents of a JSON list of numbers.
var deleteIncidents = []string{
	`DELETE FROM deliveries WHERE incident IN (SELECT value FROM json_each(?))`,
	`DELETE FROM incident_events WHERE incident IN (SELECT value FROM json_each(?))`,
	`DELETE FROM incident_alerts WHERE incident IN (SELECT value FROM json_each(?))`,
	`DELETE FROM incidents WHERE id IN (SELECT value FROM json_each(?))`,
}

// Dates are the earliest and the latest time that a record can have, and the time from
// which records are kept.
type Dates struct{ Earliest, Latest, Kept time.Time }

// Purged counts what was deleted.
type Purged struct{ Incidents, Silences, Figures, Misdated int64 }

// Purge deletes what ended before it is to be kept, in small steps. What has not ended
// stays.
func (t *Tables) Purge(ctx context.Context, d Dates) (done Purged, err error) {
	earliest, latest, kept := micros(d.Earliest), micros(d.Latest), micros(d.Kept)
	var last int64
	if err := t.read.QueryRowContext(ctx, lastOldIncident, earliest, kept).Scan(&last); err != nil {
		return done, fmt.Errorf("delete old incidents: %w", err)
	}
	done.Misdated, err = t.purgeIncidents(ctx, misdatedIncidents, earliest, latest, last)
	if done.Incidents = done.Misdated; err != nil {
		return done, err
	}
	n, err := t.purgeIncidents(ctx, oldIncidents, earliest, kept)
	if done.Incidents += n; err != nil {
		return done, err
	}
	if done.Silences, err = t.inSteps(ctx, purgeSilences, kept, rowsPerStep); err != nil {
		return done, fmt.Errorf("delete old silences: %w", err)
	}
	done.Figures, err = t.PurgeFigures(ctx, d.Kept)
	return done, err
}

// PurgeFigures deletes the minute rows before a time.
func (t *Tables) PurgeFigures(ctx context.Context, before time.Time) (all int64, err error) {
	names, err := t.figures(ctx)
	for _, name := range names {
		n, err := t.inSteps(ctx, purgeFigure, name[0], name[1], minuteOf(before), rowsPerStep)
		if all += n; err != nil {
			return all, fmt.Errorf("delete old figures: %w", err)
		}
	}
	return all, err
}

// figures returns the numbers of the names of all figures.
func (t *Tables) figures(ctx context.Context) (names [][2]int64, err error) {
	rows, err := t.read.QueryContext(ctx, allFigures)
	if err != nil {
		return nil, fmt.Errorf("list the figures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name [2]int64
		if err := rows.Scan(&name[0], &name[1]); err != nil {
			return nil, fmt.Errorf("list the figures: %w", err)
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// DropOldest deletes the figures of the oldest day or, if there are no figures, some of
// the incidents that ended first. It returns a zero Purged if nothing is left that may be
// deleted.
func (t *Tables) DropOldest(ctx context.Context) (done Purged, err error) {
	var minute sql.NullInt64
	if err := t.read.QueryRowContext(ctx, oldestMinute).Scan(&minute); err != nil {
		return done, fmt.Errorf("find the oldest figures: %w", err)
	}
	if minute.Valid {
		next := min(minute.Int64, math.MaxInt64/60-24*60) + 24*60
		done.Figures, err = t.PurgeFigures(ctx, time.Unix(next*60, 0))
		return done, err
	}
	done.Incidents, err = t.stepIncidents(ctx, oldestIncidents)
	return done, err
}

// purgeIncidents deletes the incidents that a query selects, in steps.
func (t *Tables) purgeIncidents(ctx context.Context, query string, args ...any) (all int64, err error) {
	for {
		n, err := t.stepIncidents(ctx, query, args...)
		if all += n; err != nil || n == 0 {
			return all, err
		}
	}
}

// stepIncidents deletes the first incidents that a query selects, whose last parameter is
// the number of rows.
func (t *Tables) stepIncidents(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = t.change(ctx, func(tx *sql.Tx) error {
		ids, err := numbers(ctx, tx, query, append(args[:len(args):len(args)], incidentsPerStep)...)
		if err != nil || len(ids) == 0 {
			return err
		}
		list, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		for _, statement := range deleteIncidents {
			if _, err := tx.ExecContext(ctx, statement, string(list)); err != nil {
				return err
			}
		}
		n = int64(len(ids))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("delete old incidents: %w", err)
	}
	return n, nil
}

func numbers(ctx context.Context, tx *sql.Tx, query string, args ...any) (all []int64, err error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, rows.Err()
}

// inSteps runs a statement until it changes nothing.
func (t *Tables) inSteps(ctx context.Context, statement string, args ...any) (all int64, err error) {
	for {
		var n int64
		err := t.change(ctx, func(tx *sql.Tx) error {
			done, err := tx.ExecContext(ctx, statement, args...)
			if err == nil {
				n, err = done.RowsAffected()
			}
			return err
		})
		if err != nil || n == 0 {
			return all, err
		}
		all += n
	}
}
