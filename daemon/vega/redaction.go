package main

import (
	"slices"
	"time"

	"vega/daemon/config/redact"
	"vega/daemon/engine"
)

// secretLifetime is how long the log redacts the secrets of a configuration
// after it was replaced. No run of that configuration can still log after this
// time.
const secretLifetime = 2 * engine.LongestWait

// redaction holds the secrets that the log redacts, per configuration, the
// current one last.
type redaction struct{ generations []generation }

type generation struct {
	secrets []string
	until   time.Time // zero for the current generation
}

// with sets the secrets of the current configuration. It returns a function
// that redacts them and those of earlier configurations that a run may still
// log.
func (r *redaction) with(secrets []string, now time.Time) func(string) string {
	if n := len(r.generations); n > 0 {
		r.generations[n-1].until = now.Add(secretLifetime)
	}
	r.generations = slices.DeleteFunc(r.generations, func(g generation) bool {
		return now.After(g.until) || slices.Equal(g.secrets, secrets)
	})
	r.generations = append(r.generations, generation{secrets: secrets})
	var all []string
	for _, g := range r.generations {
		all = append(all, g.secrets...)
	}
	return redact.New(all).Redact
}
