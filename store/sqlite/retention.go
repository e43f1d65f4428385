package sqlite

import (
	"context"
	"fmt"
	"time"

	"vega/store"
	"vega/store/profile"
)

// Limits of one deletion step, which block other writers for only a few
// milliseconds.
const (
	rowsPerStep  = 1000
	pagesPerStep = 256
	// sparePages stay in the file for new rows.
	sparePages = 256
)

const (
	purgeRuns          = `DELETE FROM runs WHERE id IN (SELECT id FROM (SELECT id, began FROM runs ORDER BY id LIMIT ?2) WHERE began < ?1)`
	purgeConversations = `DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE ts < ? ORDER BY ts LIMIT ?)`
	oldestRuns         = `DELETE FROM runs WHERE id IN (SELECT id FROM runs ORDER BY id LIMIT ?)`
	fileSize           = `SELECT (SELECT page_count FROM pragma_page_count), (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)`
)

// Retain implements store.Maintenance. It returns the space to the file system.
func (s *Store) Retain(ctx context.Context, r store.Retention) (done store.Retained, err error) {
	if s.discards {
		return done, nil
	}
	ctx = profile.WithFunction(ctx, "Retain")
	before, err := s.pages(ctx)
	if err != nil {
		return done, fmt.Errorf("apply retention to the store: %w", err)
	}
	defer func() {
		if after, looked := s.pages(ctx); looked == nil {
			done.Bytes = (before.all - after.all) * before.size
		}
		if err != nil {
			err = fmt.Errorf("apply retention to the store: %w", err)
		}
	}()
	if r.Runs > 0 {
		if done.Runs, err = s.inSteps(ctx, purgeRuns, time.Now().Add(-r.Runs).UnixMilli()); err != nil {
			return done, err
		}
	}
	if r.Conversations > 0 {
		if done.Conversations, err = s.purgeOldConversations(ctx, time.Now().Add(-r.Conversations)); err != nil {
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

func (s *Store) purgeOldConversations(ctx context.Context, before time.Time) (int64, error) {
	ctx = profile.WithFunction(ctx, "PurgeOld")
	n, err := s.inSteps(ctx, purgeConversations, before.UnixMicro())
	if err != nil {
		return n, fmt.Errorf("delete old conversations: %w", err)
	}
	return n, nil
}

// inSteps runs a statement until it changes nothing. Its parameters are a bound
// and the number of rows per step.
func (s *Store) inSteps(ctx context.Context, statement string, bound int64) (all int64, err error) {
	for {
		done, err := s.exec(ctx, statement, bound, rowsPerStep)
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

// shrinkTo deletes the oldest runs until the pages in use fit the limit.
func (s *Store) shrinkTo(ctx context.Context, bytes int64) (all int64, err error) {
	for {
		p, err := s.pages(ctx)
		if err != nil || (p.all-p.free)*p.size <= bytes {
			return all, err
		}
		done, err := s.exec(ctx, oldestRuns, rowsPerStep)
		if err != nil {
			return all, err
		}
		n, err := done.RowsAffected()
		all += n
		if err != nil || n == 0 {
			return all, err // no runs are left
		}
	}
}

// giveBack shrinks the file by its unused pages.
func (s *Store) giveBack(ctx context.Context) error {
	for {
		p, err := s.pages(ctx)
		if err != nil || p.free <= sparePages {
			return err
		}
		if _, err := s.exec(ctx, fmt.Sprintf("PRAGMA incremental_vacuum(%d)", pagesPerStep)); err != nil {
			return err
		}
		after, err := s.pages(ctx)
		if err != nil || after.all >= p.all {
			return err // the file was created without auto_vacuum
		}
	}
}

type pages struct{ all, free, size int64 }

func (s *Store) pages(ctx context.Context) (p pages, err error) {
	err = s.write.QueryRowContext(ctx, fileSize).Scan(&p.all, &p.free, &p.size)
	return p, err
}
