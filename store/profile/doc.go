// Package profile tells what a Go program asks of its database, and what that
// costs. It wraps a database/sql driver; the code that queries stays as it is:
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
// These ten lines are all. Several pools, such as a writer and its readers, may
// share a Profiler. A driver without a connector is wrapped by way of its
// driver.DriverContext, or with a connector of two lines that calls its Open.
//
// # What is measured
//
// A query ends when its rows are closed, not when Query returns: many
// databases do the work in between. The duration of a query is the database's
// own time, that is the call, every Next and the Close. The time for which the
// caller held the rows open is told apart and never makes a query slow.
// Transactions and pings are not queries. Every attempt counts, also one that
// database/sql repeats on another connection; one that a driver declined with
// driver.ErrSkip was none.
//
// # What is kept
//
// Queries that differ in literals, spaces, comments, case or the length of a
// list are one statement. Statements are shown with ? for every literal and
// parameter. No bound value, no literal and no text of a driver's error is
// kept after the query ends; Options.Error may decide otherwise for errors.
// What tells a literal from a name depends on the database, so set
// Options.Dialect: MySQL's "text" is a literal, and elsewhere a name.
//
// Memory is bounded whatever the program sends: see Options.Statements.
//
// # What it costs
//
// About 0.1 µs a query and as much as one clock reading twice a row, one
// allocation where there are rows and none where there are not. With
// Options.StatementCache a program on SQLite is faster than without a profiler.
//
// The package imports the standard library only.
package profile
