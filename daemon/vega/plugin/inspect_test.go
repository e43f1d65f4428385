package plugin

import (
	"slices"
	"strings"
	"testing"

	"vega/plugins"
	"vega/plugins/binary"
	"vega/plugins/manifest"
)

// TestInspectJudgesTheName checks that inspect refuses what the daemon refuses because of
// a name, and nothing that a configuration may allow.
func TestInspectJudgesTheName(t *testing.T) {
	for name, want := range map[string]string{
		"core":      `"core" is vega's core plugin, which can't be replaced`,
		"memcached": "", // plugins.replace may list it
		"acme":      "",
	} {
		wasm, err := manifest.Pack(binary.Header(), &manifest.Manifest{ABI: manifest.V1, Name: name, Version: "1", Probes: []manifest.Probe{{Name: "look"}}})
		if err != nil {
			t.Fatal(err)
		}
		i := plugins.Inspect(wasm)
		before := slices.Clone(i.Refused)
		if err := judgeName(i, "x.wasm"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(i.Refused[len(before):], "; "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
	i := plugins.Inspect(plugins.Core())
	if err := judgeName(i, "core.wasm"); err != nil || len(i.Refused) > 0 {
		t.Errorf("%v, %v", i.Refused, err)
	}
}
