package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vega/store"
	"vega/store/clock"
	"vega/store/profile"
	"vega/store/sqlite/alerts"
)

// Limits of one deletion step, which block other writers for only a few
// milliseconds.
const (
	rowsPerStep  = 1000
	pagesPerStep = 256
	// sparePages stay in the file for new rows.
	sparePages = 256
)

// earliestConversation is the earliest time that a conversation can have: one may be
// older than vega, but not from 1970. Runs that are dated before clock.Earliest began
// before the clock was set.
var earliestConversation = time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC)

// Runs are deleted up to the last one that is too old and has none before it, in the
// order in which they were stored, that is to be kept. Rows whose time is impossible
// are deleted with their neighbours. ?1 and ?2 are the earliest and the latest time
// that is possible, ?3 is the time from which rows are kept. With id > 0, SQLite reads
// from the oldest row to the first that matches, which comes soon.
const (
	lastOldRun = `SELECT coalesce(max(id), 0) FROM runs WHERE began >= ?1 AND began < ?3
		AND id < coalesce((SELECT id FROM runs WHERE id > 0 AND began BETWEEN ?3 AND ?2 ORDER BY id LIMIT 1), 9223372036854775807)`
	misdatedRuns = `SELECT count(*) FROM runs WHERE began NOT BETWEEN ?1 AND ?2 AND id <= ?3`
	purgeRuns    = `DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE id <= ?3 ORDER BY id LIMIT ?4) AND began NOT BETWEEN ?1 AND ?2`

	lastOldConversation = `SELECT coalesce(max(id), 0) FROM conversations WHERE +ts >= ?1 AND +ts < ?3
		AND id < coalesce((SELECT id FROM conversations WHERE id > 0 AND +ts BETWEEN ?3 AND ?2 ORDER BY id LIMIT 1), 9223372036854775807)`
	purgeConversations = `DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE ts >= ?1 AND ts < ?2 ORDER BY ts LIMIT ?3)`
	purgeMisdated      = `DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE +ts NOT BETWEEN ?1 AND ?2 AND id <= ?3 ORDER BY id LIMIT ?4)`

	oldestBegan = `SELECT began FROM runs WHERE began BETWEEN ? AND ? ORDER BY id LIMIT 1`
	oldestRuns  = `DELETE FROM runs WHERE id IN (SELECT id FROM runs ORDER BY id LIMIT ?)`
	fileSize    = `SELECT (SELECT page_count FROM pragma_page_count), (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)`
)

// Retain implements store.Maintenance. It returns the space to the file system. Ages
// are those by the store's clock; see package clock.
func (s *Store) Retain(ctx context.Context, r store.Retention) (done store.Retained, err error) {
	if s.discards {
		return done, nil
	}
	if done, err = s.retainer.retain(profile.WithFunction(ctx, "Retain"), r); err != nil {
		return done, fmt.Errorf("apply retention to the store: %w", err)
	}
	return done, nil
}

// retainer applies retention to a store.
type retainer struct {
	store   *Store
	clock   *clock.Clock
	changed func(clock.Verdict)
}

func (k *retainer) retain(ctx context.Context, r store.Retention) (done store.Retained, err error) {
	before, err := k.pages(ctx)
	if err != nil {
		return done, err
	}
	defer func() {
		if after, looked := k.pages(ctx); looked == nil {
			done.Bytes = (before.all - after.all) * before.size
		}
	}()
	if err := k.store.rollups.CloseEnded(ctx); err != nil {
		return done, err
	}
	now := k.observeClock()
	if err := k.purgeOld(ctx, now, r, &done); err != nil {
		return done, err
	}
	var latest time.Time // not known while the clock is not trusted
	if k.clock.Verdict().Trusted {
		latest = now.Add(clock.Tolerance)
	}
	purged, err := k.store.rollups.Purge(ctx, now, latest)
	if done.Rollups = purged; err != nil {
		return done, err
	}
	if r.Bytes > 0 {
		if err := k.shrinkTo(ctx, r.Bytes, &done); err != nil {
			return done, err
		}
	}
	if err := k.keepClock(ctx); err != nil {
		return done, err
	}
	return done, k.giveBack(ctx)
}

