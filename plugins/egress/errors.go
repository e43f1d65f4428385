package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
	"time"

	"vega/plugins/grant"
	"vega/plugins/shortage"
	"vega/sdk/abi"
)

// Error is the failure of a call, other than a denial, as a guest may see it.
// Its text contains no whole secret of 16 bytes or more. It wraps only a
// shortage, because a deeper error may contain a secret.
type Error struct {
	Errno abi.Errno
	Text  string
	Short *shortage.Error // set if vega lacked the resources to make the call
}

// Error returns the stage and the reason.
func (e *Error) Error() string { return e.Text }

// Unwrap returns the shortage, if there is one.
func (e *Error) Unwrap() error {
	if e.Short == nil {
		return nil
	}
	return e.Short
}

func invalid(format string, args ...any) error {
	return &Error{Errno: abi.ErrInvalid, Text: fmt.Sprintf(format, args...)}
}

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
	return errno(err, abi.ErrIO)
}

// fail returns an Error for a failed stage ("connecting to h:1"). Its errno
// follows from the kind of err, or else is the stage's usual one. A shortage is
// abi.ErrIO at every stage.
func (s *Session) fail(ctx context.Context, stage string, err error, usual abi.Errno) error {
	if own, ok := errors.AsType[*Error](err); ok {
		return own
	}
	if short := shortage.Of(err); short != nil {
		return &Error{Errno: abi.ErrIO, Text: s.vault.Hide(stage + ": " + short.Error()), Short: short}
	}
	code := errno(err, usual)
	if ctx.Err() != nil || code == abi.ErrDNS && isTimeout(err) && expires(ctx) {
		code = abi.ErrTimeout
	}
	text := stage + ": " + reason(err)
	if code == abi.ErrTimeout {
		text = "timed out " + stage
	}
	return &Error{Errno: code, Text: s.vault.Hide(text)}
}

// expires reports whether the deadline has practically arrived: a timer set to
// it may fire a little before the context ends.
func expires(ctx context.Context) bool {
	d, ok := ctx.Deadline()
	return ok && time.Until(d) < 20*time.Millisecond
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

func errno(err error, usual abi.Errno) abi.Errno {
	var dnsErr *net.DNSError
	switch {
	case shortage.Of(err) != nil:
		return abi.ErrIO
	case errors.As(err, &dnsErr):
		return abi.ErrDNS
	case isTimeout(err), errors.Is(err, context.Canceled):
		return abi.ErrTimeout
	case errors.Is(err, syscall.ECONNREFUSED):
		return abi.ErrRefused
	case isTLS(err):
		return abi.ErrTLS
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return abi.ErrReset
	case errors.Is(err, net.ErrClosed):
		return abi.ErrClosed
	default:
		return usual
	}
}

func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var cert x509.CertificateInvalidError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &cert)
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
