package sdk

import "vega/sdk/abi"

// Error is a failed host call: the errno, and the host's text, which is a
// sentence for the operator and contains no secret.
type Error struct {
	Code abi.Errno
	Text string

	unstored bool // no run has stored the value yet, which says nothing about the target
}

// The errors of host calls, for errors.Is.
var (
	ErrNotSet   = &Error{Code: abi.ErrNotSet, Text: "not set"}
	ErrDenied   = &Error{Code: abi.ErrDenied, Text: "denied"}
	ErrTimeout  = &Error{Code: abi.ErrTimeout, Text: "timed out"}
	ErrRefused  = &Error{Code: abi.ErrRefused, Text: "connection refused"}
	ErrDNS      = &Error{Code: abi.ErrDNS, Text: "the name does not resolve"}
	ErrTLS      = &Error{Code: abi.ErrTLS, Text: "TLS failed"}
	ErrReset    = &Error{Code: abi.ErrReset, Text: "the connection was closed by the peer"}
	ErrTooLarge = &Error{Code: abi.ErrTooLarge, Text: "too large"}
	ErrInvalid  = &Error{Code: abi.ErrInvalid, Text: "invalid argument"}
	ErrQuota    = &Error{Code: abi.ErrQuota, Text: "quota exceeded"}
	ErrClosed   = &Error{Code: abi.ErrClosed, Text: "closed"}
	ErrIO       = &Error{Code: abi.ErrIO, Text: "the call could not be made"}
	ErrTarget   = &Error{Code: abi.ErrTarget, Text: "the target failed"}
)

// Error returns the host's text.
func (e *Error) Error() string { return e.Text }

// Is reports whether target has the same errno.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// failure returns the error of a call that returned errno n. Read the text at
// once: the next failed call replaces it.
func failure(n int32) error {
	e := &Error{Code: abi.Errno(n)}
	buf := make([]byte, 512)
	for {
		n := int(abi.Error(pointer(buf), uint32(len(buf))))
		if n <= 0 {
			e.Text = plain(e.Code)
			return e
		}
		if n <= len(buf) {
			e.Text = string(buf[:n])
			return e
		}
		buf = make([]byte, n)
	}
}

// plain returns the text of an errno for which the host has none.
func plain(code abi.Errno) string {
	for _, e := range [...]*Error{
		ErrNotSet, ErrDenied, ErrTimeout, ErrRefused, ErrDNS, ErrTLS,
		ErrReset, ErrTooLarge, ErrInvalid, ErrQuota, ErrClosed, ErrIO, ErrTarget,
	} {
		if e.Code == code {
			return e.Text
		}
	}
	return "unknown error"
}
