// Package tracing exports spans and metrics by OTLP over HTTP, with the SDK of
// OpenTelemetry. It is the only importer of OpenTelemetry.
//
// Start with New, and call Configure with the settings of the telemetry block, again
// after each reload. While nothing is configured, nothing runs. Exporter implements
// span.Tracer; Shutdown exports what is left.
//
// No request and no run waits for a collector: spans go into a queue, and those that do
// not fit are dropped and counted.
package tracing
