package operate

import (
	"strings"
	"testing"

	"vega/daemon/config"
	"vega/daemon/config/schema"
)

func TestEachScopeIsExplained(t *testing.T) {
	help, example := keyAddCommand().Long, string(config.Init)
	for _, scope := range schema.LiveScopes() {
		if !strings.Contains(help, scope+" (") {
			t.Errorf("vega help key add does not explain %s", scope)
		}
		if _, list, _ := strings.Cut(example, "limited to"); !strings.Contains(strings.SplitN(list, ".", 2)[0], scope) {
			t.Errorf("vega init does not name %s", scope)
		}
	}
}
