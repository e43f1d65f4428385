// Package api serves the HTTP API: one table of routes (routes.go), handlers
// that decode a request, call one method of the daemon and encode the result
// (handlers.go), and one place where every error becomes a response (error.go).
//
// Call New for the handler and Listen to serve it. A limiter (limiter.go) accepts
// the connections. It enforces Limits, in total and per client, and either admits
// a request or answers that there are too many (limiter_request.go).
//
// The package rejects unknown routes, query parameters and keys, and bodies and
// headers over their limits. Each rejection is a problem+json (RFC 9457) with the
// correlation ID of the request. Only this package imports gin, and no
// *gin.Context leaves it.
package api
