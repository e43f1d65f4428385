package config

import (
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

// TestUnitsAreProposed checks the unit suggested for a number without one, or
// for the name of a unit. It is an edit only if no other can be meant.
func TestUnitsAreProposed(t *testing.T) {
	const store, web = "store {\n  %s\n}\n", "integration \"a\" {\n  probe = core.http\n  %s\n  config {\n    url = \"https://example.com\"\n  }\n}\n"
	for _, c := range []struct{ in, written, fix, edit string }{
		{web, `interval = 30`, `write interval = "30s"`, `"30s"`},
		{web, `interval = "30"`, `write interval = "30s"`, `"30s"`},
		{web, `timeout = "5 seconds"`, `write "5s"`, `"5s"`},
		{web, `interval = "2 Days"`, `write "48h"`, `"48h"`},
		{web, `interval = "1w"`, `write "168h"`, `"168h"`},
		{web, `timeout = "90 lightyears"`, "write a number and its unit", ""},
		{web, `memory = "64 mb"`, `write "64MiB"`, `"64MiB"`},
		{web, `memory = "65536"`, `write memory = "64KiB"`, `"64KiB"`},
		{store, `slow_query = 100`, `write slow_query = "100ms"`, `"100ms"`},
		{store, `keep_runs = 30`, `write keep_runs = "30h", or use the unit that you mean`, ""},
		{store, `keep_runs = "30d"`, `write "720h"`, `"720h"`},
	} {
		_, ds := load(t, strings.Replace(c.in, "%s", c.written, 1), options(t, nil))
		if len(ds) != 1 || ds[0].Code != diag.BadUnit || !strings.HasPrefix(ds[0].Fix, c.fix) {
			t.Errorf("%s: %s", c.written, shownText(t, ds))
			continue
		}
		edit := ""
		if len(ds[0].Edits) > 0 {
			edit = ds[0].Edits[0].Text
		}
		if edit != c.edit {
			t.Errorf("%s: %q is put in its place, want %q", c.written, edit, c.edit)
		}
	}
}
