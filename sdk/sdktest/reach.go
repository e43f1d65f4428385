//go:build !wasip1

package sdktest

// reach implements the calls that reach a target otherwise than by http, net and dns.
type reach struct{ host *host }
