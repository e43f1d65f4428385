// Package fault decides what the end of a host call says, and about whom: the
// errno that the guest gets, and the cause.
//
// It holds the one table of the ways in which a call can end: the errnos of
// each operating system, the response codes of DNS servers, TLS alerts,
// SQLSTATE classes, the codes of MySQL and SQLite, and those of HTTP/2. Judge
// looks an error up in it. The rule behind the rows: an end is the target's
// only if nothing but the target, or the network next to it, can have caused
// it. Everything else, and each errno without a row, is vega's own.
//
// An Own is vega's own trouble, with the way out of it. Code that knows more
// than an errno tells, such as package sockets about routes and resolvers,
// returns one with New; Of finds it again in any error.
package fault

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"vega/plugins/shortage"
	"vega/policies/check"
	"vega/sdk/abi"
)

// An End is how a host call ended: the errno for the guest, and whose doing it
// was.
type End struct {
	Errno abi.Errno
	Cause check.Cause
}

// Error makes an End the kind of an error whose own type vega does not pass on,
// such as a driver's.
func (e End) Error() string { return "the call ended with cause " + string(e.Cause) }

// The ends of calls that the table uses.
var (
	Refused     = End{abi.ErrRefused, check.Target}
	Reset       = End{abi.ErrReset, check.Target}
	TLS         = End{abi.ErrTLS, check.Target}
	Unresolved  = End{abi.ErrDNS, check.Target}
	Target      = End{abi.ErrTarget, check.Target} // the target's doing, without an errno of its own
	TimedOut    = End{abi.ErrTimeout, check.Timeout}
	Closed      = End{abi.ErrClosed, check.Probe}
	TooLarge    = End{abi.ErrTooLarge, check.Probe}
	Unsuitable  = End{abi.ErrInvalid, check.Probe}
	Unavailable = End{abi.ErrIO, check.Host} // vega could not make the call
)

// Own is trouble of vega itself, of its machine or of its network. It keeps
// nothing of the error that it was found in except its kind.
type Own struct {
	What string // such as "this machine has no route to 192.0.2.1"
	Fix  string // what to do about it

	kind error
}

// New returns an Own that wraps kind: an errno, or nil.
func New(kind error, what, fix string) *Own { return &Own{what, fix, kind} }

// Error returns the trouble and its fix, if one is known.
func (o *Own) Error() string {
	if o.Fix == "" {
		return o.What
	}
	return o.What + ": " + o.Fix
}

// Unwrap returns the kind.
func (o *Own) Unwrap() error { return o.kind }

// Rewritten returns the Own with each of its texts rewritten, such as without
// secrets.
func (o *Own) Rewritten(text func(string) string) *Own {
	return &Own{text(o.What), text(o.Fix), o.kind}
}

// Of returns the Own that err is, wraps, or becomes because it wraps a
// shortage. It returns nil for any other error.
func Of(err error) *Own {
	if s := shortage.Of(err); s != nil {
		return &Own{s.What, s.Fix, s}
	}
	if own, ok := errors.AsType[*Own](err); ok {
		return own
	}
	return nil
}

// Judge returns the end of a call that failed with err. Its own is set if the
// cause is the host. usual is the end for an error that no part of the table
// lists: what the step of the call means, such as TLS for a handshake. An errno
// without a row is never usual: the kernel of this machine returned it, and it
// is Unavailable.
func Judge(err error, usual End) (End, *Own) {
	if own := Of(err); own != nil {
		return Unavailable, own
	}
	if end, ok := errors.AsType[End](err); ok {
		return end, nil
	}
	if name, ok := errors.AsType[*net.DNSError](err); ok {
		return judgeName(name)
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled) {
		return TimedOut, nil
	}
	if end, ok := judgeTLS(err); ok {
		return end, ownTLS(end)
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return judgeErrno(errno, err)
	}
	if end, ok := judgeHTTP2(err); ok {
		return end, nil
	}
	return judgeRest(err, usual)
}

// judgeRest judges errors that consist of Go values without a code.
func judgeRest(err error, usual End) (End, *Own) {
	switch timeout, _ := errors.AsType[net.Error](err); {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return Reset, nil
	case errors.Is(err, net.ErrClosed):
		return Closed, nil
	case timeout != nil && timeout.Timeout():
		return TimedOut, nil
	case usual == Unavailable:
		return usual, New(nil, "vega could not make this call", "see the log of vega, and report it if it happens again")
	default:
		return usual, nil
	}
}
