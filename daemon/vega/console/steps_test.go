package console

import (
	"bytes"
	"regexp"
	"testing"

	"vega/daemon/config"
)

// TestConfigurationStep checks the step of the configuration with symbols and
// with words.
func TestConfigurationStep(t *testing.T) {
	warning := config.Diagnostic{Severity: config.Warning, Code: config.PartlySet, Detail: "headers is left unset.", Range: config.Range{Filename: "vega.hcl", Start: config.Pos{Line: 5}}}
	mistake := config.Diagnostic{Severity: config.Error, Code: config.UnknownKey, Summary: "unknown key", Detail: "No prot.", Range: config.Range{Filename: "vega.hcl", Start: config.Pos{Line: 2, Column: 3}}}
	good := &config.Config{}
	for _, tt := range []struct {
		reading config.Reading
		symbols bool
		want    string
	}{
		{config.Reading{Config: good}, true, "✅ configuration       0s  vega.hcl\n"},
		{config.Reading{Config: good}, false, "ok   configuration       0s  vega.hcl\n"},
		{config.Reading{Config: good, Diagnostics: config.Diagnostics{warning}}, true, "⚠️  configuration       0s  vega.hcl; 1 warning\n     vega.hcl:5 VEGA031 headers is left unset.\n"},
		{config.Reading{Config: good, Diagnostics: config.Diagnostics{warning, warning}}, false, "warn configuration       0s  vega.hcl; 2 warnings\n     vega.hcl:5 VEGA031 headers is left unset.\n     vega.hcl:5 VEGA031 headers is left unset.\n"},
		{config.Reading{Diagnostics: config.Diagnostics{mistake, warning}}, true, "❌ configuration       0s  vega.hcl:2:3: unknown key: No prot.\n"},
		{config.Reading{Diagnostics: config.Diagnostics{mistake}}, false, "fail configuration       0s  vega.hcl:2:3: unknown key: No prot.\n"},
	} {
		var out bytes.Buffer
		show := &Steps{out: &out, symbols: tt.symbols}
		cfg, err := show.Configuration("vega.hcl", func(config.Scan) config.Reading { return tt.reading })
		if cfg != tt.reading.Config || (err == nil) != (cfg != nil) {
			t.Errorf("%v, %v", cfg, err)
		}
		if got := regexp.MustCompile(` +[0-9.]+(µs|ms|s) `).ReplaceAllString(out.String(), "       0s "); got != tt.want {
			t.Errorf("got\n%swant\n%s", got, tt.want)
		}
	}
}
