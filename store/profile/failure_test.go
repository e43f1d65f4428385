package profile_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"

	"vega/store/profile"
)

type stateError string

func (e stateError) Error() string    { return "duplicate key \"secret\"" }
func (e stateError) SQLState() string { return string(e) }

type numberError struct {
	Number  uint16
	Message string
}

func (e *numberError) Error() string { return e.Message }

func TestSafeErrorQuotesNothing(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("the secret"), "*errors.errorString"},
		{fmt.Errorf("reading the secret: %w", context.DeadlineExceeded), "context deadline exceeded"},
		{driver.ErrBadConn, "driver: bad connection"},
		{fmt.Errorf("the secret: %w", stateError("23505")), "profile_test.stateError: SQLSTATE 23505"},
		{stateError("the secret"), "profile_test.stateError"},
		{&numberError{1062, "the secret"}, "*profile_test.numberError: code 1062"},
		{(*numberError)(nil), "*profile_test.numberError"},
		{errors.Join(errors.New("the secret"), errors.New("too")), "*errors.joinError"},
	} {
		if got := profile.SafeError(c.err); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
