package sdk

import "errors"

// Failed turns a failed host call into a result that says whose fault it is and
// what to do. who is the target, such as "https://example.com". A denial is
// unknown and says what to grant; a failure of the target or the path to it is
// unhealthy; an incorrect call is unknown.
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
		return Unknown("the response of " + who + " is over the size limit; check a smaller page (" + text + ")")
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrQuota), errors.Is(err, ErrClosed):
		return Unknown("could not check " + who + ": " + text)
	default:
		return Unhealthy(who + ": " + text)
	}
}
