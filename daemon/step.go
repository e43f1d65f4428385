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

// step does one step of the start and tells of it. An error marked as a
// warning is told, but does not fail the start.
func (d *Daemon) step(name string, do func() (string, error)) error {
	began := time.Now()
	outcome, err := do()
	s := Step{Name: name, Outcome: outcome, Took: time.Since(began), Err: err}
	var w warning
	if errors.As(err, &w) {
		s.Warning, s.Err = w.error, nil
	}
	if d.options.Step != nil {
		d.options.Step(s)
	}
	return s.Err
}

// warning is an error that something goes on in spite of.
type warning struct{ error }
