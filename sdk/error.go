package sdk

import "vega/sdk/abi"

// Error is a host call that failed: the errno, and the host's text, which is a
// sentence for an operator and holds no secret.
type Error struct {
	Code abi.Errno
	Text string
}

// What a host call can fail with, for errors.Is.
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
	ErrIO       = &Error{Code: abi.ErrIO, Text: "input/output error"}
)

// Error is the host's text.
func (e *Error) Error() string { return e.Text }

// Is makes errors.Is compare by errno.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// failure is the error of a call that answered errno n. The text must be asked
// for at once: the next call that fails replaces it.
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

// plain is the text of an errno whose host says nothing more.
func plain(code abi.Errno) string {
	for _, e := range [...]*Error{
		ErrNotSet, ErrDenied, ErrTimeout, ErrRefused, ErrDNS, ErrTLS,
		ErrReset, ErrTooLarge, ErrInvalid, ErrQuota, ErrClosed, ErrIO,
	} {
		if e.Code == code {
			return e.Text
		}
	}
	return "unknown error"
}
