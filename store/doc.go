// Package store is where vega keeps what it must not forget: one SQLite file
// that belongs to one running vega.
//
// Open takes the file for a daemon: it locks it against a second one, brings
// its tables up to date and hands out a Store. OpenReadOnly lets a short
// command look at the same file beside that daemon; what it is told to write
// is dropped. OpenForeign reads somebody else's SQLite file, for a database
// block of the configuration.
//
// It reads in the order of a start: open.go (the pools), inspect.go (is this a
// file for us?), lock_*.go (are we alone?), migrate.go (the tables), then what
// is kept: kv.go. Queries that were not written here, those of probes, go
// through reader.go, which says what they may do.
//
// The package refuses, and leaves untouched, a file that is no database, that
// another program made, that a newer vega wrote, or that is damaged. It is the
// only importer of SQLite, and imports no other package of vega.
package store
