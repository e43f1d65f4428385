package main

import (
	"testing"
	"time"
)

// TestReplacedSecretsStayHidden for as long as a run that has them may log.
func TestReplacedSecretsStayHidden(t *testing.T) {
	const said = "first-1 second-2 third-3"
	var h hiding
	now := time.Now()
	for _, step := range []struct {
		secret string
		after  time.Duration
		want   string
	}{
		{"first-1", 0, "(secret) second-2 third-3"},
		{"second-2", time.Hour, "(secret) (secret) third-3"},
		{"second-2", outlast / 2, "(secret) (secret) third-3"}, // reloaded with the same
		{"third-3", outlast/2 + time.Second, "first-1 (secret) (secret)"},
		{"third-3", outlast + time.Second, "first-1 second-2 (secret)"},
	} {
		now = now.Add(step.after)
		if got := h.with([]string{step.secret}, now)(said); got != step.want {
			t.Errorf("with %s: %s, want %s", step.secret, got, step.want)
		}
	}
	if len(h.of) != 1 {
		t.Errorf("it keeps %d", len(h.of))
	}
}
