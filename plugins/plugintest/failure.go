package plugintest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/sdk/abi"
)

// Failure is how a call failed.
type Failure struct {
	Kind string `json:"kind"` // of the names of failures
	Text string `json:"text"`
}

// failures are the errnos by the names that a case has them under. A denial is
// not among them: grants are judged anew in every run.
var failures = map[string]abi.Errno{
	"not_set": abi.ErrNotSet, "timeout": abi.ErrTimeout, "refused": abi.ErrRefused, "dns": abi.ErrDNS, "tls": abi.ErrTLS, "reset": abi.ErrReset,
	"too_large": abi.ErrTooLarge, "invalid": abi.ErrInvalid, "quota": abi.ErrQuota, "closed": abi.ErrClosed, "io": abi.ErrIO,
}

func (f *Failure) check() error {
	if f == nil {
		return nil
	}
	if _, ok := failures[f.Kind]; !ok {
		return fmt.Errorf("kind %q is no failure of a call; use one of %s", f.Kind, strings.Join(slices.Sorted(maps.Keys(failures)), ", "))
	}
	return nil
}

// room is how long before the end of a run's time for calls a timeout comes at
// the latest. A real host leaves a probe a moment, which on a busy machine passes
// before the probe has a processor; here, what the probe does then is judged.
const room = 500 * time.Millisecond

// after is the error as the host call gets it. One that is a timeout comes
// towards the end of the run's time for calls, as it did.
func (f *Failure) after(ctx context.Context) error {
	if f.Kind != "timeout" {
		return f.error()
	}
	if end, ok := ctx.Deadline(); ok {
		left := time.Until(end)
		soon, cancel := context.WithTimeout(ctx, left-min(room, left/2))
		defer cancel()
		ctx = soon
	}
	<-ctx.Done()
	return f.error()
}

func (f *Failure) error() error {
	if f.Kind == "quota" {
		return fmt.Errorf("%w: %s", plugins.ErrQuota, f.Text)
	}
	return &egress.Error{Errno: failures[f.Kind], Text: f.Text}
}

// failureOf is nil for nil and for a denial.
func failureOf(err error, redact func(string) string) *Failure {
	if _, denied := errors.AsType[*grant.Denial](err); err == nil || denied {
		return nil
	}
	code := egress.Code(err)
	if errors.Is(err, plugins.ErrQuota) {
		code = abi.ErrQuota
	}
	for name, errno := range failures {
		if errno == code {
			return &Failure{name, redact(err.Error())}
		}
	}
	return &Failure{"io", redact(err.Error())}
}
