package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"vega/store/profile"
)

// Limits of what is kept, in bytes.
const (
	MaxText = 16 << 20 // of a prompt, a response, a memory's value
	MaxName = 256      // of a session, a source, a model, a memory's key
	MaxPage = 500      // entries of a page
)

// ErrNotFound says that there is no entry of that ID or key.
var ErrNotFound = errors.New("there is no such entry")

// Conversation is one exchange with a language model.
type Conversation struct {
	ID        int64     `json:"id"`
	SessionID string    `json:"session_id"`
	At        time.Time `json:"ts"` // to the microsecond; the zero time is now
	Source    string    `json:"source"`
	Model     string    `json:"model"`
	Prompt    string    `json:"prompt"`
	Response  string    `json:"response"`
	Reviewed  bool      `json:"reviewed"`
}

// LogConversation keeps a conversation and answers its ID. Once it has
// returned, the conversation outlives a kill of the process.
func (s *Store) LogConversation(ctx context.Context, c Conversation) (int64, error) {
	if c.At.IsZero() {
		c.At = time.Now()
	}
	err := firstInvalid(
		checkName("session_id", c.SessionID), checkName("source", c.Source), checkOptional("model", c.Model),
		checkText("prompt", c.Prompt), checkText("response", c.Response), checkTime("ts", c.At),
	)
	if err != nil {
		return 0, err
	}
	if s.discards {
		return 0, nil
	}
	ctx = profile.WithFunction(ctx, "LogConversation")
	done, err := s.write.ExecContext(ctx, insertConversation,
		c.At.UnixMicro(), c.SessionID, c.Source, c.Reviewed, c.Model, c.Prompt, c.Response)
	if err := s.wrote(err); err != nil {
		return 0, fmt.Errorf("keep a conversation: %w", err)
	}
	return done.LastInsertId()
}

// Conversation is the one of that ID, or ErrNotFound.
func (s *Store) Conversation(ctx context.Context, id int64) (Conversation, error) {
	ctx = profile.WithFunction(ctx, "Conversation")
	c, err := scanConversation(s.read.QueryRowContext(ctx, oneConversation, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return c, fmt.Errorf("conversation %d: %w", id, ErrNotFound)
	case err != nil:
		return c, fmt.Errorf("read conversation %d: %w", id, err)
	}
	return c, nil
}

// SetReviewed marks a conversation as reviewed, or takes the mark off.
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
		return errors.Join(err, fmt.Errorf("conversation %d: %w", id, ErrNotFound))
	}
	return nil
}

// DeleteConversation takes a conversation away; ErrNotFound if there is none of
// that ID.
func (s *Store) DeleteConversation(ctx context.Context, id int64) error {
	if s.discards {
		return nil
	}
	ctx = profile.WithFunction(ctx, "DeleteConversation")
	done, err := s.write.ExecContext(ctx, deleteConversation, id)
	if err := s.wrote(err); err != nil {
		return fmt.Errorf("take conversation %d away: %w", id, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("conversation %d: %w", id, ErrNotFound))
	}
	return nil
}

// PurgeOld takes conversations from before a time away, and answers how many.
// It works in small steps, so that nobody waits for it long.
func (s *Store) PurgeOld(ctx context.Context, before time.Time) (int64, error) {
	if s.discards {
		return 0, nil
	}
	ctx = profile.WithFunction(ctx, "PurgeOld")
	n, err := s.inSteps(ctx, purgeConversations, before.UnixMicro())
	if err != nil {
		return n, fmt.Errorf("take old conversations away: %w", err)
	}
	return n, nil
}

const (
	conversationColumns = `id, ts, session_id, source, model, prompt, response, reviewed`

	insertConversation = `INSERT INTO conversations (ts, session_id, source, reviewed, model, prompt, response) VALUES (?, ?, ?, ?, ?, ?, ?)`
	oneConversation    = `SELECT ` + conversationColumns + ` FROM conversations WHERE id = ?`
	setReviewed        = `UPDATE conversations SET reviewed = ? WHERE id = ?`
	deleteConversation = `DELETE FROM conversations WHERE id = ?`
	purgeConversations = `DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE ts < ? ORDER BY ts LIMIT ?)`
)

type scanner interface{ Scan(dest ...any) error }

func scanConversation(row scanner) (c Conversation, err error) {
	var at int64
	err = row.Scan(&c.ID, &at, &c.SessionID, &c.Source, &c.Model, &c.Prompt, &c.Response, &c.Reviewed)
	c.At = time.UnixMicro(at).UTC()
	return c, err
}
