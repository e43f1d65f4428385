package console

import (
	"bytes"
	"log/slog"
	"regexp"
	"testing"

	"vega/daemon/config"
	"vega/daemon/config/diag"
)

// TestConfigurationStep checks the step of the configuration with symbols and
// with words.
func TestConfigurationStep(t *testing.T) {
	warning := diag.Diagnostic{Severity: diag.Warning, Code: diag.PartlySet, Detail: "headers is left unset.", Range: diag.Range{Filename: "vega.hcl", Start: diag.Pos{Line: 5}}}
	mistake := diag.Diagnostic{Severity: diag.Error, Code: diag.UnknownKey, Summary: "unknown key", Detail: "No prot.", Range: diag.Range{Filename: "vega.hcl", Start: diag.Pos{Line: 2, Column: 3}}}
	good, quiet := &config.Config{}, &config.Config{}
	quiet.Log.Level = int(slog.LevelError)
	for _, tt := range []struct {
		reading config.Reading
		symbols bool
		want    string
	}{
		{config.Reading{Config: good}, true, "✅ configuration       0s  vega.hcl\n"},
		{config.Reading{Config: good}, false, "ok   configuration       0s  vega.hcl\n"},
		{config.Reading{Config: good, Diagnostics: diag.Diagnostics{warning}}, true, "⚠️  configuration       0s  vega.hcl; 1 warning, see the log\n"},
		{config.Reading{Config: quiet, Diagnostics: diag.Diagnostics{warning}}, true, "⚠️  configuration       0s  vega.hcl; 1 warning\n     vega.hcl:5 VEGA031 headers is left unset.\n"},
		{config.Reading{Config: quiet, Diagnostics: diag.Diagnostics{warning, warning}}, false, "warn configuration       0s  vega.hcl; 2 warnings\n     vega.hcl:5 VEGA031 headers is left unset.\n     vega.hcl:5 VEGA031 headers is left unset.\n"},
		{config.Reading{Diagnostics: diag.Diagnostics{mistake, warning}}, true, "❌ configuration       0s  vega.hcl:2:3: unknown key: No prot.\n"},
		{config.Reading{Diagnostics: diag.Diagnostics{mistake}}, false, "fail configuration       0s  vega.hcl:2:3: unknown key: No prot.\n"},
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
