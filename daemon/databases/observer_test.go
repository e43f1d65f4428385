package databases

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/store/sqlite"
)

// observations counts queries by database.
type observations struct {
	mu sync.Mutex
	of map[string]int
}

func (o *observations) ObserveQuery(_ context.Context, database string, _ time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of[database]++
}

// TestQueriesAreObserved also checks that a reload with the same observer keeps the
// database open.
func TestQueriesAreObserved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	o := &observations{of: map[string]int{}}
	shop := Config{Name: "shop", Driver: "sqlite", DSN: manifest.Plain(path), Observer: o}
	d := testDatabases(t, shop)
	if got, err := answer(t.Context(), d, "shop", "SELECT 42"); err != nil || got != "42" {
		t.Fatalf("%q, %v", got, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of["shop"] == 0 || len(o.of) != 1 {
		t.Errorf("%v was observed", o.of)
	}
	if again := New([]Config{shop}, 0, d.own, d); again.sources["shop"] != d.sources["shop"] {
		t.Error("the database is opened again")
	}
}
