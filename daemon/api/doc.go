// Package api answers HTTP: one table of routes (routes.go), handlers that
// decode, call one method of the daemon and encode (handlers.go), and one
// place where every error becomes a response (error.go).
//
// Call New for the handler and NewServer to listen with it. The package
// refuses what it does not know: a route, a query parameter, a key, a body or
// header over its limit; each with problem+json (RFC 9457) that names the
// correlation ID of the request. Only this package imports gin, and no
// *gin.Context leaves it.
package api
