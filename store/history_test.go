package store_test

import (
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/store"
	"vega/store/profile"
)

func fresh(t *testing.T) *store.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "vega.db"))
}

func log(t *testing.T, s *store.Store, c store.Conversation) int64 {
	t.Helper()
	id, err := s.LogConversation(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// What is kept comes back byte by byte.
func TestConversationsAreKeptExactly(t *testing.T) {
	s := fresh(t)
	at := time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	for _, c := range []store.Conversation{
		{SessionID: "%_'\";--", Source: "a\nb", Prompt: "", Response: "ünïcødé 🙂 \x7f"},
		{SessionID: "s", Source: "x", Model: "m", Prompt: strings.Repeat("x", 10<<20), Response: "r", Reviewed: true, At: at},
		{SessionID: "s", Source: "x", At: time.Unix(0, 0).UTC()},
	} {
		id := log(t, s, c)
		got, err := s.Conversation(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if c.ID = id; c.At.IsZero() {
			if since := time.Since(got.At); since < 0 || since > realtest.Patience {
				t.Errorf("now is %v", got.At)
			}
			c.At = got.At
		}
		if got != c {
			t.Errorf("got %.200v, want %.200v", got, c)
		}
	}
	if _, err := s.Conversation(t.Context(), 99); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

func TestWhatIsNotKept(t *testing.T) {
	s := fresh(t)
	good := store.Conversation{SessionID: "s", Source: "x"}
	for field, spoil := range map[string]func(c *store.Conversation){
		"session_id: it is empty":                  func(c *store.Conversation) { c.SessionID = "" },
		"session_id: it has 257 bytes":             func(c *store.Conversation) { c.SessionID = strings.Repeat("s", 257) },
		"source: it is not UTF-8":                  func(c *store.Conversation) { c.Source = "\xff" },
		"prompt: it has a NUL":                     func(c *store.Conversation) { c.Prompt = "a\x00b" },
		"response: it has 16777217 bytes":          func(c *store.Conversation) { c.Response = strings.Repeat("r", store.MaxText+1) },
		"ts: it is not within the years":           func(c *store.Conversation) { c.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"ts: it is not within the years 1970":      func(c *store.Conversation) { c.At = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) },
		"model: it has 1000 bytes, and may have 2": func(c *store.Conversation) { c.Model = strings.Repeat("m", 1000) },
	} {
		c := good
		spoil(&c)
		_, err := s.LogConversation(t.Context(), c)
		if invalid := (*store.InvalidError)(nil); !errors.As(err, &invalid) || !strings.Contains(err.Error(), field) {
			t.Errorf("%v, want %q", err, field)
		}
	}
	if all, err := s.History(t.Context(), 10); err != nil || len(all) != 0 {
		t.Errorf("%d kept, %v", len(all), err)
	}
}

// Pages put together are all of it, once each, newest first, also where many
// were said in the same moment and more is said meanwhile.
func TestPagesMeet(t *testing.T) {
	s := fresh(t)
	var reviewed []int64
	for i := range 60 {
		at := time.Unix(1000+int64(i/7), 0)
		id := log(t, s, store.Conversation{SessionID: fmt.Sprint("s", i%3), Source: fmt.Sprint("from", i%2), At: at})
		if i%5 == 0 {
			reviewed = append(reviewed, id)
			if err := s.SetReviewed(t.Context(), id, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.SetReviewed(t.Context(), 999, true); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
	yes, no := true, false
	for _, c := range []struct {
		query store.Query
		want  int
	}{
		{store.Query{}, 60},
		{store.Query{Session: "s1"}, 20},
		{store.Query{Source: "from0"}, 30},
		{store.Query{Reviewed: &yes}, len(reviewed)},
		{store.Query{Reviewed: &no}, 60 - len(reviewed)},
		{store.Query{Session: "s1", Source: "from1", Reviewed: &no}, 8},
		{store.Query{Session: "s%"}, 0},
	} {
		q, seen := c.query, map[int64]bool{}
		q.Limit = 7
		last := store.Conversation{At: time.Unix(1<<40, 0)}
		for {
			p, err := s.HistoryPage(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range p.Conversations {
				if seen[got.ID] || got.At.After(last.At) || got.At.Equal(last.At) && got.ID > last.ID {
					t.Errorf("%+v: %d comes after %d", c.query, got.ID, last.ID)
				}
				seen[got.ID], last = true, got
			}
			if q.Cursor = p.Next; q.Cursor == "" {
				break
			}
			log(t, s, store.Conversation{SessionID: "later", Source: "later", At: time.Unix(5000, 0), Reviewed: true})
		}
		if len(seen) != c.want && c.query.Reviewed == nil {
			t.Errorf("%+v: %d, want %d", c.query, len(seen), c.want)
		}
	}
	if all, err := s.SessionHistory(t.Context(), "s2", 3); err != nil || len(all) != 3 || all[0].SessionID != "s2" {
		t.Errorf("%v %v", all, err)
	}
	if n, err := s.PurgeOld(t.Context(), time.Unix(1004, 0)); n != 28 || err != nil {
		t.Errorf("%d taken away, %v", n, err)
	}
	for _, limit := range []int{-1, store.MaxPage + 1} {
		if _, err := s.History(t.Context(), limit); !errors.As(err, new(*store.InvalidError)) {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

// A cursor is good for the query that it was given out for, and nothing else.
func TestForgedCursors(t *testing.T) {
	s := fresh(t)
	for range 3 {
		log(t, s, store.Conversation{SessionID: "s", Source: "x"})
	}
	p, err := s.HistoryPage(t.Context(), store.Query{Session: "s", Limit: 1})
	if err != nil || p.Next == "" {
		t.Fatal(p.Next, err)
	}
	b, _ := base64.RawURLEncoding.DecodeString(p.Next)
	flipped := append([]byte{}, b...)
	flipped[8] ^= 1
	for name, q := range map[string]store.Query{
		"another session": {Session: "t", Cursor: p.Next},
		"no session":      {Cursor: p.Next},
		"flipped":         {Session: "s", Cursor: base64.RawURLEncoding.EncodeToString(flipped)},
		"short":           {Session: "s", Cursor: p.Next[:8]},
		"long":            {Session: "s", Cursor: p.Next + "AAAA"},
		"nonsense":        {Session: "s", Cursor: "' OR 1=1 --"},
	} {
		if _, err := s.HistoryPage(t.Context(), q); err == nil || !strings.Contains(err.Error(), "cursor: it was not given out for this query") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No page reads more than itself: neither a table from end to end nor a sort.
func TestPlans(t *testing.T) {
	s := fresh(t)
	yes := true
	for _, q := range []store.Query{{}, {Session: "s"}, {Source: "x"}, {Reviewed: &yes}, {Session: "s", Source: "x"}} {
		if _, err := s.HistoryPage(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.PurgeOld(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Runs(t.Context(), "a", "", 10); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteConversation(t.Context(), log(t, s, store.Conversation{SessionID: "s", Source: "x"})); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.SetMemory(t.Context(), "k", "v"), s.DeleteMemory(t.Context(), "k")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Memories(t.Context(), "", 5); err != nil {
		t.Fatal(err)
	}
	db := raw(t, s.Path())
	for _, statement := range s.Profiler().Stats().Statements {
		text := statement.Statement
		if !strings.Contains(text, " conversations ") && !strings.Contains(text, " runs ") && !strings.Contains(text, " memories ") || strings.HasPrefix(text, "CREATE") || strings.HasPrefix(text, "ALTER") || strings.HasPrefix(text, "INSERT") {
			continue
		}
		for _, detail := range plan(t, db, text) {
			if strings.HasPrefix(detail, "SCAN") || strings.Contains(detail, "TEMP B-TREE") {
				t.Errorf("%s: %s", text, detail)
			}
		}
	}
	profile.AssertNoFullScan(t, db, `SELECT id FROM conversations WHERE reviewed = 0 AND (ts, id) < (1, 2) ORDER BY ts DESC, id DESC LIMIT 9`)
}

func plan(t *testing.T, db *sql.DB, statement string) (details []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	for rows.Next() {
		var detail string
		var skip int
		if err := rows.Scan(&skip, &skip, &skip, &detail); err != nil {
			t.Fatal(err)
		}
		details = append(details, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return details
}

func TestDeleteConversation(t *testing.T) {
	s := fresh(t)
	kept, gone := log(t, s, store.Conversation{SessionID: "s", Source: "x"}), log(t, s, store.Conversation{SessionID: "s", Source: "x"})
	if err := s.DeleteConversation(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.DeleteConversation(t.Context(), gone); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	}
	all, err := s.History(t.Context(), 5)
	if err != nil || len(all) != 1 || all[0].ID != kept {
		t.Errorf("%v, %v", all, err)
	}
}

func TestMemories(t *testing.T) {
	s := fresh(t)
	for _, k := range []string{"b", "a", "%", "c"} {
		if err := s.SetMemory(t.Context(), k, "is "+k); err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.Memory(t.Context(), "a")
	if err != nil || first.Value != "is a" || first.Created != first.Updated {
		t.Fatalf("%+v %v", first, err)
	}
	if err := s.SetMemory(t.Context(), "a", "another"); err != nil {
		t.Fatal(err)
	}
	again, err := s.Memory(t.Context(), "a")
	if err != nil || again.Value != "another" || again.Created != first.Created || again.Updated.Before(first.Updated) {
		t.Errorf("%+v, then %+v %v", first, again, err)
	}
	var keys []string
	some, err := s.Memories(t.Context(), "a", 10)
	for _, m := range some {
		keys = append(keys, m.Key)
	}
	if err != nil || !reflect.DeepEqual(keys, []string{"b", "c"}) {
		t.Errorf("%v %v", keys, err)
	}
	if err := s.DeleteMemory(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	_, err = s.Memory(t.Context(), "a")
	for _, err := range []error{err, s.DeleteMemory(t.Context(), "a")} {
		if !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
	}
	if err := s.SetMemory(t.Context(), "", "v"); !errors.As(err, new(*store.InvalidError)) {
		t.Error(err)
	}
}
