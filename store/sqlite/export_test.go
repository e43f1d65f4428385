package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Migration appends a migration.
func Migration(script string) Option {
	return func(s *settings) {
		s.schema = append(s.schema[:len(s.schema):len(s.schema)], migration(script))
	}
}

// ForgetConnections makes the next write open the file again.
func (s *Store) ForgetConnections() {
	s.write.SetMaxIdleConns(-1)
	s.write.SetMaxIdleConns(1)
}

// Synchronous returns the setting of the writing connection: in a transaction with
// changes of alerting, in one without, and after a transaction with changes that failed.
func (s *Store) Synchronous(ctx context.Context) (with, without, failed int, err error) {
	look := func(into *int, then error) func(tx *sql.Tx) error {
		return func(tx *sql.Tx) error {
			return errors.Join(tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(into), then)
		}
	}
	err = errors.Join(s.writer.tryDurably(ctx, look(&with, nil)), s.writer.try(ctx, look(&without, nil)))
	_ = s.writer.tryDurably(ctx, look(&failed, errors.New("a test")))
	return with, without, failed, errors.Join(err, s.writer.try(ctx, look(&failed, nil)))
}

// SweepRollups closes the buckets of integrations without new runs.
func (s *Store) SweepRollups(ctx context.Context) error { return s.rollups.Sweep(ctx) }

// RepeatRecheck does what the store does each minute after a check of roll-ups failed.
func (s *Store) RepeatRecheck(ctx context.Context) error { return s.rollups.Repeat(ctx) }

// AwaitRollups waits until the roll-ups of all integrations are built.
func (s *Store) AwaitRollups() {
	for !s.rollups.Built() {
		time.Sleep(time.Millisecond)
	}
}
