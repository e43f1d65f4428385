package main

import (
	"slices"
	"time"

	"vega/daemon/config"
	"vega/daemon/engine"
)

// outlast is how long a secret is hidden after its configuration was replaced:
// longer than a run of that configuration can still log.
const outlast = 2 * engine.LongestWait

// hiding are the secrets that the log does not show, by configuration, the one
// in force last.
type hiding struct{ of []hidden }

type hidden struct {
	secrets []string
	until   time.Time // once another is in force
}

// with takes up the secrets of another configuration and returns what hides
// them, and those of the ones before that may still be logged.
func (h *hiding) with(secrets []string, now time.Time) func(string) string {
	if n := len(h.of); n > 0 {
		h.of[n-1].until = now.Add(outlast)
	}
	h.of = slices.DeleteFunc(h.of, func(o hidden) bool {
		return now.After(o.until) || slices.Equal(o.secrets, secrets)
	})
	h.of = append(h.of, hidden{secrets: secrets})
	var all []string
	for _, o := range h.of {
		all = append(all, o.secrets...)
	}
	return config.NewRedactor(all).Redact
}
