package storetest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/store"
)

// pagesAreCompleteAndInOrder pages through conversations while more are added.
// Several conversations share a timestamp.
func pagesAreCompleteAndInOrder(t *testing.T, d database) {
	s := d.open(t)
	for i := range 60 {
		at := time.Unix(1000+int64(i/7), 0)
		id := logConversation(t, s, store.Conversation{SessionID: fmt.Sprint("s", i%3), Source: fmt.Sprint("from", i%2), At: at})
		if i%5 == 0 {
			if err := s.SetReviewed(t.Context(), id, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	yes, no := true, false
	for _, c := range []struct {
		query store.Query
		want  int
	}{
		{store.Query{}, 60},
		{store.Query{Session: "s1"}, 20},
		{store.Query{Source: "from0"}, 30},
		{store.Query{Reviewed: &yes}, 12},
		{store.Query{Reviewed: &no}, 48},
		{store.Query{Session: "s1", Source: "from1", Reviewed: &no}, 8},
		{store.Query{Session: "s%"}, 0},
	} {
		added := readPages(t, s, c.query, c.want)
		for _, id := range added {
			if err := s.DeleteConversation(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
	}
	p, err := s.HistoryPage(t.Context(), store.Query{Session: "s2", Limit: 3})
	if err != nil || len(p.Conversations) != 3 || p.Conversations[0].SessionID != "s2" || p.Next == "" {
		t.Errorf("got %v, %v, want the first three of a session", p, err)
	}
}

// readPages reads all pages of a query, and logs a conversation after each
// page. It returns the IDs of the logged conversations.
func readPages(t *testing.T, s store.Conversations, q store.Query, want int) (added []int64) {
	t.Helper()
	seen := map[int64]bool{}
	last := store.Conversation{At: time.Unix(1<<40, 0)}
	for q.Limit = 7; ; {
		p, err := s.HistoryPage(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range p.Conversations {
			if seen[got.ID] || got.At.After(last.At) || got.At.Equal(last.At) && got.ID > last.ID {
				t.Errorf("%+v: %d comes after %d", q, got.ID, last.ID)
			}
			seen[got.ID], last = true, got
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			break
		}
		if len(p.Conversations) == 0 || len(added) > 1000 {
			t.Fatal("the pages do not end")
		}
		added = append(added, logConversation(t, s, store.Conversation{SessionID: "later", Source: "later", At: time.Unix(5000, 0), Reviewed: true}))
	}
	if len(seen) != want {
		t.Errorf("%+v: %d conversations, want %d", q, len(seen), want)
	}
	return added
}

func pageLimitsAreChecked(t *testing.T, d database) {
	s := d.open(t)
	for i := range 60 {
		logConversation(t, s, store.Conversation{SessionID: "s", Source: "x"})
		AppendRuns(t, s, RunOf("web", time.Now()))
		if err := s.SetMemory(t.Context(), fmt.Sprint(i), "v"); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{-1: -1, 0: 50, 1: 1, 59: 59, store.MaxPage: 60, store.MaxPage + 1: -1} {
		conversations, err1 := s.HistoryPage(t.Context(), store.Query{Limit: limit})
		runs, err2 := s.Runs(t.Context(), store.RunQuery{Integration: "web", Limit: limit})
		memories, err3 := s.Memories(t.Context(), "", limit)
		for _, err := range []error{err1, err2, err3} {
			if _, invalid := errors.AsType[*store.InvalidError](err); invalid != (want < 0) || err != nil && !invalid {
				t.Errorf("limit %d: %v", limit, err)
			}
		}
		for _, n := range []int{len(conversations.Conversations), len(runs.Runs), len(memories)} {
			if n != max(want, 0) {
				t.Errorf("limit %d: %d entries, want %d", limit, n, max(want, 0))
			}
		}
		if more := want >= 0 && want < 60; (conversations.Next != "") != more || (runs.Next != "") != more {
			t.Errorf("limit %d: cursors %q and %q", limit, conversations.Next, runs.Next)
		}
	}
}

func excerptsAreCut(t *testing.T, d database) {
	s := d.open(t)
	for _, text := range []string{"", "é🙂", "é🙂x", strings.Repeat("é", 1<<20)} {
		logConversation(t, s, store.Conversation{SessionID: "s", Source: "x", Prompt: text, Response: text + "!", Reviewed: true})
	}
	yes, cursor := true, ""
	var got []string
	for range 4 { // the cursor is that of the same query without excerpts
		p, err := s.HistoryPage(t.Context(), store.Query{Session: "s", Source: "x", Reviewed: &yes, Limit: 1, Cursor: cursor, Excerpt: 2})
		if err != nil || len(p.Conversations) != 1 {
			t.Fatal(p, err)
		}
		got, cursor = append(got, p.Conversations[0].Prompt, p.Conversations[0].Response), p.Next
	}
	if want := []string{"éé", "éé", "é🙂", "é🙂", "é🙂", "é🙂", "", "!"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func forgedCursorsAreRejected(t *testing.T, d database) {
	s := d.open(t)
	for range 3 {
		logConversation(t, s, store.Conversation{SessionID: "s", Source: "x"})
		AppendRuns(t, s, RunOf("s", time.Now()))
	}
	p, err := s.HistoryPage(t.Context(), store.Query{Session: "s", Limit: 1})
	if err != nil || p.Next == "" {
		t.Fatal(p.Next, err)
	}
	runs, err := s.Runs(t.Context(), store.RunQuery{Integration: "s", Limit: 1})
	if err != nil || runs.Next == "" {
		t.Fatal(runs.Next, err)
	}
	b, _ := base64.RawURLEncoding.DecodeString(p.Next)
	flipped := append([]byte{}, b...)
	flipped[8] ^= 1
	rejected := func(name string, err error) {
		t.Helper()
		if e, ok := errors.AsType[*store.InvalidError](err); !ok || e.Field != "cursor" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, q := range map[string]store.Query{
		"another session": {Session: "t", Cursor: p.Next},
		"no session":      {Cursor: p.Next},
		"of runs":         {Session: "s", Cursor: runs.Next},
		"flipped":         {Session: "s", Cursor: base64.RawURLEncoding.EncodeToString(flipped)},
		"short":           {Session: "s", Cursor: p.Next[:8]},
		"long":            {Session: "s", Cursor: p.Next + "AAAA"},
		"nonsense":        {Session: "s", Cursor: "' OR 1=1 --"},
	} {
		_, err := s.HistoryPage(t.Context(), q)
		rejected(name, err)
		_, err = s.Runs(t.Context(), store.RunQuery{Integration: q.Session + "?", Cursor: q.Cursor, Limit: 1})
		rejected("runs, "+name, err)
	}
}
