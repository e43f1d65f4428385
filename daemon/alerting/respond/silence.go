package respond

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vega/policies/incident"
	"vega/store"
)

// The most selectors of a silence, and the length of one in bytes.
const (
	maxSelectors = 100
	maxSelector  = 256
)

// Silence is a request to hold back messages.
type Silence struct {
	Integrations []string // selectors; see alert.Selector
	Alerts       []string // names, or globs
	From         time.Time
	Until        time.Time
	Duration     string // such as 2h, if Until is zero
	By           string // "": the author that Add is given
	Comment      string
}

// Add adds a silence. The error is a *store.InvalidError, or that of the store.
func (in *Silence) Add(ctx context.Context, a Alerting, author string) (incident.Silence, error) {
	s, err := in.read(time.Now().UTC().Truncate(time.Millisecond))
	if err != nil {
		return s, err
	}
	if s.By, err = by(in.By, author); err != nil {
		return s, err
	}
	return a.Silence(ctx, s)
}

// again is how long the same request by the same person is taken for a repetition.
const again = time.Minute

// Made returns the silence among all that the same request of an author made within the
// last minute: a button was pressed twice.
func (in *Silence) Made(all []incident.Silence, author string) (incident.Silence, bool) {
	now := time.Now().UTC().Truncate(time.Millisecond)
	s, err := in.read(now)
	if err != nil {
		return s, false // Add returns it
	}
	for _, one := range all {
		if one.By == author && one.Comment == s.Comment && slices.Equal(one.Integrations, s.Integrations) && slices.Equal(one.Alerts, s.Alerts) &&
			s.From.Sub(one.From).Abs() < again && s.Until.Sub(one.Until).Abs() < again && one.Ended.IsZero() {
			return one, true
		}
	}
	return s, false
}

// read returns the silence that a request describes, without By.
func (in *Silence) read(now time.Time) (s incident.Silence, err error) {
	s = incident.Silence{Integrations: []string{}, Alerts: []string{}, From: now}
	s.Integrations = append(s.Integrations, in.Integrations...)
	s.Alerts = append(s.Alerts, in.Alerts...)
	if len(s.Integrations)+len(s.Alerts) == 0 {
		return s, &store.InvalidError{Field: "integrations", Reason: "say what to silence in integrations, alerts or both, such as the integrations orders-*; * selects all"}
	}
	if err := errors.Join(acceptSelectors("integrations", s.Integrations), acceptSelectors("alerts", s.Alerts)); err != nil {
		return s, err
	}
	if s.Comment, err = line("comment", in.Comment, MaxComment); err != nil {
		return s, err
	}
	if s.Comment == "" {
		return s, &store.InvalidError{Field: "comment", Reason: "say why, for those who wonder why nothing is sent"}
	}
	if !in.From.IsZero() {
		s.From = in.From.UTC().Truncate(time.Millisecond)
	}
	if s.From.After(now.Add(incident.MaxSilence)) {
		return s, &store.InvalidError{Field: "from", Reason: "it is more than 30 days ahead"}
	}
	s.Until, err = in.until(s.From, now)
	return s, err
}

// acceptSelectors returns an error for selectors that can't be meant.
func acceptSelectors(field string, all []string) error {
	if len(all) > maxSelectors {
		return &store.InvalidError{Field: field, Reason: fmt.Sprintf("it has %d entries, and its limit is %d", len(all), maxSelectors)}
	}
	for _, s := range all {
		if s == "" || len(s) > maxSelector {
			return &store.InvalidError{Field: field, Reason: fmt.Sprintf("each entry has 1 to %d bytes", maxSelector)}
		}
	}
	return nil
}

// until returns when the silence ends.
func (in *Silence) until(from, now time.Time) (time.Time, error) {
	switch {
	case in.Duration != "" && !in.Until.IsZero():
		return time.Time{}, &store.InvalidError{Field: "duration", Reason: "it excludes until; send only one of them"}
	case in.Duration != "":
		d, err := duration("duration", in.Duration, incident.MaxSilence)
		return from.Add(d), err
	case in.Until.IsZero():
		return time.Time{}, &store.InvalidError{Field: "duration", Reason: `send the duration, such as "2h", or until, a time`}
	}
	until := in.Until.UTC().Truncate(time.Millisecond)
	switch {
	case !until.After(now):
		return until, &store.InvalidError{Field: "until", Reason: "it is in the past"}
	case !until.After(from):
		return until, &store.InvalidError{Field: "until", Reason: "it is not after from"}
	case until.Sub(from) > incident.MaxSilence:
		return until, &store.InvalidError{Field: "until", Reason: "a silence lasts 30 days at most"}
	}
	return until, nil
}

// EndSilence ends a silence early. The error wraps incident.ErrEnded or
// incident.ErrNotFound, or is that of the store.
func EndSilence(ctx context.Context, a Alerting, id int64, author string) error {
	err := a.EndSilence(ctx, id, author)
	if errors.Is(err, incident.ErrEnded) {
		return silenceEnded(id)
	}
	if !isMissing(err) {
		return err
	}
	for cursor := ""; ; {
		page, failed := a.Silences(ctx, store.MaxPage, cursor)
		if failed != nil {
			return failed
		}
		for n := range page.Silences {
			if page.Silences[n].ID == id {
				return silenceEnded(id)
			}
		}
		if cursor = page.Next; cursor == "" {
			return Missing(err, "silence", id)
		}
	}
}

func silenceEnded(id int64) error {
	return &Error{fmt.Sprintf("silence %d has already ended", id), incident.ErrEnded}
}

// State says whether a silence holds.
type State string

// The states of a silence.
const (
	Active  State = "active"
	Pending State = "pending" // begins later
	Ended   State = "ended"
)

// StateOf returns the state of a silence at a time.
func StateOf(s *incident.Silence, now time.Time) State {
	switch {
	case s.Active(now):
		return Active
	case s.Ended.IsZero() && now.Before(s.From):
		return Pending
	default:
		return Ended
	}
}
