package store

import (
	"context"
	"fmt"
	"time"

	"vega/store/profile"
)

// Retention is how long, and how much, is kept. What is zero keeps everything.
type Retention struct {
	Runs          time.Duration // age of the oldest run
	Conversations time.Duration // age of the oldest conversation
	Bytes         int64         // of the file; the oldest runs make room
}

// Retained is what Retain took away.
type Retained struct {
	Runs, Conversations int64
	Bytes               int64 // that the file got smaller by
}

// How much a step takes away, so that it holds the writer for some
// milliseconds only.
const (
	rowsPerStep  = 1000
	pagesPerStep = 256
	// sparePages stay in the file for what comes next.
	sparePages = 256
)

const (
	purgeRuns  = `DELETE FROM runs WHERE id IN (SELECT id FROM (SELECT id, began FROM runs ORDER BY id LIMIT ?2) WHERE began < ?1)`
	oldestRuns = `DELETE FROM runs WHERE id IN (SELECT id FROM runs ORDER BY id LIMIT ?)`
	fileSize   = `SELECT (SELECT page_count FROM pragma_page_count), (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)`
)

// Retain takes away what is older, or more, than is to be kept, and gives the
// room back to the file system. It works in small steps: nobody waits for it
// for longer than one takes. The oldest runs go first; conversations only go by
// their age.
func (s *Store) Retain(ctx context.Context, r Retention) (done Retained, err error) {
	if s.discards {
		return done, nil
	}
	ctx = profile.WithFunction(ctx, "Retain")
	before, err := s.pages(ctx)
	if err != nil {
		return done, fmt.Errorf("make room in the store: %w", err)
	}
	defer func() {
		if after, looked := s.pages(ctx); looked == nil {
			done.Bytes = (before.all - after.all) * before.size
		}
		if err != nil {
			err = fmt.Errorf("make room in the store: %w", err)
		}
	}()
	if r.Runs > 0 {
		if done.Runs, err = s.inSteps(ctx, purgeRuns, time.Now().Add(-r.Runs).UnixMilli()); err != nil {
			return done, err
		}
	}
	if r.Conversations > 0 {
		if done.Conversations, err = s.PurgeOld(ctx, time.Now().Add(-r.Conversations)); err != nil {
			return done, err
		}
	}
	if r.Bytes > 0 {
		n, err := s.shrinkTo(ctx, r.Bytes)
		done.Runs += n
		if err != nil {
			return done, err
		}
	}
	return done, s.giveBack(ctx)
}

// inSteps runs a statement of two parameters, a bound and how many, until it
// changes nothing any more.
func (s *Store) inSteps(ctx context.Context, statement string, bound int64) (all int64, err error) {
	for {
		done, err := s.write.ExecContext(ctx, statement, bound, rowsPerStep)
		if err := s.wrote(err); err != nil {
			return all, err
		}
		n, err := done.RowsAffected()
		all += n
		if err != nil || n == 0 {
			return all, err
		}
	}
}

// shrinkTo takes runs away until what is in use fits.
func (s *Store) shrinkTo(ctx context.Context, bytes int64) (all int64, err error) {
	for {
		p, err := s.pages(ctx)
		if err != nil || (p.all-p.free)*p.size <= bytes {
			return all, err
		}
		done, err := s.write.ExecContext(ctx, oldestRuns, rowsPerStep)
		if err := s.wrote(err); err != nil {
			return all, err
		}
		n, err := done.RowsAffected()
		all += n
		if err != nil || n == 0 {
			return all, err // what is left is not runs
		}
	}
}

// giveBack makes the file smaller by the pages that nothing is in.
func (s *Store) giveBack(ctx context.Context) error {
	for {
		p, err := s.pages(ctx)
		if err != nil || p.free <= sparePages {
			return err
		}
		if _, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pagesPerStep)); s.wrote(err) != nil {
			return err
		}
		after, err := s.pages(ctx)
		if err != nil || after.all >= p.all {
			return err // a file that was made without this
		}
	}
}

type pages struct{ all, free, size int64 }

func (s *Store) pages(ctx context.Context) (p pages, err error) {
	err = s.write.QueryRowContext(ctx, fileSize).Scan(&p.all, &p.free, &p.size)
	return p, err
}
