package main

import (
	"testing"
	"time"
)

// TestReplacedSecretsStayHidden checks that the log redacts replaced secrets for
// as long as a run that has them may log.
func TestReplacedSecretsStayHidden(t *testing.T) {
	const line = "first-1 second-2 third-3"
	var r redaction
	now := time.Now()
	for _, step := range []struct {
		secret string
		after  time.Duration
		want   string
	}{
		{"first-1", 0, "(secret) second-2 third-3"},
		{"second-2", time.Hour, "(secret) (secret) third-3"},
		{"second-2", secretLifetime / 2, "(secret) (secret) third-3"}, // reloaded unchanged
		{"third-3", secretLifetime/2 + time.Second, "first-1 (secret) (secret)"},
		{"third-3", secretLifetime + time.Second, "first-1 second-2 (secret)"},
	} {
		now = now.Add(step.after)
		if got := r.with([]string{step.secret}, now)(line); got != step.want {
			t.Errorf("with %s: %s, want %s", step.secret, got, step.want)
		}
	}
	if len(r.generations) != 1 {
		t.Errorf("%d generations are kept, want 1", len(r.generations))
	}
}
