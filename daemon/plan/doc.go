// Package plan computes what a configuration would change before it is applied. A
// plan lists the changed settings of vega itself and whether they need a restart,
// the integrations that are added, removed, changed or restarted, and the load.
//
// Start with Between. The package performs no input or output. A plan contains
// names, timing and other plain figures, but no value that could be a secret.
package plan
