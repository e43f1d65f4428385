package daemon

import (
	"errors"
	"time"
)

// Step reports a completed step of startup.
type Step struct {
	Name    string
	Outcome string // a few words; "" if Err is set
	Took    time.Duration
	Warning error // a problem that did not make the step fail
	Err     error // the error that made the step, and so the start, fail
}

// step runs one step of startup and reports it, unless report is nil. An error of
// type warning does not make the start fail.
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

// warning is an error that does not make a step fail.
type warning struct{ error }
