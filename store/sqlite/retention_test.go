package sqlite_test

import (
	"strconv"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/storetest"
)

func TestRetentionShrinksTheFile(t *testing.T) {
	s := fresh(t)
	now := time.Now()
	for day := range 10 {
		var runs []*check.Run
		for range 2000 {
			runs = append(runs, storetest.RunOf("web", now.Add(time.Duration(day-10)*24*time.Hour)))
		}
		storetest.AppendRuns(t, s, runs...)
		log(t, s, store.Conversation{SessionID: "s", Source: "x", At: now.Add(time.Duration(day-10) * 24 * time.Hour)})
	}
	before, err := s.Info(t.Context())
	if err != nil || before.Tables["runs"] != 20_000 {
		t.Fatalf("%+v %v", before, err)
	}
	done, err := s.Retain(t.Context(), store.Retention{Runs: 5*24*time.Hour + time.Hour, Conversations: 3*24*time.Hour + time.Hour})
	if err != nil || done.Runs != 10_000 || done.Conversations != 7 {
		t.Errorf("%+v %v", done, err)
	}
	if done, err = s.Retain(t.Context(), store.Retention{Bytes: 512 << 10}); err != nil || done.Runs == 0 {
		t.Errorf("%+v %v", done, err)
	}
	if done, err = s.Retain(t.Context(), store.Retention{}); err != nil || done.Runs != 0 {
		t.Errorf("%+v %v", done, err)
	}
	if got := pagesOf(t, s); got > 512<<10/4096+300 {
		t.Errorf("%d pages are left", got)
	}
	after, err := s.Info(t.Context())
	if err != nil || after.Tables["runs"] > 10_000 || after.Tables["conversations"] != 3 {
		t.Errorf("%+v %v", after, err)
	}
}

func pagesOf(t *testing.T, s *sqlite.Store) int {
	t.Helper()
	n, err := strconv.Atoi(query(t, s, "PRAGMA page_count"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
