// Package storetest tests implementations of store.Store. An implementation
// calls Run from a test of its own.
package storetest

import (
	"testing"
	"time"

	"vega/store"
)

// Opener opens the database with this name, and creates it if it does not
// exist. The name is unique to one test, and a valid path in a temporary
// directory. The tests close the store, and may then open it again.
type Opener func(t *testing.T, name string) store.Store

// patience limits how long a busy machine may take for what is immediate on an
// idle one.
const patience = time.Minute

// Run tests the contract, one subtest for each part of it.
func Run(t *testing.T, open Opener) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, d database)
	}{
		{"ConversationsAreStoredExactly", conversationsAreStoredExactly},
		{"InvalidConversationsAreRejected", invalidConversationsAreRejected},
		{"ConversationsAreMarkedAndDeleted", conversationsAreMarkedAndDeleted},
		{"PagesAreCompleteAndInOrder", pagesAreCompleteAndInOrder},
		{"PageLimitsAreChecked", pageLimitsAreChecked},
		{"ExcerptsAreCut", excerptsAreCut},
		{"ForgedCursorsAreRejected", forgedCursorsAreRejected},
		{"MemoriesAreReplacedAndDeleted", memoriesAreReplacedAndDeleted},
		{"MemoriesAreSortedByTheBytesOfTheirKeys", memoriesAreSortedByTheBytesOfTheirKeys},
		{"InvalidMemoriesAreRejected", invalidMemoriesAreRejected},
		{"ValuesAreKeptPerIntegration", valuesAreKeptPerIntegration},
		{"QuotaCountsKeysAndValues", quotaCountsKeysAndValues},
		{"KeysAreLimited", keysAreLimited},
		{"RunsAreStoredExactly", runsAreStoredExactly},
		{"RunsKeepTheirOrder", runsKeepTheirOrder},
		{"RunsAreFiltered", runsAreFiltered},
		{"LastRunsAreFound", lastRunsAreFound},
		{"StatusesAreInOrder", statusesAreInOrder},
		{"RecentRunsHaveTheirStreak", recentRunsHaveTheirStreak},
		{"InvalidRunsAreRejected", invalidRunsAreRejected},
		{"ConcurrentRunsAreAllStored", concurrentRunsAreAllStored},
		{"AlertsAreStoredExactly", alertsAreStoredExactly},
		{"IncidentPagesAreComplete", incidentPagesAreComplete},
		{"SilencesAreListed", silencesAreListed},
		{"FiguresAreCombined", figuresAreCombined},
		{"RunsAreJudgedInOrder", runsAreJudgedInOrder},
		{"RunsAreReadInOrder", runsAreReadInOrder},
		{"RunsAreRolledUp", runsAreRolledUp},
		{"PointsAreRolledUp", pointsAreRolledUp},
		{"SeriesOfABlockAreBounded", seriesOfABlockAreBounded},
		{"RollupsOutliveRuns", rollupsOutliveRuns},
		{"RetentionDeletesWhatIsTooOld", retentionDeletesWhatIsTooOld},
		{"RetentionDeletesRunsToFitTheSize", retentionDeletesRunsToFitTheSize},
		{"ConcurrentWritesAreAllStored", concurrentWritesAreAllStored},
		{"ReadersAndWritersDoNotFail", readersAndWritersDoNotFail},
		{"CanceledCallsReturnTheContextsError", canceledCallsReturnTheContextsError},
		{"ClosedStoresFail", closedStoresFail},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, database{t.TempDir(), open}) })
	}
}

// database is a database that a test opens, once or several times.
type database struct {
	name   string
	opener Opener
}

// open closes the store at the end of the test.
func (d database) open(t *testing.T) store.Store {
	t.Helper()
	s := d.openUnclosed(t)
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

// openUnclosed opens the store without closing it at the end of the test.
func (d database) openUnclosed(t *testing.T) store.Store {
	t.Helper()
	s := d.opener(t, d.name)
	if err := s.Degraded(); err != nil {
		t.Errorf("degraded after opening: %v", err)
	}
	return s
}

func closeStore(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
