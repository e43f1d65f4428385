package compiler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"vega/plugins/shortage"
	"vega/policies/check"
)

const (
	// retryAfter is how long to wait before retrying a module whose compiler
	// ran out of time or memory, because that may have been the machine's
	// fault.
	retryAfter = 10 * time.Minute
	// retrySoon is how long to wait before retrying a module that vega could
	// not load for reasons of its own.
	retrySoon = 30 * time.Second
)

// refusal explains why a module is not accepted because of its content, as
// opposed to something that the host lacked.
type refusal struct {
	reason    string
	temporary bool // a later try may succeed
}

func (r refusal) Error() string { return r.reason }

// maxError is the length in bytes above which an error text is shortened, so
// that a hostile module can't fill a log with the names it contains.
const maxError = 500

// clipped returns the text of an error, shortened to one line if it is long.
func clipped(err error) string {
	if s := err.Error(); len(s) > maxError {
		return check.OneLine(check.Clip(s, maxError))
	}
	return err.Error()
}

// Refuse turns an error about a module into a refusal, and nil into nil.
func Refuse(err error) error {
	if err == nil {
		return nil
	}
	return refusal{reason: clipped(err)}
}

// IsRefusal reports whether err refuses a module because of its content, as
// opposed to something that vega or its machine lacked.
func IsRefusal(err error) bool {
	_, ok := errors.AsType[refusal](err)
	return ok
}

// RetryAfter returns when to try a module again after err; 0 means never,
// because the same module will fail again.
func RetryAfter(err error) time.Duration {
	r, ok := errors.AsType[refusal](err)
	switch {
	case !ok:
		return retrySoon
	case r.temporary:
		return retryAfter
	default:
		return 0
	}
}

// compileError turns a compiler error into a refusal, unless the host failed to
// write a file or stopped the compiler, such as at the end of vega.
func compileError(ctx context.Context, err error) error {
	switch _, file := errors.AsType[*fs.PathError](err); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("compile it: %w", ctx.Err())
	case file || shortage.Of(err) != nil:
		return fmt.Errorf("store its native code: %w", err)
	default:
		return refusal{reason: "it does not compile: " + clipped(err)}
	}
}
