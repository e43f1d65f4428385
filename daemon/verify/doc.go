// Package verify checks a running daemon from outside, feature by feature, and
// leaves it as it was.
//
// Call Run with the address of the daemon. Names lists the checks in their
// order. A check is a function in a file of its own: it sends requests over HTTP
// and, if the daemon's data is on this machine, reads that too. It passes and
// says what it saw, is skipped with a reason, or fails with what it expected,
// what it saw and what to do.
//
// Everything that a check creates is tagged vega-verify and removed when the
// check ends, even if it fails, because the cleanup is registered first and a
// request that creates something is never canceled. Only the traces of any
// client remain: log lines, query statistics, and a run or two in the history of
// an integration.
//
// The package knows the answers only by their JSON, not by the daemon's types, so
// it sees what any other client sees. Only the command line imports it.
package verify
