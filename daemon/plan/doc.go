// Package plan tells what another configuration would change, before anything
// does: which of vega's own keys, and whether they need a restart; which
// integrations come, go, change or begin anew; and what that does to the load.
//
// Start at Between. It is pure, and tells names, timing and other plain figures
// only: no value that could be a secret.
package plan