func (k *retainer) purgeOld(ctx context.Context, now time.Time, r store.Retention, done *store.Retained) error {
	if r.Runs > 0 {
		if err := k.purgeOldRuns(ctx, datesAt(now, clock.Earliest, r.Runs, time.Time.UnixMilli), done); err != nil {
			return fmt.Errorf("delete old runs: %w", err)
		}
		purged, err := k.store.Purge(ctx, alerts.Dates{Earliest: earliestBy(now, clock.Earliest), Latest: now.Add(clock.Tolerance), Kept: now.Add(-r.Runs)})
		count(done, purged)
		if err != nil {
			return err
		}
	}
	if r.Conversations > 0 {
		ctx := profile.WithFunction(ctx, "PurgeOld")
		if err := k.purgeOldConversations(ctx, datesAt(now, earliestConversation, r.Conversations, time.Time.UnixMicro), done); err != nil {
			return fmt.Errorf("delete old conversations: %w", err)
		}
	}
	return nil
}

func (k *retainer) purgeOldRuns(ctx context.Context, d dates, done *store.Retained) error {
	var last, misdated int64
	if err := k.store.read.QueryRowContext(ctx, lastOldRun, d.earliest, d.latest, d.kept).Scan(&last); err != nil {
		return err
	}
	if err := k.store.read.QueryRowContext(ctx, misdatedRuns, d.earliest, d.latest, last).Scan(&misdated); err != nil {
		return err
	}
	var err error
	done.Runs, err = k.inSteps(ctx, k.store.writer.exec, purgeRuns, d.kept, d.latest, last)
	done.Misdated += min(misdated, done.Runs)
	return err
}

// purgeOldConversations deletes each conversation by its own time, because a client
// may import old ones. Only where that time is impossible do the neighbours count.
func (k *retainer) purgeOldConversations(ctx context.Context, d dates, done *store.Retained) error {
	var last int64
	if err := k.store.read.QueryRowContext(ctx, lastOldConversation, d.earliest, d.latest, d.kept).Scan(&last); err != nil {
		return err
	}
	misdated, err := k.inSteps(ctx, k.store.writer.erase, purgeMisdated, d.earliest, d.latest, last)
	done.Conversations, done.Misdated = misdated, done.Misdated+misdated
	if err != nil {
		return err
	}
	old, err := k.inSteps(ctx, k.store.writer.erase, purgeConversations, d.earliest, d.kept)
	done.Conversations += old
	return err
}

// dates are the earliest and the latest time that a row can have, and the time from
// which rows are kept.
type dates struct{ earliest, latest, kept int64 }

// datesAt returns the dates in the unit of a column.
func datesAt(now, earliest time.Time, keep time.Duration, unit func(time.Time) int64) dates {
	return dates{unit(earliestBy(now, earliest)), unit(now.Add(clock.Tolerance)), unit(now.Add(-keep))}
}

// earliestBy returns the earliest time that a row can have. A clock that is itself before
// it rules none out.
func earliestBy(now, earliest time.Time) time.Time {
	if now.After(earliest) {
		return earliest
	}
	return time.Time{}
}

// count adds what was deleted of alerting.
func count(done *store.Retained, purged alerts.Purged) {
	done.Incidents += purged.Incidents
	done.Silences += purged.Silences
	done.Figures += purged.Figures
	done.Misdated += purged.Misdated
}

// inSteps runs a statement until it changes nothing. Its last parameter is the number
// of rows per step.
func (k *retainer) inSteps(ctx context.Context, exec func(context.Context, string, ...any) (sql.Result, error), statement string, args ...any) (all int64, err error) {
	args = append(args, rowsPerStep)
	for {
		done, err := exec(ctx, statement, args...)
		if err != nil {
			return all, err
		}
		n, err := done.RowsAffected()
		all += n
		if err != nil || n == 0 {
			return all, err
		}
	}
}

