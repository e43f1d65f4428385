//go:build !wasip1

package sdk_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"vega/sdk"
	"vega/sdk/abi"
)

// Only an errno that says that it was the target makes a failed call unhealthy.
func TestFailed(t *testing.T) {
	call := func(code abi.Errno) error { return fmt.Errorf("ask: %w", &sdk.Error{Code: code, Text: "why"}) }
	for _, c := range []struct {
		err  error
		want abi.Status
		says string
	}{
		{call(abi.ErrNotSet), abi.Unhealthy, "db:1: ask: why"},
		{call(abi.ErrDenied), abi.Unknown, "why"},
		{call(abi.ErrTimeout), abi.Unhealthy, "did not answer in time; it is overloaded or hung, or a firewall drops the packets (ask: why)"},
		{call(abi.ErrRefused), abi.Unhealthy, "refuses the connection"},
		{call(abi.ErrDNS), abi.Unhealthy, "does not resolve"},
		{call(abi.ErrTLS), abi.Unhealthy, "TLS with db:1 failed"},
		{call(abi.ErrReset), abi.Unhealthy, "closed the connection"},
		{call(abi.ErrTooLarge), abi.Unknown, "answered with more than this probe reads"},
		{call(abi.ErrInvalid), abi.Unknown, "could not check db:1"},
		{call(abi.ErrQuota), abi.Unknown, "could not check db:1"},
		{call(abi.ErrClosed), abi.Unknown, "could not check db:1"},
		{call(abi.ErrIO), abi.Unknown, "could not check db:1: ask: why"},
		{call(abi.ErrTarget), abi.Unhealthy, "db:1: ask: why"},
		{call(-113), abi.Unknown, "could not check db:1"},
		{io.EOF, abi.Unhealthy, "db:1 closed the connection before its answer was complete"},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), abi.Unhealthy, "db:1 closed the connection before"},
		{errors.New("dial tcp 10.0.0.1:1: connection refused"), abi.Unknown, "could not check db:1: the probe failed: dial tcp"},
		{fs.ErrNotExist, abi.Unknown, "the probe failed"},
		{nil, abi.Unknown, "without an error"},
	} {
		got := sdk.Failed("db:1", c.err)
		if got.Status != c.want || !strings.Contains(got.Message, c.says) {
			t.Errorf("%v: %d %q, want %d %q", c.err, got.Status, got.Message, c.want, c.says)
		}
	}
}
