package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vega/store/profile"
)

// Memory is something to remember, by its key.
type Memory struct {
	Key     string    `json:"key"`
	Value   string    `json:"value"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

const (
	oneMemory    = `SELECT key, value, created, updated FROM memories WHERE key = ?`
	putMemory    = `INSERT INTO memories (key, value, created, updated) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET value = excluded.value, updated = excluded.updated`
	deleteMemory = `DELETE FROM memories WHERE key = ?`
	someMemories = `SELECT key, value, created, updated FROM memories WHERE key > ? ORDER BY key LIMIT ?`
)

// Memory is the one under the key, or ErrNotFound.
func (s *Store) Memory(ctx context.Context, key string) (Memory, error) {
	ctx = profile.WithFunction(ctx, "Memory")
	m, err := scanMemory(s.read.QueryRowContext(ctx, oneMemory, key))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m, fmt.Errorf("memory %q: %w", key, ErrNotFound)
	case err != nil:
		return m, fmt.Errorf("read memory %q: %w", key, err)
	}
	return m, nil
}

// SetMemory remembers the value in place of what was under the key.
func (s *Store) SetMemory(ctx context.Context, key, value string) error {
	if err := firstInvalid(checkName("key", key), checkText("value", value)); err != nil {
		return err
	}
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "SetMemory")
	_, err := s.write.ExecContext(ctx, putMemory, key, value, time.Now().UnixMicro())
	if err := s.wrote(err); err != nil {
		return fmt.Errorf("keep memory %q: %w", key, err)
	}
	return nil
}

// DeleteMemory forgets what is under the key; ErrNotFound if nothing is.
func (s *Store) DeleteMemory(ctx context.Context, key string) error {
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "DeleteMemory")
	done, err := s.write.ExecContext(ctx, deleteMemory, key)
	if err := s.wrote(err); err != nil {
		return fmt.Errorf("forget memory %q: %w", key, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("memory %q: %w", key, ErrNotFound))
	}
	return nil
}

// Memories are those after the key, in order of their keys; limit as in Query.
func (s *Store) Memories(ctx context.Context, after string, limit int) ([]Memory, error) {
	limit, err := pageLimit(limit)
	if err != nil {
		return nil, err
	}
	ctx = profile.WithFunction(ctx, "Memories")
	rows, err := s.read.QueryContext(ctx, someMemories, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read memories: %w", err)
	}
	defer rows.Close()
	all := []Memory{}
	for rows.Next() {
		m, err := scanMemory(rows)
		if err != nil {
			return nil, fmt.Errorf("read memories: %w", err)
		}
		all = append(all, m)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read memories: %w", err)
	}
	return all, nil
}

func scanMemory(row scanner) (m Memory, err error) {
	var created, updated int64
	err = row.Scan(&m.Key, &m.Value, &created, &updated)
	m.Created, m.Updated = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return m, err
}
