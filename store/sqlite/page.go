package sqlite

import (
	"context"
	"fmt"
	"strings"

	"vega/store"
	"vega/store/profile"
)

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
	return `SELECT ` + conversationColumns + ` FROM conversations WHERE ` + strings.Join(where, " AND ") + ` ORDER BY ts DESC, id DESC LIMIT ?`, args
}
