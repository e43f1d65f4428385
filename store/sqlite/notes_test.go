package sqlite_test

import (
	"context"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/store"
	"vega/store/sqlite"
)

type request struct{}

func TestOpenRowsThatKeepTheLogAreNamed(t *testing.T) {
	path := t.TempDir() + "/vega.db"
	s, err := sqlite.Open(t.Context(), path, sqlite.Correlation(func(ctx context.Context) string {
		id, _ := ctx.Value(request{}).(string)
		return id
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	speak := func(n int) {
		t.Helper()
		for range n {
			if _, err := s.LogConversation(t.Context(), store.Conversation{SessionID: "s", Source: "x", Prompt: strings.Repeat("p", 1<<20)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	speak(2)
	rows, err := s.Query(context.WithValue(t.Context(), request{}, "demo-1"), "SELECT id FROM conversations")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	speak(20)
	notes := func() string {
		t.Helper()
		info, err := s.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(sqlite.Notes(info, s.Profiler().Stats().Open), " ")
	}
	got := ""
	realtest.Until(t, "there is a note", func() bool { got = notes(); return got != "" })
	for _, want := range []string{`SELECT id FROM conversations`, "correlation ID demo-1", "pool guests", " MiB and keeps growing", "have been open for "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if got := notes(); got != "" {
		t.Errorf("after closing the rows: %s", got)
	}
	t.Log(got)
}

func TestLongLogWithoutOpenRowsIsDueToAnotherProgram(t *testing.T) {
	if got := sqlite.Notes(sqlite.Info{Path: "/x.db", WALMB: 20}, nil); len(got) != 0 {
		t.Error(got)
	}
	got := sqlite.Notes(sqlite.Info{Path: "/x.db", WALMB: 100}, nil)
	if len(got) != 1 || !strings.Contains(got[0], "The write-ahead log is 100 MiB") || !strings.Contains(got[0], "another program is reading /x.db") {
		t.Error(got)
	}
}
