// Package rollups reads and writes the roll-ups in a SQLite file of vega: what runs and
// metrics were in steps of five minutes, an hour and a day. Package rollup computes them.
//
// The bucket of five minutes that is not closed lives in memory, one for each integration
// (state.go). It is written once, when a run of a later bucket is stored, in the transaction
// that stores that run (add.go). Hours and days are folded from shorter buckets when they
// end (fold.go), in the same transaction. So after a kill, what is in memory is what the runs
// say that began after the last bucket in the file; loading it again gives the same.
// Whenever a transaction fails, the memory is forgotten and loaded again.
//
// A run that comes late, because the clock was set back, corrects the buckets that are
// written (late.go). Where there are many runs but no buckets, as after an upgrade, Start
// builds them in small steps (build.go).
//
// Values of metric blocks have no runs from which they could be loaded. They are written to
// their buckets at once (points.go).
package rollups
