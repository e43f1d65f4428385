package storetest

import (
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
)

const day = 24 * time.Hour

// fillDays stores a conversation and a number of runs for each of the last ten
// days.
func fillDays(t *testing.T, s store.Store, perDay int) {
	t.Helper()
	for n := range 10 {
		at := time.Now().Add(time.Duration(n-10) * day)
		runs := make([]*check.Run, perDay)
		for i := range runs {
			runs[i] = RunOf("web", at)
		}
		AppendRuns(t, s, runs...)
		logConversation(t, s, store.Conversation{SessionID: "s", Source: "x", At: at})
	}
}

func retentionDeletesWhatIsTooOld(t *testing.T, d database) {
	s := d.open(t)
	fillDays(t, s, 300)
	for _, c := range []struct {
		keep                store.Retention
		runs, conversations int64 // deleted
	}{
		{store.Retention{}, 0, 0},
		{store.Retention{Runs: 5*day + time.Hour}, 1500, 0},
		{store.Retention{Conversations: 3*day + time.Hour}, 0, 7},
		{store.Retention{Runs: 5*day + time.Hour, Conversations: 3*day + time.Hour}, 0, 0},
		{store.Retention{Runs: 2*day + time.Hour, Conversations: 2*day + time.Hour}, 900, 1},
	} {
		done, err := s.Retain(t.Context(), c.keep)
		if err != nil || done.Runs != c.runs || done.Conversations != c.conversations {
			t.Errorf("%+v: deleted %+v, %v, want %d runs and %d conversations", c.keep, done, err, c.runs, c.conversations)
		}
	}
	if runs, conversations := allRuns(t, s, "web", 0), latest(t, s, 0); len(runs) != 600 || len(conversations) != 2 {
		t.Errorf("%d runs and %d conversations are left, want 600 and 2", len(runs), len(conversations))
	}
}

func retentionDeletesRunsToFitTheSize(t *testing.T, d database) {
	s := d.open(t)
	fillDays(t, s, 300)
	done, err := s.Retain(t.Context(), store.Retention{Bytes: 1 << 40})
	if err != nil || done.Runs != 0 {
		t.Errorf("with room: deleted %+v, %v", done, err)
	}
	done, err = s.Retain(t.Context(), store.Retention{Bytes: 1}) // less than an empty database has
	if err != nil || done.Runs != 3000 || done.Conversations != 0 {
		t.Errorf("without room: deleted %+v, %v", done, err)
	}
	if conversations := latest(t, s, 0); len(conversations) != 10 {
		t.Errorf("%d conversations are left, want all 10", len(conversations))
	}
	AppendRuns(t, s, RunOf("web", time.Now()))
	if runs := allRuns(t, s, "web", 0); len(runs) != 1 {
		t.Errorf("%d runs, want the new one", len(runs))
	}
}
