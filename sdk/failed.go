package sdk

import "errors"

// Failed turns a host call that failed into a result: whose fault it is, and
// what to do. who is the target, such as "https://example.com". A denial is
// unknown and says what to grant; what the target or the way to it is to
// blame for is unhealthy; a call that was made wrongly is unknown.
func Failed(who string, err error) Result {
	text := err.Error()
	switch {
	case errors.Is(err, ErrDenied):
		return Unknown(text)
	case errors.Is(err, ErrTimeout):
		return Unhealthy(who + " did not answer in time; it is overloaded or hung, or a firewall drops the packets")
	case errors.Is(err, ErrRefused):
		return Unhealthy(who + " refuses the connection; start the service or correct the address")
	case errors.Is(err, ErrDNS):
		return Unhealthy("the name of " + who + " does not resolve; correct the name or repair its DNS (" + text + ")")
	case errors.Is(err, ErrTLS):
		return Unhealthy("TLS with " + who + " failed; repair its certificate or its TLS settings (" + text + ")")
	case errors.Is(err, ErrReset):
		return Unhealthy(who + " closed the connection in the middle of the exchange; look into its log")
	case errors.Is(err, ErrTooLarge):
		return Unknown("the answer of " + who + " is over the size limit; check a smaller page (" + text + ")")
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrQuota), errors.Is(err, ErrClosed):
		return Unknown("the check of " + who + " could not be made: " + text)
	default:
		return Unhealthy(who + ": " + text)
	}
}
