// Package verify checks a running daemon from outside, feature by feature, and
// leaves it as it was.
//
// Call Run with where the daemon is; Names are the checks, in their order. A
// check is a function in a file of its own: it asks the daemon over HTTP, and
// where the daemon's data is on this machine it looks there too. It passes
// with a word on what was seen, is skipped with the reason, or fails with what
// was expected, what was seen and what to do.
//
// What a check makes carries the tag vega-verify and is gone when the check
// ends, however it ends: the note of how to take it away is made first, and no
// request that makes something is ever cut off. What remains is what any
// caller leaves: lines in the log, figures of queries, and a run or two in the
// history of an integration.
//
// It knows the answers by their JSON alone, not by the types of the daemon, so
// that it sees what any other client sees. Only the command line imports it.
package verify
