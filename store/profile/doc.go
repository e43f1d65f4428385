// Package profile measures what a Go program asks of its database, and what
// that costs. It wraps a database/sql driver; the code that queries stays
// unchanged:
//
//	p := profile.New(profile.Options{
//		Dialect: profile.SQLite,
//		Slow:    50 * time.Millisecond,
//		Explain: profile.ExplainSQLite,
//	})
//	connector, err := sqlite.NewConnector("file:app.db")
//	…
//	db := sql.OpenDB(p.Connector("app", connector))
//	p.Pool("app", db)
//	http.Handle("/debug/queries", p.Handler())
//
// Only code that passes a driver's own type to sql.Conn.Raw needs a change: it
// calls Unwrap first.
//
//	err := conn.Raw(func(raw any) error {
//		c := profile.Unwrap(raw).(*stdlib.Conn) // of pgx
//		…
//	})
//
// Several pools, such as a writer and its readers, may share a Profiler. For a
// driver without a connector, use its driver.DriverContext, or a two-line
// connector that calls its Open.
//
// # What is measured
//
// A query ends when its rows are closed, not when Query returns, because many
// databases do the work in between. The duration of a query is the database's
// own time: the call, every Next, and Close. The time for which the caller kept
// the rows open is reported separately and does not make a query slow.
// Transactions and pings are not queries. Every attempt counts, including those
// that database/sql repeats on another connection, except attempts that the
// driver declined with driver.ErrSkip.
//
// # What is stored
//
// Queries that differ only in literals and their signs, NULL and DEFAULT in place
// of literals, spaces, comments, case or the length of a list are one statement. Statements are shown with ? for every literal and
// parameter. After a query ends, none of its bound values and literals is
// stored, and no text of a driver's error; Options.Error can change the latter.
// The difference between a literal and a name depends on the database, so set
// Options.Dialect: "text" is a literal in MySQL, in SQLite if no column has this
// name, and a name elsewhere.
//
// Measuring changes nothing that the program reads: no query of the profiler's
// own runs on the program's connections. Plans come from another connection; see
// Options.Explain.
//
// Memory is bounded whatever the program sends: see Options.Statements.
//
// # What it costs
//
// A query takes about 0.1 µs longer, and each row two readings of a clock.
// There is one allocation per query that returns rows, and none otherwise. With
// Options.StatementCache, a program on SQLite is faster than without a profiler.
//
// The package imports only the standard library.
package profile
