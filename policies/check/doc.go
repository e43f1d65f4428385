// Package check defines the types that every part of vega shares: one execution of a
// probe (Run), the state of an integration (Status) and its reason (Cause), and the
// measurements (Metric, Contention). It also provides the few string and time
// conversions that all parts must agree on.
//
// It imports only the standard library, and every other package may import it.
package check
