// Package check defines the words that every part of vega shares: what one
// execution of a probe found (Run), how an integration is (Status), whose fault
// that is (Cause), and what was measured (Metric, Contention). It also holds
// the few text and time conversions that all parts must agree on.
//
// It imports the standard library alone, and every other package may import it.
package check
