package plugins

import (
	"errors"

	"vega/plugins/egress"
	"vega/plugins/pattern"
	"vega/sdk/abi"
)

// ErrQuota is answered by KV.Set when the integration would hold more than its
// quota.
var ErrQuota = errors.New("quota exceeded")

// ErrRefused is what the error of a query wraps that vega does not send, or does
// not run: the database has no part in it.
var ErrRefused = errors.New("refused")

// ErrTooLarge is what a database's error wraps when a row is too large.
var ErrTooLarge = errTooLarge

var (
	errNotSet   = errors.New("not set")
	errInvalid  = errors.New("invalid argument")
	errClosed   = errors.New("no such open handle")
	errTooLarge = errors.New("too large")
	errMemory   = errors.New("not enough memory")
	errHost     = errors.New("host")
	errStarting = errors.New("there is no run yet")
)

// fault is a probe's own, in words for an operator.
type fault string

func (f fault) Error() string { return string(f) }

// errno is the number of an error for a guest. What the capabilities
// themselves don't know comes from the network or a driver.
func errno(err error) abi.Errno {
	switch {
	case errors.Is(err, errNotSet):
		return abi.ErrNotSet
	case errors.Is(err, errInvalid):
		return abi.ErrInvalid
	case errors.Is(err, errClosed):
		return abi.ErrClosed
	case errors.Is(err, errTooLarge), errors.Is(err, pattern.ErrTooLarge):
		return abi.ErrTooLarge
	case errors.Is(err, ErrQuota):
		return abi.ErrQuota
	default:
		return egress.Code(err)
	}
}
