package sqlite_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/profile"
	"vega/store/sqlite"
)

func fresh(t *testing.T) *sqlite.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "vega.db"))
}

func log(t *testing.T, s *sqlite.Store, c store.Conversation) int64 {
	t.Helper()
	id, err := s.LogConversation(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A slow statement of the writer, whose pool has one connection, has a plan, too.
func TestWriterHasPlans(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "vega.db"), sqlite.SlowQuery(1))
	if err := s.DeleteMemory(t.Context(), "none"); !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	for _, q := range s.Profiler().Stats().Slow {
		if q.Function == "DeleteMemory" && !strings.HasPrefix(q.Statement, "PRAGMA") {
			if !strings.Contains(q.Plan, "memories") {
				t.Errorf("%+v", q)
			}
			return
		}
	}
	t.Error("it is not among the slow queries")
}

// No page scans a table or sorts.
func TestPagesUseIndexes(t *testing.T) {
	s := fresh(t)
	yes := true
	for _, q := range []store.Query{{}, {Session: "s"}, {Source: "x"}, {Reviewed: &yes}, {Session: "s", Source: "x"}} {
		if _, err := s.HistoryPage(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Retain(t.Context(), store.Retention{Conversations: time.Hour}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []store.RunQuery{
		{},
		{Since: time.UnixMilli(1)},
		{Until: time.UnixMilli(1)},
		{Statuses: []check.Status{check.Healthy}},
		{Statuses: []check.Status{check.Unhealthy}},
		{Since: time.UnixMilli(1), Until: time.UnixMilli(2), Statuses: []check.Status{check.Unhealthy, check.Unknown}},
	} {
		q.Integration = "a"
		if _, err := s.Runs(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.LastRuns(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Statuses(t.Context(), "a", time.Time{}, time.Time{}, func(time.Time, check.Status) bool { return true }); err != nil {
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
			if strings.HasPrefix(detail, "SCAN") && detail != "SCAN j VIRTUAL TABLE INDEX 1:" || strings.Contains(detail, "TEMP B-TREE") {
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
