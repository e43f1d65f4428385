// Package api serves the HTTP API: one table of routes (routes.go), handlers
// that decode a request, call one method of the daemon and encode the result
// (handlers.go), and one place where every error becomes a response (error.go).
//
// Call New for the handler and Listen to serve it. Package limit accepts
// the connections within Limits, in total and per client; gate.go admits each request
// or answers that there are too many.
//
// The package rejects unknown routes, query parameters and keys, and bodies and
// headers over their limits. Each rejection is a problem+json (RFC 9457) with the
// correlation ID of the request. Only this package imports gin, and no
// *gin.Context leaves it.
package api
