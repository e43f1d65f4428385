package main

import (
	"errors"

	"vega/sdk"
)

// failed turns a host call that failed into a result: whose fault it is, and
// what to do. who is the target, such as "https://example.com".
func failed(who string, err error) sdk.Result {
	text := err.Error()
	switch {
	case errors.Is(err, sdk.ErrDenied):
		return sdk.Unknown(text)
	case errors.Is(err, sdk.ErrTimeout):
		return sdk.Unhealthy(who + " did not answer in time; it is overloaded or hung, or a firewall drops the packets")
	case errors.Is(err, sdk.ErrRefused):
		return sdk.Unhealthy(who + " refuses the connection; start the service or correct the address")
	case errors.Is(err, sdk.ErrDNS):
		return sdk.Unhealthy("the name of " + who + " does not resolve; correct the name or repair its DNS (" + text + ")")
	case errors.Is(err, sdk.ErrTLS):
		return sdk.Unhealthy("TLS with " + who + " failed; repair its certificate or its TLS settings (" + text + ")")
	case errors.Is(err, sdk.ErrReset):
		return sdk.Unhealthy(who + " closed the connection in the middle of the exchange; look into its log")
	case errors.Is(err, sdk.ErrTooLarge):
		return sdk.Unknown("the answer of " + who + " is over the size limit; check a smaller page (" + text + ")")
	case errors.Is(err, sdk.ErrInvalid), errors.Is(err, sdk.ErrQuota), errors.Is(err, sdk.ErrClosed):
		return sdk.Unknown("the check of " + who + " could not be made: " + text)
	default:
		return sdk.Unhealthy(who + ": " + text)
	}
}
