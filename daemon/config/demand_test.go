package config

import (
	"fmt"
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

// TestTotalDemand checks that ten thousand integrations with default timing are
// accepted, with a warning about the load if no target responds.
func TestTotalDemand(t *testing.T) {
	for _, c := range []struct {
		n        int
		timing   string
		severity diag.Severity
		says     string
	}{
		{3000, "", "", ""},
		{3100, "", diag.Warning, "517 checks must run concurrently, more than half of vega's limit of 1024"},
		{10_000, "", diag.Warning, "1667 checks must run concurrently, more than vega's limit of 1024"},
		{10_000, "interval = \"2m\"\n", diag.Warning, "834 checks"},
		{10_000, "interval = \"5m\"\n", "", ""},
		{1024, "interval = \"1s\"\ntimeout = \"1s\"\n", diag.Warning, "1024 checks must"},
		{1025, "interval = \"1s\"\ntimeout = \"1s\"\n", diag.Error, "1025 runs are due every second"},
		{1025, "interval = \"0s\"\ntimeout = \"30s\"\n", "", ""},
		{2000, "enabled = false\ninterval = \"1s\"\n", "", ""},
	} {
		var src strings.Builder
		for i := range c.n {
			fmt.Fprintf(&src, "integration \"a%d\" {\n  probe = core.http\n%s  config {\n    url = \"https://h%d.example\"\n  }\n}\n", i, c.timing, i)
		}
		_, ds := load(t, src.String(), options(t, nil))
		switch {
		case c.severity == "" && len(ds) == 0:
		case len(ds) != 1 || ds[0].Code != diag.Overload || ds[0].Severity != c.severity || !strings.Contains(ds[0].Detail, c.says):
			t.Errorf("%d with %q:\n%s", c.n, c.timing, shownText(t, ds))
		}
	}
}
