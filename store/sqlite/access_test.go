package sqlite_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"vega/store"
	"vega/store/sqlite"
)

func TestAccessPathsShowMissingIndexes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s := open(t, path)
	unindexed := func() (names []string) {
		t.Helper()
		paths, err := openReadOnly(t, path).AccessPaths(t.Context())
		if err != nil || len(paths) != 7 {
			t.Fatalf("%v, %v", paths, err)
		}
		for _, p := range paths {
			if p.Plan == "" {
				t.Errorf("%s has no plan", p.Name)
			}
			if !p.Indexed() {
				names = append(names, p.Name)
			}
		}
		return names
	}
	log(t, s, store.Conversation{SessionID: "s", Source: "x"})
	if got := unindexed(); got != nil {
		t.Errorf("%v", got)
	}
	var gone []string
	for _, way := range [][2]string{
		{"ix_conv_session_ts", "conversations by session"},
		{"ix_conv_source_ts", "conversations by source"},
		{"ix_conv_reviewed_ts", "conversations by reviewed"},
		{"ix_conv_ts_session", "conversations"},
		{"ix_runs_integration", "runs by integration"},
		{"ix_runs_trouble", "runs by status"},
		{"ix_runs_began", "runs by time"},
	} {
		execSQL(t, raw(t, path), "DROP INDEX "+way[0])
		gone = append(gone, way[1])
		got := unindexed()
		slices.Sort(got)
		if slices.Sort(gone); !slices.Equal(got, gone) {
			t.Errorf("without %s: %v, want %v", way[0], got, gone)
		}
	}
}

func TestHoldDelaysWritersOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vega.db")
	s := open(t, path)
	release, err := sqlite.Hold(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	const held = 200 * time.Millisecond
	began := time.Now()
	time.AfterFunc(held, func() {
		if err := release(); err != nil {
			t.Error(err)
		}
	})
	if _, err := latest(t, s, 1); err != nil {
		t.Error(err)
	}
	if err := s.SetMemory(t.Context(), "k", "v"); err != nil || time.Since(began) < held {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	missing := filepath.Join(t.TempDir(), "none.db")
	if _, err := sqlite.Hold(t.Context(), missing); err == nil {
		t.Error("held a file that does not exist")
	}
	if got := names(t, filepath.Dir(missing)); got != "" {
		t.Errorf("it created %s", got)
	}
}
