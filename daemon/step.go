package daemon

import (
	"errors"
	"time"
)

// Step is one step of the start, done.
type Step struct {
	Name    string
	Outcome string // in a few words; "" where Err says it
	Took    time.Duration
	Warning error // it is done, but this should be looked at
	Err     error // it failed, and with it the start
}

// step does one step of the start, and reports it unless report is nil. An error
// that is marked as a warning is reported, and does not fail the start.
func step(report func(Step), name string, do func() (string, error)) error {
	began := time.Now()
	outcome, err := do()
	s := Step{Name: name, Outcome: outcome, Took: time.Since(began), Err: err}
	if w, ok := errors.AsType[warning](err); ok {
		s.Warning, s.Err = w.error, nil
	}
	if report != nil {
		report(s)
	}
	return s.Err
}

// warning is an error that does not keep vega from going on.
type warning struct{ error }
