// Package telemetry is how vega tells what it does: the correlation ID that
// ties a request to every run, log line and answer it caused, and the log
// itself, out of which every known secret is scrubbed.
//
// Start at NewLog for the logger and WithID for the ID. The package knows
// nothing of the daemon and imports none of it.
package telemetry
