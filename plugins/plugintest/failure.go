package plugintest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// after is the error as the host call gets it. One that is a timeout comes when
// the run's time for calls is over, as it did.
func (f *Failure) after(ctx context.Context) error {
	if f.Kind == "timeout" {
		<-ctx.Done()
	}
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
	if d := (*grant.Denial)(nil); err == nil || errors.As(err, &d) {
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
