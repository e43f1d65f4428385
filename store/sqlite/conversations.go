package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"vega/store"
	"vega/store/profile"
)

const (
	conversationColumns = `id, ts, session_id, source, model, prompt, response, reviewed`
	excerptColumns      = `id, ts, session_id, source, model, substr(prompt, 1, ?), substr(response, 1, ?), reviewed`

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
	done, err := s.writer.exec(ctx, insertConversation,
		c.At.UnixMicro(), c.SessionID, c.Source, c.Reviewed, c.Model, c.Prompt, c.Response)
	if err != nil {
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
	done, err := s.writer.exec(ctx, setReviewed, reviewed, id)
	if err != nil {
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
	done, err := s.writer.erase(ctx, deleteConversation, id)
	if err != nil {
		return fmt.Errorf("delete conversation %d: %w", id, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("conversation %d: %w", id, store.ErrNotFound))
	}
	return nil
}

// HistoryPage implements store.Conversations.
func (s *Store) HistoryPage(ctx context.Context, q store.Query) (store.Page, error) {
	limit, err := store.PageLimit(q.Limit)
	if err != nil {
		return store.Page{}, err
	}
	before, err := store.ParseCursor(q.Cursor, q.Filter())
	if err != nil {
		return store.Page{}, err
	}
	statement, args := selectConversations(&q)
	args = append(args, before.Key, before.ID, limit+1)
	ctx = profile.WithFunction(ctx, "HistoryPage")
	rows, err := s.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return store.Page{}, fmt.Errorf("read the history: %w", err)
	}
	defer rows.Close()
	p := store.Page{Conversations: []store.Conversation{}}
	for rows.Next() {
		c, err := scanConversation(rows)
		if err != nil {
			return store.Page{}, fmt.Errorf("read the history: %w", err)
		}
		p.Conversations = append(p.Conversations, c)
	}
	if err := rows.Err(); err != nil {
		return store.Page{}, fmt.Errorf("read the history: %w", err)
	}
	if len(p.Conversations) > limit {
		p.Conversations = p.Conversations[:limit]
		last := p.Conversations[limit-1]
		p.Next = store.Position{Key: last.At.UnixMicro(), ID: last.ID}.Cursor(q.Filter())
	}
	return p, nil
}

// selectConversations compares row values, which SQLite looks up in an index.
// The same condition written with OR makes it read every newer row.
func selectConversations(q *store.Query) (string, []any) {
	var where []string
	var args []any
	add := func(condition string, arg any) {
		where = append(where, condition)
		args = append(args, arg)
	}
	if q.Session != "" {
		add("session_id = ?", q.Session)
	}
	if q.Source != "" {
		add("source = ?", q.Source)
	}
	if q.Reviewed != nil {
		add("reviewed = ?", *q.Reviewed)
	}
	where = append(where, "(ts, id) < (?, ?)")
	columns := conversationColumns
	if q.Excerpt > 0 {
		columns = excerptColumns
		args = append([]any{q.Excerpt, q.Excerpt}, args...)
	}
	return `SELECT ` + columns + ` FROM conversations WHERE ` + strings.Join(where, " AND ") + ` ORDER BY ts DESC, id DESC LIMIT ?`, args
}

type scanner interface{ Scan(dest ...any) error }

func scanConversation(row scanner) (c store.Conversation, err error) {
	var at int64
	err = row.Scan(&c.ID, &at, &c.SessionID, &c.Source, &c.Model, &c.Prompt, &c.Response, &c.Reviewed)
	c.At = time.UnixMicro(at).UTC()
	return c, err
}
