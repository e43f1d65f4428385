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
// is kept: kv.go, conversations.go and page.go, memories.go, runs.go and
// append.go; retention.go takes it away again. Queries that were not written
// here, those of probes, go through reader.go, which says what they may do.
//
// Every query is timed (profile), and what reads too much gets advice
// (advice.go, advise).
//
// The package refuses, and leaves untouched, a file that is no database, that
// another program made, that a newer vega wrote, or that is damaged. A disk
// that is full while vega runs degrades it (trouble.go), until a write
// succeeds. It and advise are the only importers of SQLite, and import no
// package of vega but each other and profile.
package store
