package plugins

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vega/plugins/egress"
	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/memory"
	"vega/plugins/pattern"
	"vega/plugins/span"
	"vega/policies/check"
	"vega/sdk/abi"
)

// ErrQuota reports that an integration would hold more than its quota. KV.Set
// returns it.
var ErrQuota = errors.New("quota exceeded")

// ErrRefused reports a query that vega itself refuses, as opposed to an error
// of the database.
var ErrRefused = errors.New("refused")

// ErrBadQuery reports a query that no database would accept, such as one with a
// syntax error.
var ErrBadQuery = errors.New("bad query")

// ErrTooLarge reports that something is larger than its limit. A database wraps it
// for a row that is too large.
var ErrTooLarge = memory.ErrTooLarge

var (
	errNotSet   = errors.New("not set")
	errInvalid  = errors.New("invalid argument")
	errClosed   = errors.New("no such open handle")
	errStarting = errors.New("there is no run yet")
)

// probeError is an error of the probe itself, worded for an operator.
type probeError string

func (f probeError) Error() string { return string(f) }

// strangeErrno is a number that no version of the ABI defines.
const strangeErrno = -113

// errno returns the error number that a guest gets for err. Errors that the
// capabilities do not know come from the network or a driver.
func errno(err error) abi.Errno {
	switch {
	case errors.Is(err, errNotSet):
		return abi.ErrNotSet
	case errors.Is(err, errInvalid), errors.Is(err, ErrBadQuery):
		return abi.ErrInvalid
	case errors.Is(err, errClosed):
		return abi.ErrClosed
	case errors.Is(err, ErrTooLarge), errors.Is(err, pattern.ErrTooLarge):
		return abi.ErrTooLarge
	case errors.Is(err, ErrQuota):
		return abi.ErrQuota
	default:
		return egress.Code(err)
	}
}

// fail keeps an error for the error call, and returns its errno. What vega itself
// caused is recorded for the verdict.
func (g *guest) fail(err error) int32 {
	if own := fault.Of(err); own != nil {
		g.blameHost(own)
	}
	code := errno(err)
	if code == abi.ErrTimeout {
		g.timedOut = true
	}
	g.last = lastError{err: err}
	if g.in.Grease && (code == abi.ErrIO || code == abi.ErrTarget) {
		return strangeErrno
	}
	return int32(code)
}

// over reports whether a context has ended or its deadline has passed. When a wait of the
// same length ends, the context may not have noticed yet.
func over(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(deadline)
}

// endSpan ends the span of a call with the kind of its error.
func (g *guest) endSpan(s span.Span, err error) {
	if !s.Recorded() {
		return
	}
	switch {
	case errors.Is(err, errNotSet):
		s.Fail("not_found")
	case errors.Is(err, ErrQuota):
		s.Fail("quota")
	case errors.Is(err, ErrBadQuery):
		s.Fail("invalid")
	default:
		s.Fail(egress.Class(err))
	}
	s.End()
}

// lastError is the error of the last call that failed, or its text.
type lastError struct {
	err  error // nil once text is made
	text string
}

// errorText returns the text of the last error for the guest, or "". Secrets are removed
// before the text is made one line, because a secret may span lines. Since the guest sees
// the text, only whole secrets are removed: removing parts would help the guest guess one.
func (g *guest) errorText() string {
	if g.last.err != nil {
		g.last = lastError{text: check.Clip(check.OneLine(g.vault.Hide(g.explained(g.last.err))), maxArgument)}
	}
	return g.last.text
}

// failOwn fails a call that involves no target, so any error is vega's own
// fault.
func (g *guest) failOwn(what string, err error) int32 {
	if own := fault.Of(err); own != nil {
		g.blameHost(own)
	} else {
		g.blameHost(fmt.Errorf("%s: %w", what, err))
	}
	return g.fail(err)
}

// blameHost records why vega itself failed the run. Only the first call has an
// effect.
func (g *guest) blameHost(err error) {
	if g.own == nil {
		g.own = err
	}
}

// deny audits a denial that was decided outside egress, and returns its errno.
func (g *guest) deny(err error) int32 {
	if _, ok := errors.AsType[*grant.Denial](err); ok {
		g.output.audit(err)
	}
	return g.fail(err)
}
