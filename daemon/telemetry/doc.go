// Package telemetry makes vega observable: it has the correlation ID that
// connects a request with every run, log line and answer it caused, and the log,
// which removes known secrets from every line.
//
// Start with NewLog for the logger and WithID for the ID. The package imports no
// other part of vega.
package telemetry
