package store

import (
	"context"
	"fmt"
	"time"
)

// Conversations stores exchanges with language models.
type Conversations interface {
	// LogConversation stores a conversation and returns its ID. Once it has
	// returned, the conversation survives a kill of the process. A zero At
	// stands for the current time.
	LogConversation(ctx context.Context, c Conversation) (int64, error)
	// Conversation returns a conversation, or ErrNotFound.
	Conversation(ctx context.Context, id int64) (Conversation, error)
	// HistoryPage returns one page of the conversations that match. Its cost
	// does not depend on how far back the page is, and conversations that are
	// logged meanwhile do not shift later pages.
	HistoryPage(ctx context.Context, q Query) (Page, error)
	// SetReviewed marks a conversation as reviewed or not. It returns
	// ErrNotFound if there is no such conversation.
	SetReviewed(ctx context.Context, id int64, reviewed bool) error
	// DeleteConversation deletes a conversation. It returns ErrNotFound if
	// there is no such conversation.
	DeleteConversation(ctx context.Context, id int64) error
}

// Conversation is one exchange with a language model.
type Conversation struct {
	ID        int64     `json:"id"`
	SessionID string    `json:"session_id"`
	At        time.Time `json:"ts"` // to the microsecond
	Source    string    `json:"source"`
	Model     string    `json:"model"`
	Prompt    string    `json:"prompt"`
	Response  string    `json:"response"`
	Reviewed  bool      `json:"reviewed"`
}

// Validate returns an *InvalidError for the first field that cannot be stored.
func (c *Conversation) Validate() error {
	return firstInvalid(
		checkName("session_id", c.SessionID), checkName("source", c.Source), checkOptional("model", c.Model),
		checkText("prompt", c.Prompt), checkText("response", c.Response), checkTime("ts", c.At),
	)
}

// Query selects conversations. An empty field matches all of them.
type Query struct {
	Session  string
	Source   string
	Reviewed *bool
	Limit    int    // 1 to MaxPage; 0 means 50
	Cursor   string // Page.Next of the previous page
	Excerpt  int    // return at most this many characters of each prompt and response; 0: all
}

// Page is one page of conversations, newest first.
type Page struct {
	Conversations []Conversation
	Next          string // cursor of the next page, "" on the last
}

// Filter identifies the query to which a cursor belongs.
func (q *Query) Filter() string {
	reviewed := "any"
	if q.Reviewed != nil {
		reviewed = fmt.Sprint(*q.Reviewed)
	}
	return fmt.Sprintf("conversations %q %q %s", q.Session, q.Source, reviewed)
}
