// Package api answers HTTP: one table of routes (routes.go), handlers that
// decode, call one method of the daemon and encode (handlers.go), and one
// place where every error becomes a response (error.go).
//
// Call New for the handler and Listen to serve it. Connections come by a door
// (door.go), which holds to Limits in all and by client (client.go), and lets
// each request in or answers that there are too many (door_request.go).
//
// The package refuses what it does not know: a route, a query parameter, a key, a body or
// header over its limit; each with problem+json (RFC 9457) that names the
// correlation ID of the request. Only this package imports gin, and no
// *gin.Context leaves it.
package api
