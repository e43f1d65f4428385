package storetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vega/store"
)

func logConversation(t *testing.T, s store.Conversations, c store.Conversation) int64 {
	t.Helper()
	id, err := s.LogConversation(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// latest returns the newest conversations.
func latest(t *testing.T, s store.Conversations, limit int) []store.Conversation {
	t.Helper()
	p, err := s.HistoryPage(t.Context(), store.Query{Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	if p.Conversations == nil {
		t.Error("the page is nil, want an empty one")
	}
	return p.Conversations
}

func conversationsAreStoredExactly(t *testing.T, d database) {
	s := d.openUnclosed(t)
	var want []store.Conversation
	for _, c := range []store.Conversation{
		{SessionID: "%_'\";--", Source: "a\nb", Prompt: "", Response: "ünïcødé 🙂 \x7f"},
		{SessionID: "s", Source: "x", Model: "m", Prompt: strings.Repeat("x", 10<<20), Response: "r", Reviewed: true, At: time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)},
		{SessionID: "s", Source: "x", At: time.Unix(0, 0).UTC()},
		{SessionID: strings.Repeat("s", store.MaxName), Source: strings.Repeat("x", store.MaxName), Model: strings.Repeat("m", store.MaxName), At: time.Unix(1, 1000).UTC()},
	} {
		c.ID = logConversation(t, s, c)
		got, err := s.Conversation(t.Context(), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		if c.At.IsZero() {
			if age := time.Since(got.At); age < 0 || age > patience {
				t.Errorf("the time is %v, want now", got.At)
			}
			c.At = got.At
		}
		if got != c {
			t.Errorf("got %.200v, want %.200v", got, c)
		}
		want = append(want, c)
	}
	closeStore(t, s)
	s = d.open(t)
	for _, c := range want {
		if got, err := s.Conversation(t.Context(), c.ID); err != nil || got != c {
			t.Errorf("after reopening: got %.200v, %v, want %.200v", got, err, c)
		}
	}
	if _, err := s.Conversation(t.Context(), 99); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func invalidConversationsAreRejected(t *testing.T, d database) {
	s := d.open(t)
	for _, c := range []struct {
		want  string // the beginning of the error
		spoil func(c *store.Conversation)
	}{
		{"session_id: must not be empty", func(c *store.Conversation) { c.SessionID = "" }},
		{"session_id: 257 bytes exceed the limit of 256", func(c *store.Conversation) { c.SessionID = strings.Repeat("s", 257) }},
		{"source: must not be empty", func(c *store.Conversation) { c.Source = "" }},
		{"source: must be valid UTF-8", func(c *store.Conversation) { c.Source = "\xff" }},
		{"model: 1000 bytes exceed the limit of 256", func(c *store.Conversation) { c.Model = strings.Repeat("m", 1000) }},
		{"prompt: must not contain a NUL byte", func(c *store.Conversation) { c.Prompt = "a\x00b" }},
		{"response: 16777217 bytes exceed the limit", func(c *store.Conversation) { c.Response = strings.Repeat("r", store.MaxText+1) }},
		{"ts: must be within the years 1970 to 9999", func(c *store.Conversation) { c.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"ts: must be within the years 1970 to 9999", func(c *store.Conversation) { c.At = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) }},
	} {
		invalid := store.Conversation{SessionID: "s", Source: "x"}
		c.spoil(&invalid)
		_, err := s.LogConversation(t.Context(), invalid)
		if e, ok := errors.AsType[*store.InvalidError](err); !ok || !strings.HasPrefix(e.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	if all := latest(t, s, 10); len(all) != 0 {
		t.Errorf("%d conversations were stored, want none", len(all))
	}
}

func conversationsAreMarkedAndDeleted(t *testing.T, d database) {
	s := d.open(t)
	kept, gone := logConversation(t, s, store.Conversation{SessionID: "s", Source: "x"}), logConversation(t, s, store.Conversation{SessionID: "s", Source: "x"})
	for _, mark := range []bool{true, true, false, true} {
		if err := s.SetReviewed(t.Context(), kept, mark); err != nil {
			t.Fatal(err)
		}
		if c, err := s.Conversation(t.Context(), kept); err != nil || c.Reviewed != mark {
			t.Errorf("reviewed is %v, %v, want %v", c.Reviewed, err, mark)
		}
	}
	if err := s.DeleteConversation(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := s.Conversation(t.Context(), gone)
		for _, err := range []error{err, s.DeleteConversation(t.Context(), gone), s.SetReviewed(t.Context(), gone, true)} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		}
	}
	if all := latest(t, s, 5); len(all) != 1 || all[0].ID != kept {
		t.Errorf("got %v, want the other conversation", all)
	}
}
