package plugins

import (
	"errors"
	"fmt"

	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/memory"
	"vega/plugins/pattern"
	"vega/plugins/shortage"
	"vega/policies/check"
	"vega/sdk/abi"
)

// ErrQuota is returned by KV.Set if the integration would hold more than its
// quota.
var ErrQuota = errors.New("quota exceeded")

// ErrRefused is wrapped by the error of a query that vega does not send or run:
// the database has no part in it.
var ErrRefused = errors.New("refused")

// ErrTooLarge is wrapped by a database's error for a row that is too large.
var ErrTooLarge = memory.ErrTooLarge

var (
	errNotSet   = errors.New("not set")
	errInvalid  = errors.New("invalid argument")
	errClosed   = errors.New("no such open handle")
	errStarting = errors.New("there is no run yet")
)

// fault is an error of the probe itself, in words for an operator.
type fault string

func (f fault) Error() string { return string(f) }

// strangeErrno is a number that no version of the ABI has.
const strangeErrno = -113

// errno returns the number of an error for a guest. Errors that the capabilities
// do not know come from the network or a driver.
func errno(err error) abi.Errno {
	switch {
	case errors.Is(err, errNotSet):
		return abi.ErrNotSet
	case errors.Is(err, errInvalid):
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

// fail keeps the text of an error for the error call, and returns its errno.
// Secrets are removed before the text is made one line, because a secret may have
// several. The guest sees the text, so that only whole secrets are removed. A
// shortage of vega's own is noted for the verdict.
func (g *guest) fail(err error) int32 {
	if short := shortage.Of(err); short != nil {
		g.fault(short)
	}
	code := errno(err)
	if code == abi.ErrTimeout {
		g.timedOut = true
	}
	g.lastError = check.Clip(check.OneLine(g.vault.Hide(err.Error())), maxArgument)
	if g.in.Grease && code == abi.ErrIO {
		return strangeErrno
	}
	return int32(code)
}

// failOwn is fail for a call that involves no target: whatever goes wrong in it
// is vega's fault.
func (g *guest) failOwn(what string, err error) int32 {
	if short := shortage.Of(err); short != nil {
		g.fault(short)
	} else {
		g.fault(fmt.Errorf("%s: %w", what, err))
	}
	return g.fail(err)
}

// fault notes why vega itself failed the run, the first time.
func (g *guest) fault(err error) {
	if g.own == nil {
		g.own = err
	}
}

// deny audits a denial that was decided outside of egress, and returns its errno.
func (g *guest) deny(err error) int32 {
	if _, ok := errors.AsType[*grant.Denial](err); ok {
		g.output.audit(err)
	}
	return g.fail(err)
}
