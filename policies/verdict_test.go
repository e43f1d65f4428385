package policies_test

import (
	"testing"
	"time"

	"vega/policies"
	"vega/policies/check"
)

func TestOnlyTheTargetMakesAnIntegrationUnhealthy(t *testing.T) {
	for _, c := range []struct {
		reported check.Status
		cause    check.Cause
		want     check.Status
	}{
		{check.Healthy, check.NoCause, check.Healthy},
		{check.Degraded, check.Target, check.Degraded},
		{check.Unhealthy, check.Target, check.Unhealthy},
		{check.Degraded, check.Timeout, check.Degraded},
		{check.Unhealthy, check.Timeout, check.Unhealthy},
		{check.Unknown, check.Timeout, check.Unhealthy},
		{check.Unhealthy, check.Probe, check.Unknown},
		{check.Unhealthy, check.Denied, check.Unknown},
		{check.Unhealthy, check.Host, check.Unknown},
		{check.Degraded, check.Denied, check.Unknown},
		{check.Unknown, check.Target, check.Unknown},
		{check.Unhealthy, check.NoCause, check.Unknown},
		{"", check.Target, check.Unknown},
	} {
		if got := policies.Judge(c.reported, c.cause); got != c.want {
			t.Errorf("%s with cause %q is %s, want %s", c.reported, c.cause, got, c.want)
		}
	}
}

// TestReclassify checks that the cause is Host only for runs that were cut off
// because the host was starved.
func TestReclassify(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		cause      check.Cause
		took, late time.Duration
		want       check.Cause
	}{
		{check.Timeout, s, 0, check.Timeout},
		{check.Timeout, s, s/10 - 1, check.Timeout},
		{check.Timeout, s, s / 10, check.Host},
		{check.Timeout, s / 2, s, check.Host}, // the probe's own timeout
		{check.Probe, s, s / 2, check.Host},
		{check.Probe, s / 2, s / 2, check.Probe}, // crashed
		{check.Probe, s, 0, check.Probe},
		{check.Target, s, s, check.Target}, // the target reported the failure itself
		{check.Denied, s, s, check.Denied},
		{check.NoCause, s, s, check.NoCause},
	} {
		if got := policies.Reclassify(c.cause, c.took, c.late, s); got != c.want {
			t.Errorf("%s after %v, %v late: %s, want %s", c.cause, c.took, c.late, got, c.want)
		}
	}
}

func TestWorst(t *testing.T) {
	worst := []check.Status{check.Disabled, check.Healthy, check.Unknown, check.Degraded, check.Unhealthy}
	for i := 1; i < len(worst); i++ {
		if got := policies.Worst(worst[:i+1]...); got != worst[i] {
			t.Errorf("%v: %s", worst[:i+1], got)
		}
	}
	if got := policies.Worst(check.Disabled); got != check.Healthy {
		t.Errorf("with nothing enabled: %s", got)
	}
}
