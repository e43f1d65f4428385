package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"vega/store"
)

// Get implements store.KV.
func (s *Store) Get(ctx context.Context, integration, key string) ([]byte, bool, error) {
	var value []byte
	err := s.read.QueryRowContext(ctx,
		`SELECT value FROM kv WHERE integration = ? AND key = ?`, integration, []byte(key)).Scan(&value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("read a value of %s: %w", integration, err)
	}
	return value, true, nil
}

// Set implements store.KV.
func (s *Store) Set(ctx context.Context, integration, key string, value []byte, quota int64) error {
	if err := store.ValidateKey(key); err != nil {
		return err
	}
	if s.discards {
		return fits(ctx, s.read, integration, key, value, quota)
	}
	err := s.writer.change(ctx, func(tx *sql.Tx) error { return set(ctx, tx, integration, key, value, quota) })
	if err != nil && !errors.Is(err, store.ErrQuota) {
		return fmt.Errorf("store a value of %s: %w", integration, err)
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
	// An unchanged value is not written, because that would cost a page in the
	// log.
	_, err := tx.ExecContext(ctx, `INSERT INTO kv (integration, key, value) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value WHERE value <> excluded.value`, integration, []byte(key), value)
	return err
}

// fits returns ErrQuota if the integration would keep too much.
func fits(ctx context.Context, q querier, integration, key string, value []byte, quota int64) error {
	if len(value) == 0 {
		return nil
	}
	var used, keys int64
	err := q.QueryRowContext(ctx, `SELECT coalesce(sum(length(key) + length(value)), 0), count(*)
		FROM kv WHERE integration = ? AND key <> ?`, integration, []byte(key)).Scan(&used, &keys)
	if err != nil {
		return err
	}
	return store.CheckQuota(integration, key, value, keys, used, quota)
}

// querier is a pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Forget deletes all values of an integration.
func (s *Store) Forget(ctx context.Context, integration string) error {
	if s.discards {
		return nil
	}
	err := s.writer.change(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM kv WHERE integration = ?`, integration)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete the values of %s: %w", integration, err)
	}
	return nil
}
