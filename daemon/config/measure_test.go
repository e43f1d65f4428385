package config

import (
	"strings"
	"testing"

	"vega/daemon/config/diag"
)

// TestUnitsAreProposed checks the unit suggested for a number without one, or
// for the name of a unit. It is an edit only if no other unit makes sense.
func TestUnitsAreProposed(t *testing.T) {
	const store, web = "store {\n  %s\n}\n", "integration \"a\" {\n  probe = core.http\n  %s\n  config {\n    url = \"https://example.com\"\n  }\n}\n"
	for _, c := range []struct{ in, written, fix, edit string }{
		{web, `interval = 30`, `set interval = "30s"`, `"30s"`},
		{web, `interval = "30"`, `set interval = "30s"`, `"30s"`},
		{web, `timeout = "5 seconds"`, `use "5s"`, `"5s"`},
		{web, `interval = "2 Days"`, `use "48h"`, `"48h"`},
		{web, `interval = "1w"`, `use "168h"`, `"168h"`},
		{web, `timeout = "90 lightyears"`, "use a number with a unit", ""},
		{web, `memory = "64 mb"`, `use "64MiB"`, `"64MiB"`},
		{web, `memory = "65536"`, `set memory = "64KiB"`, `"64KiB"`},
		{store, `slow_query = 100`, `set slow_query = "100ms"`, `"100ms"`},
		{store, `keep_runs = 30`, `set keep_runs = "30h", or use the unit that you mean`, ""},
		{store, `keep_runs = "30d"`, `use "720h"`, `"720h"`},
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
