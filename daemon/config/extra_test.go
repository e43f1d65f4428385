package config

import (
	"testing"

	"vega/plugins/manifest"
)

// An extra gives way to a plugin of its name that is dropped in; core does not,
// and neither does an extra to a plugin that is refused.
func TestExtraGivesWay(t *testing.T) {
	shipped := []manifest.Found{found(t, "testdata/core.hcl", ""), found(t, "testdata/acme.hcl", "")}
	shipped[1].Extra = true
	ours := found(t, "testdata/acme.hcl", "plugins/acme.wasm")
	core := found(t, "testdata/core.hcl", "plugins/core.wasm")
	for name, c := range map[string]struct {
		text    string
		dropped []manifest.Found
		want    []string // files, of those that can be used
	}{
		"nothing dropped in": {"", nil, []string{"", ""}},
		"one of its name":    {"", []manifest.Found{ours}, []string{"", "plugins/acme.wasm"}},
		"one of core's name": {"", []manifest.Found{core}, []string{"", ""}},
		"one that is not trusted": {
			`plugins { trusted_keys = ["RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"] }`,
			[]manifest.Found{ours},
			[]string{"", ""},
		},
	} {
		cfg, ds := load(t, c.text, Options{Bundled: shipped, Scan: func(string) ([]manifest.Found, error) { return c.dropped, nil }})
		if ds.HasErrors() {
			t.Fatalf("%s: %+v", name, ds)
		}
		var got []string
		for _, f := range cfg.Plugins.Modules {
			if f.Module != nil {
				got = append(got, f.File)
			}
		}
		if len(got) != len(c.want) || got[1] != c.want[1] {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
