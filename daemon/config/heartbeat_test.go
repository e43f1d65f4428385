package config

import (
	"strings"
	"testing"
)

// TestHeartbeatSettings checks what becomes of the options of a heartbeat. The options
// follow a valid token.
func TestHeartbeatSettings(t *testing.T) {
	for _, c := range []struct{ name, outside, options, want string }{
		{"interval", `interval = "24h"`, "", "every 24h, grace 5m"},
		{"short interval", `interval = "30s"`, "", "every 30s, grace 30s"},
		{"grace", `interval = "24h"`, `grace = "2h"`, "every 24h, grace 2h"},
		{"cron", "", `cron = "30  3 * * 1-5"`, "30 3 * * 1-5 in UTC, grace 5m"},
		{"time zone", "", "cron = \"@daily\"\n timezone = \"Europe/Berlin\"", "@daily in Europe/Berlin, grace 5m"},
		{"frequent cron", "", `cron = "* * * * *"`, "* * * * * in UTC, grace 1m"},
		{"cron from a variable", "", `cron = env("CRON")`, "by cron, grace 5m"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := "integration \"job\" {\n probe = core.heartbeat\n " + c.outside + "\n config {\n token = env(\"TOKEN\")\n " + c.options + "\n }\n}\n"
			cfg, ds := load(t, src, options(t, map[string]string{"TOKEN": "0123456789abcdef", "CRON": "0 3 * * *"}))
			if cfg == nil || len(ds) > 0 {
				t.Fatalf("%s", shownText(t, ds))
			}
			i := cfg.Integrations[0]
			if i.Heartbeat == nil || i.Heartbeat.String() != c.want || i.Interval != i.Heartbeat.Interval {
				t.Errorf("%v every %v, want %s", i.Heartbeat, i.Interval, c.want)
			}
		})
	}
}

// TestHeartbeatThatIsIncomplete checks what is reported of a heartbeat of which something
// is missing.
func TestHeartbeatThatIsIncomplete(t *testing.T) {
	env := map[string]string{"TOKEN": "0123456789abcdef", "BAD": "hidden word in a schedule"}
	for _, c := range []struct{ name, src, want string }{
		{"interval of the defaults", "defaults {\n interval = \"1h\"\n}\nintegration \"job\" {\n probe = core.heartbeat\n config {\n token = env(\"TOKEN\")\n }\n}\n", ""},
		{"interval of the defaults, and cron", "defaults {\n interval = \"1h\"\n}\nintegration \"job\" {\n probe = core.heartbeat\n config {\n token = env(\"TOKEN\")\n cron = \"@daily\"\n }\n}\n", ""},
		{"cron that is not set", "integration \"job\" {\n probe = core.heartbeat\n config {\n token = env(\"TOKEN\")\n cron = env(\"NONE\")\n }\n}\n", "needs interval or cron"},
		{"disabled", "integration \"job\" {\n probe = core.heartbeat\n enabled = env_set(\"NONE\")\n config {\n token = env(\"NONE\")\n }\n}\n", ""},
		{"secret that is no schedule", "integration \"job\" {\n probe = core.heartbeat\n config {\n token = env(\"TOKEN\")\n cron = env(\"BAD\")\n }\n}\n", "cron is not valid."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, ds := load(t, c.src, options(t, env))
			text := shownText(t, ds)
			if ds.HasErrors() != (c.want != "") || !strings.Contains(text, c.want) || strings.Contains(text, "hidden") {
				t.Errorf("%s", text)
			}
		})
	}
	o := options(t, nil)
	o.AnyEnv = true
	_, ds := load(t, "integration \"job\" {\n probe = core.heartbeat\n config {\n token = env(\"TOKEN\")\n cron = env(\"CRON\")\n grace = \"2h\"\n }\n}\n", o)
	if ds.HasErrors() {
		t.Errorf("with unknown variables: %s", shownText(t, ds))
	}
}
