// Package databases runs the queries of probes on the configured databases and
// on vega's own store. It keeps queries read-only and limits their time and the
// size of their results. It counts every query and reports statistics.
//
// Start with New. A Set holds the databases that a configuration or a run may query.
// Databases are reference-counted. The last holder to release one closes its
// connections.
package databases
