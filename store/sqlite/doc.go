// Package sqlite implements store.Store in one SQLite file that belongs to one
// running vega.
//
// Open opens the file for a daemon: it locks the file against a second one and
// migrates its tables. OpenReadOnly lets a short command read the same file
// next to that daemon; what the command writes is dropped. OpenForeign reads
// the SQLite file of another program, for a database block of the
// configuration.
//
// To read the package, follow a start: open.go (the pools), inspect.go (does
// the file belong to vega?), filelock (does another process hold it?) and
// migrate.go (the tables). Then come the parts of the contract: kv.go,
// conversations.go, memories.go, runs.go with append.go, package alerts, and
// retention.go. Queries that vega did not write, those of probes, go through
// reader.go, which limits what they may do.
//
// Every query is profiled (store/profile), and queries that read too much get
// advice (advice.go, store/advise).
//
// The package refuses, and leaves unchanged, a file that is not a database, was
// created by another program or a newer vega, or is damaged. If writing fails
// while vega runs, because the disk is full for example, the store is degraded
// until a write succeeds.
package sqlite
