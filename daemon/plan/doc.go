// Package plan computes what another configuration would change, before it is
// applied: which of vega's own keys, and whether they need a restart; which
// integrations are added, removed, changed or restarted; and the load.
//
// Start with Between. The package is pure. A plan contains names, timing and other
// plain figures, but no value that could be a secret.
package plan
