// Package limit accepts connections and admits requests within limits, in total and
// for each client, so that clients can neither stop vega from checking nor keep an
// operator out.
//
// Call New for a listener, serve HTTP on it with WithConnection and Limiter.ConnState,
// and ask Limiter.Identify and Limiter.Admit about each request. The package does not
// answer requests.
package limit
