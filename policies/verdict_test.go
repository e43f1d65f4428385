package policies_test

import (
	"testing"

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