// shrinkTo deletes the oldest runs and figures, then incidents that have ended, and at last
// roll-ups, until the pages in use fit the limit.
func (k *retainer) shrinkTo(ctx context.Context, bytes int64, done *store.Retained) error {
	for {
		p, err := k.pages(ctx)
		if err != nil || (p.all-p.free)*p.size <= bytes {
			return err
		}
		all, err := k.dropOldest(ctx, done)
		if err == nil && all == 0 {
			all, err = k.store.rollups.DropOldest(ctx)
			done.Rollups += all
		}
		if err != nil || all == 0 {
			return err // nothing is left that may be deleted
		}
	}
}

// dropOldest deletes the oldest runs, and the figures from before the others. Without
// runs, it deletes other rows of alerting. It returns how many rows it deleted.
func (k *retainer) dropOldest(ctx context.Context, done *store.Retained) (int64, error) {
	deleted, err := k.store.writer.exec(ctx, oldestRuns, rowsPerStep)
	if err != nil {
		return 0, err
	}
	n, err := deleted.RowsAffected()
	done.Runs += n
	if err != nil {
		return n, err
	}
	var purged alerts.Purged
	var began int64
	now := k.clock.Verdict().Now
	err = k.store.read.QueryRowContext(ctx, oldestBegan, clock.Earliest.UnixMilli(), now.Add(clock.Tolerance).UnixMilli()).Scan(&began)
	switch {
	case err == nil:
		purged.Figures, err = k.store.PurgeFigures(ctx, time.UnixMilli(began))
	case errors.Is(err, sql.ErrNoRows):
		purged, err = k.store.DropOldest(ctx)
	}
	count(done, purged)
	return n + purged.Figures + purged.Incidents, err
}

// giveBack shrinks the file by its unused pages.
func (k *retainer) giveBack(ctx context.Context) error {
	for {
		p, err := k.pages(ctx)
		if err != nil || p.free <= sparePages {
			return err
		}
		if _, err := k.store.writer.exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pagesPerStep)); err != nil {
			return err
		}
		after, err := k.pages(ctx)
		if err != nil || after.all >= p.all {
			return err // the file was created without auto_vacuum
		}
	}
}

type pages struct{ all, free, size int64 }

func (k *retainer) pages(ctx context.Context) (p pages, err error) {
	err = k.store.write.QueryRowContext(ctx, fileSize).Scan(&p.all, &p.free, &p.size)
	return p, err
}

const (
	readClock = `SELECT now, wall, steady FROM clock`
	newestRun = `SELECT began, began, 0 FROM runs WHERE id = (SELECT max(id) FROM runs) AND began >= ?`
	keepClock = `INSERT INTO clock (id, now, wall, steady) VALUES (1, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET now = excluded.now, wall = excluded.wall, steady = excluded.steady`
)

// newRetainer continues the clock of a store, or begins it with the newest run of a file
// that has none yet.
func newRetainer(ctx context.Context, s *Store, set settings) (*retainer, error) {
	var now, wall, steady int64
	err := s.write.QueryRowContext(ctx, readClock).Scan(&now, &wall, &steady)
	known := err == nil
	if errors.Is(err, sql.ErrNoRows) {
		err = s.write.QueryRowContext(ctx, newestRun, clock.Earliest.UnixMilli()).Scan(&now, &wall, &steady)
	}
	var state clock.State
	switch {
	case err == nil:
		state = clock.State{Now: time.UnixMilli(now), Wall: time.UnixMilli(wall), Steady: time.Duration(steady) * time.Millisecond}
	case !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	k := &retainer{s, clock.New(set.clock, state), set.clockChanged}
	if v := k.clock.Verdict(); !v.Trusted {
		k.changed(v)
	}
	if !known {
		_ = k.keepClock(ctx) // or by the next Retain, if the disk is full
	}
	return k, nil
}

// observeClock returns the time to delete by.
func (k *retainer) observeClock() time.Time {
	v := k.clock.Observe()
	if v.Changed {
		k.changed(v)
	}
	return v.Now
}

func (k *retainer) keepClock(ctx context.Context) error {
	s := k.clock.State()
	_, err := k.store.writer.exec(ctx, keepClock, s.Now.UnixMilli(), s.Wall.UnixMilli(), s.Steady.Milliseconds())
	return err
}
