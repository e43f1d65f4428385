package daemon

import (
	"testing"

	"vega/daemon/config"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// TestRightsAreQueriedOnlyOnUsedDatabases checks that vega does not connect to a
// database that no enabled integration may query.
func TestRightsAreQueriedOnlyOnUsedDatabases(t *testing.T) {
	of := func(name string, enabled bool) config.Integration {
		return config.Integration{Name: name, Enabled: enabled, Grants: grant.Set{Rules: []grant.Rule{{Kind: manifest.SQL, Name: name}}}}
	}
	cfg := &config.Config{Integrations: []config.Integration{of("app", true), of("off", false)}}
	for name, want := range map[string]bool{"app": true, "off": false, "other": false} {
		if got := queried(cfg, name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
}
