package store

import (
	"context"
	"fmt"
	"math"
	"strings"

	"vega/store/profile"
)

// Query chooses conversations. What is empty chooses nothing out.
type Query struct {
	Session  string
	Source   string
	Reviewed *bool
	Limit    int    // 1 to MaxPage; 0 means 50
	Cursor   string // Page.Next of the page before
}

// Page is a part of the history, the newest first.
type Page struct {
	Conversations []Conversation
	Next          string // the cursor of the next page; "" after the last
}

// defaultPage is how long a page is unless it is said.
const defaultPage = 50

// History is the latest conversations, the newest first.
func (s *Store) History(ctx context.Context, limit int) ([]Conversation, error) {
	p, err := s.HistoryPage(ctx, Query{Limit: limit})
	return p.Conversations, err
}

// SessionHistory is the latest conversations of a session, the newest first.
func (s *Store) SessionHistory(ctx context.Context, session string, limit int) ([]Conversation, error) {
	p, err := s.HistoryPage(ctx, Query{Session: session, Limit: limit})
	return p.Conversations, err
}

// HistoryPage is a page of the conversations that the query chooses. A page is
// found as fast at any depth, and what is added meanwhile shifts no page. An
// *InvalidError says what is wrong with the query.
func (s *Store) HistoryPage(ctx context.Context, q Query) (Page, error) {
	limit, err := pageLimit(q.Limit)
	if err != nil {
		return Page{}, err
	}
	statement, args := q.statement()
	before := position{math.MaxInt64, math.MaxInt64}
	if q.Cursor != "" {
		if before, err = readCursor(q.Cursor, q.filter()); err != nil {
			return Page{}, err
		}
	}
	args = append(args, before.first, before.id, limit+1)
	ctx = profile.WithFunction(ctx, "HistoryPage")
	rows, err := s.read.QueryContext(ctx, statement, args...)
	if err != nil {
		return Page{}, fmt.Errorf("read the history: %w", err)
	}
	defer rows.Close()
	p := Page{Conversations: []Conversation{}}
	for rows.Next() {
		c, err := scanConversation(rows)
		if err != nil {
			return Page{}, fmt.Errorf("read the history: %w", err)
		}
		p.Conversations = append(p.Conversations, c)
	}
	if err := rows.Err(); err != nil {
		return Page{}, fmt.Errorf("read the history: %w", err)
	}
	if len(p.Conversations) > limit {
		p.Conversations = p.Conversations[:limit]
		last := p.Conversations[limit-1]
		p.Next = position{last.At.UnixMicro(), last.ID}.cursor(q.filter())
	}
	return p, nil
}

func pageLimit(limit int) (int, error) {
	switch {
	case limit == 0:
		return defaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, &InvalidError{"limit", fmt.Sprintf("it is %d, and may be 1 to %d", limit, MaxPage)}
	default:
		return limit, nil
	}
}

// statement compares row values, which SQLite can look up; written with OR,
// the same condition reads everything from the newest on.
func (q *Query) statement() (string, []any) {
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

// filter is what a cursor belongs to.
func (q *Query) filter() string {
	reviewed := "any"
	if q.Reviewed != nil {
		reviewed = fmt.Sprint(*q.Reviewed)
	}
	return fmt.Sprintf("conversations %q %q %s", q.Session, q.Source, reviewed)
}
