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

// Failure is the failure of a call.
type Failure struct {
	Kind string `json:"kind"` // a key of failures
	Text string `json:"text"`
}

// failures maps the names of failures in a case to errnos. Denials are not
// among them: grants are checked again in every run.
var failures = map[string]abi.Errno{
	"not_set": abi.ErrNotSet, "timeout": abi.ErrTimeout, "refused": abi.ErrRefused, "dns": abi.ErrDNS, "tls": abi.ErrTLS, "reset": abi.ErrReset,
	"too_large": abi.ErrTooLarge, "invalid": abi.ErrInvalid, "quota": abi.ErrQuota, "closed": abi.ErrClosed, "io": abi.ErrIO,
	"target": abi.ErrTarget,
}

func (f *Failure) check() error {
	if f == nil {
		return nil
	}
	if _, ok := failures[f.Kind]; !ok {
		return fmt.Errorf("kind %q is not a failure of a call; use one of %s", f.Kind, strings.Join(slices.Sorted(maps.Keys(failures)), ", "))
	}
	return nil
}

// room is the minimum time that a reported timeout leaves before a run's
// deadline for calls. A real host leaves a probe a moment to react, which on a
// busy machine may pass before the probe gets a processor; here, what matters
// is how the probe reacts.
const room = 500 * time.Millisecond

// after returns the error for the host call. A timeout is returned shortly
// before the run's deadline for calls, as a real one is.
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

// failureOf converts an error to a Failure. It returns nil for nil and for a
// denial.
func failureOf(err error, redact func(string) string) *Failure {
	if _, denied := errors.AsType[*grant.Denial](err); denied || err == nil {
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
