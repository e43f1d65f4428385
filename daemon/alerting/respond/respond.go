// Package respond does what people ask for about incidents: it acknowledges, silences,
// ends a silence, and tests notifiers. It checks what they wrote, and says why something
// can't be changed. The API and the dashboard use it.
package respond

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"vega/daemon/alerting"
	"vega/policies/check"
	"vega/policies/incident"
	"vega/store"
)

// Alerting is what the requests change.
type Alerting interface {
	Incident(ctx context.Context, id int64) (alerting.IncidentReport, error)
	Acknowledge(ctx context.Context, id int64, a incident.Acknowledgement) error
	Unacknowledge(ctx context.Context, id int64, by string) error
	Silences(ctx context.Context, limit int, cursor string) (store.SilencePage, error)
	Silence(ctx context.Context, s incident.Silence) (incident.Silence, error)
	EndSilence(ctx context.Context, id int64, by string) error
	Notifiers() []alerting.NotifierReport
	TestNotifier(ctx context.Context, name string) (alerting.TestReport, error)
	RetryNotifier(ctx context.Context, name string) error
}

// The maximum lengths, in bytes, of what people write on an incident.
const (
	maxBy      = 100
	MaxComment = 500
)

// Error says in words of its own why something can't be changed. It wraps the error that
// says so to programs.
type Error struct {
	Detail string
	Err    error
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Unwrap returns the error that the detail explains.
func (e *Error) Unwrap() error { return e.Err }

// Missing says which entry does not exist, if that is the error.
func Missing(err error, what string, id int64) error {
	if isMissing(err) {
		return &Error{fmt.Sprintf("there is no %s %d", what, id), err}
	}
	return err
}

func isMissing(err error) bool {
	return errors.Is(err, incident.ErrNotFound) || errors.Is(err, store.ErrNotFound)
}

// Acknowledgement is a request to acknowledge an incident.
type Acknowledgement struct {
	By       string // "": the author that Acknowledge is given
	Comment  string
	Duration string // such as 2h; "": until the incident ends
}

// Acknowledge marks an open incident as taken care of. The error is a
// *store.InvalidError, wraps incident.ErrEnded or store.ErrNotFound, or is that of the
// store.
func Acknowledge(ctx context.Context, a Alerting, id int64, in Acknowledgement, author string) error {
	now := time.Now().UTC().Truncate(time.Millisecond)
	ack, err := in.read(now, author)
	if err != nil {
		return err
	}
	return unchanged(ctx, a, id, a.Acknowledge(ctx, id, ack))
}

func (in *Acknowledgement) read(now time.Time, author string) (ack incident.Acknowledgement, err error) {
	ack.At = now
	if ack.By, err = by(in.By, author); err != nil {
		return ack, err
	}
	if ack.Comment, err = line("comment", in.Comment, MaxComment); err != nil || in.Duration == "" {
		return ack, err
	}
	d, err := duration("duration", in.Duration, incident.MaxSilence)
	ack.Until = now.Add(d)
	return ack, err
}

// Unacknowledge removes an acknowledgement. Errors are those of Acknowledge.
func Unacknowledge(ctx context.Context, a Alerting, id int64, author string) error {
	return unchanged(ctx, a, id, a.Unacknowledge(ctx, id, author))
}

// unchanged says why an incident could not be changed: only open ones can.
func unchanged(ctx context.Context, a Alerting, id int64, err error) error {
	if !isMissing(err) && !errors.Is(err, incident.ErrEnded) {
		return err
	}
	i, none := a.Incident(ctx, id)
	switch {
	case none != nil:
		return Missing(none, "incident", id)
	case i.Open():
		return nil // it was not acknowledged
	default:
		return &Error{fmt.Sprintf("incident %d has already ended", id), incident.ErrEnded}
	}
}

// by returns the name that somebody gave, or else the author that is known. Nobody can give
// the name under which the key of somebody else is recorded.
func by(given, author string) (string, error) {
	name, err := line("by", given, maxBy)
	if words := strings.Fields(name); err == nil && name != author && len(words) > 0 && strings.EqualFold(words[0], "key") {
		err = &store.InvalidError{Field: "by", Reason: fmt.Sprintf("%q would name an API key; leave it out, and the request's own key is named", name)}
	}
	return cmp.Or(name, author), err
}

// line returns text on one line, without characters that could imitate other text.
func line(field, text string, limit int) (string, error) {
	text = check.OneLine(text)
	if len(text) > limit {
		return "", &store.InvalidError{Field: field, Reason: fmt.Sprintf("it has %d bytes, and its limit is %d", len(text), limit)}
	}
	return text, nil
}

// duration reads a duration. It is at least a second.
func duration(field, given string, limit time.Duration) (time.Duration, error) {
	d, err := check.ParseSpan(given)
	switch {
	case err != nil:
		return 0, &store.InvalidError{Field: field, Reason: fmt.Sprintf("%q is not a duration: use a number and a unit, such as 30m or 2h", check.Clip(given, maxBy))}
	case d < time.Second || d > limit:
		return 0, &store.InvalidError{Field: field, Reason: fmt.Sprintf("%s is not between 1s and %s", given, check.Span(limit))}
	}
	return d, nil
}

// TestNotifier sends an opening and its resolve, marked as a test. The error wraps
// store.ErrNotFound if there is no such notifier, and names those that there are.
func TestNotifier(ctx context.Context, a Alerting, name string) (alerting.TestReport, error) {
	r, err := a.TestNotifier(ctx, name)
	return r, noNotifier(a, err, name)
}

// RetryNotifier sends what was given up for a notifier. Errors are those of TestNotifier
// and of the store.
func RetryNotifier(ctx context.Context, a Alerting, name string) error {
	return noNotifier(a, a.RetryNotifier(ctx, name), name)
}

// noNotifier says which notifiers there are, if the error is that there is none of a name.
func noNotifier(a Alerting, err error, name string) error {
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	names := []string{}
	for _, n := range a.Notifiers() {
		names = append(names, n.Name)
	}
	known := "none is configured"
	if len(names) > 0 {
		known = "the configured ones are: " + strings.Join(names, ", ")
	}
	return &Error{fmt.Sprintf("there is no notifier %q; %s", check.Clip(check.OneLine(name), maxBy), known), err}
}
