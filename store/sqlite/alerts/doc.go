// Package alerts reads and writes the tables of alerting in a SQLite file of vega.
//
// A record is stored as JSON, with columns for what is queried. The columns take
// precedence: an incident whose number is needed for another one gets a new number there
// (move.go). No row can keep alerting from starting: one that can't be decoded is
// reported, and the others are used.
//
// To read the package: write.go stores changes, state.go loads what alerting continues
// with, page.go has the queries, figures.go the minute rows of figures, runs.go reads
// runs in their order, record.go encodes and decodes, retention.go deletes.
package alerts
