package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vega/store"
	"vega/store/profile"
)

const (
	oneMemory    = `SELECT key, value, created, updated FROM memories WHERE key = ?`
	putMemory    = `INSERT INTO memories (key, value, created, updated) VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO UPDATE SET value = excluded.value, updated = max(excluded.updated, created)`
	deleteMemory = `DELETE FROM memories WHERE key = ?`
	someMemories = `SELECT key, value, created, updated FROM memories WHERE key > ? ORDER BY key LIMIT ?`
)

// Memory implements store.Memories.
func (s *Store) Memory(ctx context.Context, key string) (store.Memory, error) {
	ctx = profile.WithFunction(ctx, "Memory")
	m, err := scanMemory(s.read.QueryRowContext(ctx, oneMemory, key))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m, fmt.Errorf("memory %q: %w", key, store.ErrNotFound)
	case err != nil:
		return m, fmt.Errorf("read memory %q: %w", key, err)
	}
	return m, nil
}

// SetMemory implements store.Memories.
func (s *Store) SetMemory(ctx context.Context, key, value string) error {
	if err := store.ValidateMemory(key, value); err != nil {
		return err
	}
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "SetMemory")
	_, err := s.writer.erase(ctx, putMemory, key, value, time.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("store memory %q: %w", key, err)
	}
	return nil
}

// DeleteMemory implements store.Memories.
func (s *Store) DeleteMemory(ctx context.Context, key string) error {
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "DeleteMemory")
	done, err := s.writer.erase(ctx, deleteMemory, key)
	if err != nil {
		return fmt.Errorf("delete memory %q: %w", key, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("memory %q: %w", key, store.ErrNotFound))
	}
	return nil
}

// Memories implements store.Memories.
func (s *Store) Memories(ctx context.Context, after string, limit int) ([]store.Memory, error) {
	limit, err := store.PageLimit(limit)
	if err != nil {
		return nil, err
	}
	ctx = profile.WithFunction(ctx, "Memories")
	rows, err := s.read.QueryContext(ctx, someMemories, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read memories: %w", err)
	}
	defer rows.Close()
	all := []store.Memory{}
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

func scanMemory(row scanner) (m store.Memory, err error) {
	var created, updated int64
	err = row.Scan(&m.Key, &m.Value, &created, &updated)
	m.Created, m.Updated = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return m, err
}
