package sqlite_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/store"
	"vega/store/sqlite"
)

// advised asks until done reports true. A busy machine may use up the few
// milliseconds that one analysis may take, so a new table makes it start again
// now and then.
func advised(t *testing.T, db *sql.DB, r *sqlite.Reader, age time.Duration, done func(sqlite.Advised) bool) (a sqlite.Advised) {
	t.Helper()
	asked := 0
	realtest.Until(t, "there is advice", func() bool {
		if asked++; asked%500 == 0 {
			execSQL(t, db, fmt.Sprintf("CREATE TABLE again%d (a)", asked))
		}
		stats := r.Profiler().Stats()
		stats.Since = stats.Since.Add(-age)
		a = r.Advice(t.Context(), &stats)
		return done(a)
	})
	return a
}

func TestAdviceEndsWhenItIsFollowed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db := raw(t, path)
	execSQL(t, db, "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, placed INTEGER)")
	execSQL(t, db, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000) INSERT INTO orders SELECT i, 'c' || ((i * 7919) % 500), i FROM n")
	r, err := sqlite.OpenForeign(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	rows, err := r.Query(t.Context(), "SELECT id FROM orders WHERE customer = 'c7'")
	if got := values(t, rows, err); len(strings.Fields(got)) != 40 {
		t.Fatal(got)
	}
	a := advised(t, db, r, 0, func(a sqlite.Advised) bool { return len(a.Statements) == 1 })
	for _, advice := range a.Statements {
		execSQL(t, db, advice.Indexes[0].SQL)
	}
	stats := r.Profiler().Stats()
	if a := r.Advice(t.Context(), &stats); len(a.Statements) != 0 {
		for q, x := range a.Statements {
			t.Errorf("after creating the index: %s: %+v", q, x)
		}
	}
}

func TestRedundantAndUnusedIndexesAreReported(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	db := raw(t, path)
	for _, s := range []string{
		"CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, placed INTEGER)", "CREATE INDEX o_customer ON orders (customer)",
		"CREATE INDEX o_customer_placed ON orders (customer, placed)", "CREATE INDEX o_placed ON orders (placed)",
	} {
		execSQL(t, db, s)
	}
	r, err := sqlite.OpenForeign(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	rows, err := r.Query(t.Context(), "SELECT placed FROM orders WHERE customer = 'c7' ORDER BY placed")
	values(t, rows, err)
	young := advised(t, db, r, 0, func(a sqlite.Advised) bool { return len(a.Indexes) > 0 })
	if f := young.Indexes["o_customer"]; len(young.Indexes) != 1 || f == nil || f.With != "o_customer_placed" || !strings.Contains(f.Text, "DROP INDEX o_customer saves") {
		t.Errorf("%+v", young.Indexes)
	}
	execSQL(t, db, "CREATE TABLE soon (a)") // a changed schema empties the cache
	old := advised(t, db, r, 2*time.Hour, func(a sqlite.Advised) bool { return len(a.Indexes) > 1 })
	if f := old.Indexes["o_placed"]; f == nil || f.With != "" || !strings.Contains(f.Text, "No statement uses index o_placed. DROP INDEX o_placed saves") || !strings.Contains(f.Text, "based on 1 queries since ") {
		t.Errorf("%+v", f)
	}
}

func TestOwnIndexesAreNotReported(t *testing.T) {
	s := fresh(t)
	if _, err := s.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x"}); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		stats := s.Profiler().Stats()
		stats.Since = stats.Since.Add(-2 * time.Hour)
		if a := s.Advice(t.Context(), &stats); len(a.Indexes) > 0 {
			t.Fatalf("%+v", a.Indexes)
		}
	}
}
