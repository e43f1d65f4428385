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
	conversationColumns = `id, ts, session_id, source, model, prompt, response, reviewed`

	insertConversation = `INSERT INTO conversations (ts, session_id, source, reviewed, model, prompt, response) VALUES (?, ?, ?, ?, ?, ?, ?)`
	oneConversation    = `SELECT ` + conversationColumns + ` FROM conversations WHERE id = ?`
	setReviewed        = `UPDATE conversations SET reviewed = ? WHERE id = ?`
	deleteConversation = `DELETE FROM conversations WHERE id = ?`
)

// LogConversation implements store.Conversations.
func (s *Store) LogConversation(ctx context.Context, c store.Conversation) (int64, error) {
	if c.At.IsZero() {
		c.At = time.Now()
	}
	if err := c.Validate(); err != nil {
		return 0, err
	}
	if s.discards {
		return 0, nil
	}
	ctx = profile.WithFunction(ctx, "LogConversation")
	done, err := s.write.ExecContext(ctx, insertConversation,
		c.At.UnixMicro(), c.SessionID, c.Source, c.Reviewed, c.Model, c.Prompt, c.Response)
	if err := s.wrote(err); err != nil {
		return 0, fmt.Errorf("store a conversation: %w", err)
	}
	return done.LastInsertId()
}

// Conversation implements store.Conversations.
func (s *Store) Conversation(ctx context.Context, id int64) (store.Conversation, error) {
	ctx = profile.WithFunction(ctx, "Conversation")
	c, err := scanConversation(s.read.QueryRowContext(ctx, oneConversation, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return c, fmt.Errorf("conversation %d: %w", id, store.ErrNotFound)
	case err != nil:
		return c, fmt.Errorf("read conversation %d: %w", id, err)
	}
	return c, nil
}

// SetReviewed implements store.Conversations.
func (s *Store) SetReviewed(ctx context.Context, id int64, reviewed bool) error {
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "SetReviewed")
	done, err := s.write.ExecContext(ctx, setReviewed, reviewed, id)
	if err := s.wrote(err); err != nil {
		return fmt.Errorf("mark conversation %d: %w", id, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("conversation %d: %w", id, store.ErrNotFound))
	}
	return nil
}

// DeleteConversation implements store.Conversations.
func (s *Store) DeleteConversation(ctx context.Context, id int64) error {
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "DeleteConversation")
	done, err := s.write.ExecContext(ctx, deleteConversation, id)
	if err := s.wrote(err); err != nil {
		return fmt.Errorf("delete conversation %d: %w", id, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("conversation %d: %w", id, store.ErrNotFound))
	}
	return nil
}

type scanner interface{ Scan(dest ...any) error }

func scanConversation(row scanner) (c store.Conversation, err error) {
	var at int64
	err = row.Scan(&c.ID, &at, &c.SessionID, &c.Source, &c.Model, &c.Prompt, &c.Response, &c.Reviewed)
	c.At = time.UnixMicro(at).UTC()
	return c, err
}
