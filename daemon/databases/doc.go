// Package databases runs the queries of probes on the databases of a
// configuration, and on vega's own store, so that no query can write, wait for
// ever or return without limit. It counts every query, and reports the figures.
//
// Start at New. A Set is what a configuration or a run may query: it retains its
// databases, and the last holder that releases one closes its connections.
package databases
