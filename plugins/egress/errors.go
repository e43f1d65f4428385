package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"

	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/sockets"
	"vega/sdk/abi"
)

// Error is the failure of a call, other than a denial, as a guest may see it.
// Its text contains no whole secret of 16 bytes or more. It wraps only vega's
// own trouble, because a deeper error may contain a secret.
type Error struct {
	Errno abi.Errno
	Text  string
	Own   *fault.Own // set if vega, as opposed to the target, caused the failure
}

// hostError returns the error of a call that failed because of vega or a service
// that it uses, such as one that issues tokens.
func hostError(text string, cause error) *Error {
	own := fault.Of(cause)
	if own == nil {
		own = fault.New(nil, text, "")
	}
	return &Error{Errno: abi.ErrIO, Text: text, Own: own}
}

// Error returns the stage and the reason.
func (e *Error) Error() string { return e.Text }

// Unwrap returns vega's own trouble, if that is the reason.
func (e *Error) Unwrap() error {
	if e.Own == nil {
		return nil
	}
	return e.Own
}

func invalid(format string, args ...any) error {
	return &Error{Errno: abi.ErrInvalid, Text: fmt.Sprintf(format, args...)}
}

// ErrNoURL reports a request without a URL.
var ErrNoURL = invalid("the request has no URL")

// Code returns the errno of any error from this package, or 0 for nil.
func Code(err error) abi.Errno {
	if err == nil {
		return 0
	}
	if _, ok := errors.AsType[*grant.Denial](err); ok {
		return abi.ErrDenied
	}
	if own, ok := errors.AsType[*Error](err); ok {
		return own.Errno
	}
	end, _ := fault.Judge(err, fault.Unavailable)
	return end.Errno
}

// classes names the errnos in spans.
var classes = map[abi.Errno]string{
	abi.ErrDenied: "denied", abi.ErrInvalid: "invalid", abi.ErrTooLarge: "too_large", abi.ErrTimeout: "timeout", abi.ErrRefused: "refused",
	abi.ErrDNS: "dns", abi.ErrTLS: "tls", abi.ErrReset: "reset", abi.ErrIO: "io", abi.ErrTarget: "target", abi.ErrNotSet: "not_found",
}

// Class returns a word for the kind of an error from this package, or "" for nil.
func Class(err error) string {
	if err == nil {
		return ""
	}
	if word, ok := classes[Code(err)]; ok {
		return word
	}
	return "other"
}

// usual returns the end of a failed stage if the error itself says nothing.
func usual(code abi.Errno) fault.End {
	for _, e := range []fault.End{fault.TLS, fault.Unresolved, fault.Target} {
		if e.Errno == code {
			return e
		}
	}
	return fault.Unavailable
}

// fail returns an Error for a failed stage ("connecting to h:1"). Its errno
// follows from err by the table of package fault; otherwise, code is what the
// failure of the stage means: ErrTarget where the peer has sent something wrong,
// ErrIO where vega may be at fault.
func (s *Session) fail(ctx context.Context, stage string, err error, code abi.Errno) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	end, own := fault.Judge(err, usual(code))
	if own == nil && (ctx.Err() != nil && end != fault.Unresolved || end == fault.TimedOut) {
		end, own = fault.TimedOut, pathTo(s.peer, err)
	}
	text := stage + ": " + reason(err)
	switch {
	case own != nil:
		return &Error{Errno: abi.ErrIO, Text: s.vault.Hide(stage + ": " + own.Error()), Own: own}
	case end == fault.TimedOut:
		text = "timed out " + stage
	}
	return &Error{Errno: end.Errno, Text: s.vault.Hide(text)}
}

// pathTo returns why this machine's side of the way to the peer is interrupted,
// or nil: then the peer has let a call time out.
func pathTo(peer string, err error) *fault.Own {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Addr != nil {
		peer = op.Addr.String()
	}
	return sockets.Path(context.Background(), peer)
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// reason returns the text of the innermost informative error: url.Error would
// print the URL, and net.OpError repeats the address.
func reason(err error) string {
	var u *url.Error
	var op *net.OpError
	var sys *os.SyscallError
	var dnsErr *net.DNSError
	switch {
	case errors.As(err, &dnsErr):
		return dnsErr.Err
	case errors.As(err, &sys):
		return sys.Err.Error()
	case errors.As(err, &op):
		return op.Err.Error()
	case errors.As(err, &u):
		return u.Err.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed early"
	default:
		return err.Error()
	}
}
