package daemon

import (
	"errors"
	"time"
)

// Step reports a step of the start that has ended.
type Step struct {
	Name    string
	Outcome string // a few words; "" if Err is set
	Took    time.Duration
	Warning error // a problem that did not fail the step
	Err     error // failed the step and the start
}

// step runs one step of the start and reports it, unless report is nil. An error of
// type warning does not fail the start.
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

// warning is an error that does not fail a step.
type warning struct{ error }
