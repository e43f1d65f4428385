// Package telemetry provides vega's log, which removes known secrets from every
// line, and the correlation IDs that link a request to every run, log line and
// response that it causes.
//
// Start with NewLog for the logger and WithID for the ID. The package imports no
// other part of vega.
package telemetry
