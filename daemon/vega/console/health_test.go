package console

import (
	"testing"

	"vega/daemon/engine"
	"vega/policies/check"
)

func TestStatus(t *testing.T) {
	for want, r := range map[string]engine.Report{
		"healthy":                     {Status: check.Healthy},
		"unhealthy":                   {Status: check.Unhealthy, Cause: check.Target},
		"unhealthy (timeout)":         {Status: check.Unhealthy, Cause: check.Timeout},
		"healthy (stored)":            {Status: check.Healthy, Stored: true},
		"unhealthy (timeout, stored)": {Status: check.Unhealthy, Cause: check.Timeout, Stored: true},
	} {
		if got := Status(r); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
