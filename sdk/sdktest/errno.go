//go:build !wasip1

package sdktest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"vega/sdk/abi"
)

// errnoError is an error with an errno.
type errnoError struct {
	code abi.Errno
	text string
}

func newErrno(code abi.Errno, text string) error { return &errnoError{code, text} }

// Error returns the text for the error call.
func (e *errnoError) Error() string { return e.text }

// fail stores the text of an error for the error call and returns its errno.
func (h *host) fail(err error) int32 {
	h.lastText = err.Error()
	return int32(errnoOf(err))
}

func errnoOf(err error) abi.Errno {
	var known *errnoError
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var network net.Error
	var kernel syscall.Errno
	switch {
	case errors.As(err, &known):
		return known.code
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return abi.ErrTimeout
	case errors.As(err, &dns):
		return ofLookup(dns)
	case errors.As(err, &certificate), errors.As(err, &record), errors.As(err, &alert), isX509(err):
		return abi.ErrTLS
	case errors.Is(err, syscall.ECONNREFUSED), isMissingSocket(err):
		return abi.ErrRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return abi.ErrReset
	case errors.Is(err, net.ErrClosed):
		return abi.ErrClosed
	case errors.As(err, &network) && network.Timeout():
		return abi.ErrTimeout
	case errors.Is(err, syscall.EHOSTUNREACH):
		return abi.ErrTarget
	case errors.As(err, &kernel):
		return abi.ErrIO
	default:
		return abi.ErrTarget // the peer's answer can't be read
	}
}

// ofLookup distinguishes a name that does not exist from a resolver that does
// not work.
func ofLookup(err *net.DNSError) abi.Errno {
	if err.IsNotFound {
		return abi.ErrDNS
	}
	return abi.ErrIO
}

// isMissingSocket reports whether there is no file at the path of a socket, because no
// server listens there.
func isMissingSocket(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Net == "unix" && errors.Is(err, syscall.ENOENT)
}

func isX509(err error) bool {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &authority) || errors.As(err, &name) || errors.As(err, &invalid)
}
