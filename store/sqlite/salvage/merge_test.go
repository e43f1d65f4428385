package salvage_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
	"vega/store/sqlite"
	"vega/store/sqlite/salvage"
	"vega/store/storetest"
)

var began = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	return s
}

func openNew(t *testing.T) *sqlite.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "vega.db"))
}

// run returns a run of an integration that began n seconds after a fixed time.
func run(integration string, n int) *check.Run {
	r := storetest.RunOf(integration, began.Add(time.Duration(n)*time.Second))
	r.Message = fmt.Sprint("run ", n)
	return r
}

func appendRuns(t *testing.T, s *sqlite.Store, integration string, from, to int) {
	t.Helper()
	var all []*check.Run
	for n := from; n <= to; n++ {
		all = append(all, run(integration, n))
	}
	storetest.AppendRuns(t, s, all...)
}

// history returns the messages of the runs of an integration, the first one
// first.
func history(t *testing.T, s *sqlite.Store, integration string) (all []string) {
	t.Helper()
	for q := (store.RunQuery{Integration: integration, Limit: store.MaxPage}); ; {
		p, err := s.Runs(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Runs {
			all = append(all, strings.TrimPrefix(r.Message, "run "))
		}
		if q.Cursor = p.Next; q.Cursor == "" {
			slices.Reverse(all)
			return all
		}
	}
}

func numbers(from, to int) (all []string) {
	for n := from; n <= to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

func converse(t *testing.T, s *sqlite.Store, n int) int64 {
	t.Helper()
	id, err := s.LogConversation(t.Context(), store.Conversation{
		SessionID: "s", Source: "test", Prompt: fmt.Sprint("prompt ", n), Response: "yes", At: began.Add(time.Duration(n) * time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func merge(t *testing.T, into, from *sqlite.Store, o salvage.Options) map[string]salvage.Table {
	t.Helper()
	r, err := sqlite.Merge(t.Context(), from, into, o)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]salvage.Table{}
	for _, c := range r.Tables {
		if all[c.Name] = c; c.Read != c.Added+c.Known+c.Refused {
			t.Errorf("%+v does not add up", c)
		}
	}
	return all
}

// An interim database that was used while the original was away is added to the
// original.
func TestMergeAppendsNewerRows(t *testing.T) {
	t.Parallel()
	original, interim := openNew(t), openNew(t)
	appendRuns(t, original, "other", 1, 3) // so that names have other numbers there
	appendRuns(t, original, "a", 4, 1203)
	appendRuns(t, interim, "a", 1203, 2500) // the first is the last known one
	appendRuns(t, interim, "b", 2501, 2510)
	first := converse(t, original, 1)
	if second := converse(t, interim, 2); first != second {
		t.Fatal("the conversations have different numbers")
	}
	ctx := t.Context()
	for _, s := range []*sqlite.Store{original, interim} {
		name := map[bool]string{true: "old", false: "new"}[s == original]
		if err := s.SetMemory(ctx, "m", name); err != nil {
			t.Fatal(err)
		}
		if err := s.Set(ctx, "a", "k", []byte(name), 1000); err != nil {
			t.Fatal(err)
		}
	}
	for round := range 2 {
		counts := merge(t, original, interim, salvage.Options{Newer: true})
		if want := int64(1307 * (1 - round)); counts["runs"].Added != want || counts["runs"].Known != 1308-want {
			t.Errorf("runs: %+v", counts["runs"])
		}
		if got := history(t, original, "a"); !slices.Equal(got, numbers(4, 2500)) {
			t.Errorf("round %d: the runs of a are %v", round, got)
		}
		if got := history(t, original, "b"); !slices.Equal(got, numbers(2501, 2510)) {
			t.Errorf("round %d: the runs of b are %v", round, got)
		}
		page, err := original.HistoryPage(ctx, store.Query{})
		if err != nil || len(page.Conversations) != 2 || page.Conversations[1].ID != first || page.Conversations[0].Prompt != "prompt 2" {
			t.Errorf("conversations: %+v, %v", page, err)
		}
		m, err := original.Memory(ctx, "m")
		if err != nil || m.Value != "new" {
			t.Errorf("memory: %+v, %v", m, err)
		}
		if v, _, err := original.Get(ctx, "a", "k"); err != nil || string(v) != "new" {
			t.Errorf("value: %s, %v", v, err)
		}
	}
	appendRuns(t, original, "a", 2501, 2502)
	if got := history(t, original, "a"); !slices.Equal(got, numbers(4, 2502)) {
		t.Errorf("after the merge, the runs of a are %v", got)
	}
}

// The rows of an older database are added to one that was begun after it.
func TestMergePrependsOlderRows(t *testing.T) {
	t.Parallel()
	older, newer := openNew(t), openNew(t)
	appendRuns(t, older, "a", 1, 1500)
	appendRuns(t, newer, "a", 1500, 1800)
	ctx := t.Context()
	if err := older.SetMemory(ctx, "m", "old"); err != nil {
		t.Fatal(err)
	}
	for key, s := range map[string]*sqlite.Store{"old": older, "new": newer} {
		for _, k := range []string{"both", key} {
			if err := s.Set(ctx, "a", k, []byte(key), 1000); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 2 {
		merge(t, newer, older, salvage.Options{})
		if got := history(t, newer, "a"); !slices.Equal(got, numbers(1, 1800)) {
			t.Errorf("the runs are %v", got)
		}
		last, err := newer.LastRuns(ctx, []string{"a"})
		if err != nil || len(last) != 1 || last[0].Message != "run 1800" {
			t.Errorf("the last runs are %+v, %v", last, err)
		}
		for key, want := range map[string]string{"both": "new", "old": "old", "new": "new"} {
			if v, _, err := newer.Get(ctx, "a", key); err != nil || string(v) != want {
				t.Errorf("value of %s: %s, %v", key, v, err)
			}
		}
	}
}

func TestMergeSince(t *testing.T) {
	t.Parallel()
	from, into := openNew(t), openNew(t)
	appendRuns(t, from, "a", 1, 100)
	converse(t, from, 1)
	id := converse(t, from, 60)
	merge(t, into, from, salvage.Options{Since: began.Add(51 * time.Second)})
	if got := history(t, into, "a"); !slices.Equal(got, numbers(51, 100)) {
		t.Errorf("the runs are %v", got)
	}
	page, err := into.HistoryPage(t.Context(), store.Query{})
	if err != nil || len(page.Conversations) != 1 || page.Conversations[0].ID != id {
		t.Errorf("conversations: %+v, %v", page, err)
	}
}

// A daemon goes on storing runs meanwhile.
func TestMergeNextToWriters(t *testing.T) {
	t.Parallel()
	from, into := openNew(t), openNew(t)
	appendRuns(t, from, "a", 1, 3000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 200 {
			if err := into.AppendRun(t.Context(), run("b", n)); err != nil {
				t.Error(err)
			}
			if err := into.FlushRuns(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}()
	merge(t, into, from, salvage.Options{Newer: true})
	<-done
	if got := history(t, into, "a"); !slices.Equal(got, numbers(1, 3000)) {
		t.Errorf("%d runs of a", len(got))
	}
	if got := history(t, into, "b"); !slices.Equal(got, numbers(0, 199)) {
		t.Errorf("%d runs of b", len(got))
	}
}
