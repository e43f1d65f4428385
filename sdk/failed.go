package sdk

import (
	"errors"
	"io"
)

// Failed turns a failed host call into a result that says whose fault it is and
// what to do. who is the target, such as "https://example.com". A failure that
// only the target can have caused is unhealthy. A denial, which says what to
// grant, an incorrect call, a call that vega could not make, a value that no run
// has stored yet, and an error that did not come from a host call are unknown.
func Failed(who string, err error) Result {
	if err == nil {
		return Unknown("could not check " + who + ": the probe reports a failure without an error; correct the probe")
	}
	call, ok := errors.AsType[*Error](err)
	if !ok {
		return foreign(who, err)
	}
	text := err.Error()
	switch {
	case is(call, ErrDenied):
		return Unknown(text)
	case is(call, ErrTimeout):
		return Unhealthy(who + " did not answer in time; it is overloaded or hung, or a firewall drops the packets (" + text + ")")
	case is(call, ErrRefused):
		return Unhealthy(who + " refuses the connection; start the service or correct the address")
	case is(call, ErrDNS):
		return Unhealthy("the name of " + who + " does not resolve; correct the name or repair its DNS (" + text + ")")
	case is(call, ErrTLS):
		return Unhealthy("TLS with " + who + " failed: " + text)
	case is(call, ErrReset):
		return Unhealthy(who + " closed the connection in the middle of the exchange; look into its log")
	case is(call, ErrTooLarge):
		return Unknown(who + " answered with more than this probe reads (" + text + "); correct the address, or check something that answers with less")
	case call.unstored:
		return Unknown("could not check " + who + ": " + text + "; no run has stored it yet, which the probe has to expect")
	case is(call, ErrTarget), is(call, ErrNotSet):
		return Unhealthy(who + ": " + text)
	default:
		return Unknown("could not check " + who + ": " + text)
	}
}

func is(e, kind *Error) bool { return e.Code == kind.Code }

// foreign returns the result for an error that no host call returned. The end
// of a stream is one that Conn.Read returns.
func foreign(who string, err error) Result {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return Unhealthy(who + " closed the connection before its answer was complete; look into its log")
	}
	return Unknown("could not check " + who + ": the probe failed: " + err.Error() + "; correct the probe")
}
