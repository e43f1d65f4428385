package policies_test

import (
	"testing"
	"time"

	"vega/policies"
)

// Only the target, or waiting for it, makes an integration unhealthy.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		reported policies.Status
		cause    policies.Cause
		want     policies.Status
	}{
		{policies.Healthy, policies.NoCause, policies.Healthy},
		{policies.Degraded, policies.Target, policies.Degraded},
		{policies.Unhealthy, policies.Target, policies.Unhealthy},
		{policies.Degraded, policies.Timeout, policies.Degraded},
		{policies.Unhealthy, policies.Timeout, policies.Unhealthy},
		{policies.Unknown, policies.Timeout, policies.Unhealthy},
		{policies.Unhealthy, policies.Probe, policies.Unknown},
		{policies.Unhealthy, policies.Denied, policies.Unknown},
		{policies.Unhealthy, policies.Host, policies.Unknown},
		{policies.Degraded, policies.Denied, policies.Unknown},
		{policies.Unknown, policies.Target, policies.Unknown},
		{policies.Unhealthy, policies.NoCause, policies.Unknown},
		{"", policies.Target, policies.Unknown},
	} {
		if got := policies.Judge(c.reported, c.cause); got != c.want {
			t.Errorf("%s by %q is %s, want %s", c.reported, c.cause, got, c.want)
		}
	}
}

// What a starved host cut off is the host's, and nothing else.
func TestExcuse(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		cause      policies.Cause
		took, late time.Duration
		want       policies.Cause
	}{
		{policies.Timeout, s, 0, policies.Timeout},
		{policies.Timeout, s, s/10 - 1, policies.Timeout},
		{policies.Timeout, s, s / 10, policies.Host},
		{policies.Timeout, s / 2, s, policies.Host}, // a timeout of the probe's own
		{policies.Probe, s, s / 2, policies.Host},
		{policies.Probe, s / 2, s / 2, policies.Probe}, // it crashed
		{policies.Probe, s, 0, policies.Probe},
		{policies.Target, s, s, policies.Target}, // it said so itself
		{policies.Denied, s, s, policies.Denied},
		{policies.NoCause, s, s, policies.NoCause},
	} {
		if got := policies.Excuse(c.cause, c.took, c.late, s); got != c.want {
			t.Errorf("%s after %v, %v late: %s, want %s", c.cause, c.took, c.late, got, c.want)
		}
	}
}

func TestWorst(t *testing.T) {
	worst := []policies.Status{policies.Disabled, policies.Healthy, policies.Unknown, policies.Degraded, policies.Unhealthy}
	for i := 1; i < len(worst); i++ {
		if got := policies.Worst(worst[:i+1]...); got != worst[i] {
			t.Errorf("%v: %s", worst[:i+1], got)
		}
	}
	if got := policies.Worst(policies.Disabled); got != policies.Healthy {
		t.Errorf("with nothing enabled: %s", got)
	}
}
