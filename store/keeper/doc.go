// Package keeper keeps vega's store in service whatever happens to its file.
//
// A Store is a store.Store in one SQLite file, see package sqlite. Runs go through a
// bounded queue, so that storage never blocks a check. Each second, and before a write is
// acknowledged, the names of the files are compared with what is open:
//
//   - A file that was deleted is written again from what is open. One that was moved away
//     is given five minutes to come back first.
//   - A file that was replaced by another database of vega is given up for that one.
//   - A file that was damaged, or replaced by something else, is set aside under the name
//     PATH.broken-TIME, and a new one is begun with the last run of each integration.
//     What can be read of the damaged file is then added to it.
//
// In the meantime writes fail with a *store.UnavailableError, runs wait in the queue, and
// Degraded says why. No data is ever deleted.
//
// To read the package: keeper.go opens and closes, calls.go has the calls of the store,
// watch.go looks after the files, repair.go repairs them, recover.go gets rows back from
// damaged ones, report.go logs.
package keeper
