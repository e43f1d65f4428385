package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	// MaxKey is the length in bytes of the longest key.
	MaxKey = 256
	// MaxKeys is how many keys an integration may keep: each Set adds them up.
	MaxKeys = 1000
)

// Get returns what the integration keeps under the key, and whether there is
// anything.
func (s *Store) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	var value []byte
	err := s.read.QueryRowContext(ctx,
		`SELECT value FROM kv WHERE integration = ? AND key = ?`, integration, []byte(key)).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read a kept value of %s: %w", integration, err)
	}
	return value, true, nil
}

// Set keeps the value for the integration; an empty one takes the key away. It
// answers ErrQuota, and changes nothing, when all keys and values of the
// integration would then be longer than quota bytes, or more than MaxKeys.
func (s *Store) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	if len(key) == 0 || len(key) > MaxKey {
		return fmt.Errorf("a key has 1 to %d bytes, this one has %d", MaxKey, len(key))
	}
	if s.discards {
		return fits(ctx, s.read, integration, key, value, quota)
	}
	err := s.change(ctx, func(tx *sql.Tx) error { return set(ctx, tx, integration, key, value, quota) })
	if err := s.wrote(err); err != nil && !errors.Is(err, ErrQuota) {
		return fmt.Errorf("keep a value of %s: %w", integration, err)
	}
	return err
}

func set(ctx context.Context, tx *sql.Tx, integration, key string, value []byte, quota int64) error {
	if len(value) == 0 {
		_, err := tx.ExecContext(ctx, `DELETE FROM kv WHERE integration = ? AND key = ?`, integration, []byte(key))
		return err
	}
	if err := fits(ctx, tx, integration, key, value, quota); err != nil {
		return err
	}
	// Writing what is there already would cost a page in the log.
	_, err := tx.ExecContext(ctx, `INSERT INTO kv (integration, key, value) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value`, integration, []byte(key), value)
	return err
}

// fits answers ErrQuota when the integration would keep too much.
func fits(ctx context.Context, q querier, integration, key string, value []byte, quota int64) error {
	if len(value) == 0 {
		return nil
	}
	var others, keys int64
	err := q.QueryRowContext(ctx, `SELECT coalesce(sum(length(key) + length(value)), 0), count(*)
		FROM kv WHERE integration = ? AND key <> ?`, integration, []byte(key)).Scan(&others, &keys)
	if err != nil {
		return err
	}
	if keys >= MaxKeys {
		return fmt.Errorf("%s keeps %d keys already, and may keep no more: %w", integration, keys, ErrQuota)
	}
	if total := others + int64(len(key)+len(value)); total > quota {
		return fmt.Errorf("%s would keep %d bytes of the %d granted: %w", integration, total, quota, ErrQuota)
	}
	return nil
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Forget takes away everything that the integration keeps.
func (s *Store) Forget(ctx context.Context, integration string) error {
	if s.discards {
		return nil
	}
	err := s.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM kv WHERE integration = ?`, integration)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget what %s keeps: %w", integration, err)
	}
	return nil
}

// change runs f in a write transaction.
func (s *Store) change(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		if rolled := tx.Rollback(); rolled != nil && !errors.Is(rolled, sql.ErrTxDone) {
			return errors.Join(err, rolled)
		}
		return err
	}
	return tx.Commit()
}
