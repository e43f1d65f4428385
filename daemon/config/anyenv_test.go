package config

import (
	"testing"

	"vega/daemon/config/diag"
)

// TestAnyEnv validates a configuration without any of its variables. Values
// that depend on them are accepted, and all other mistakes are reported.
func TestAnyEnv(t *testing.T) {
	src := `
data_dir = env("DATA")
server {
  host    = env("HOST")
  api_key = env("KEY")
  tls {
    cert_file = env("CERT")
    key_file  = env("CERT_KEY")
  }
}
log { level = env("LEVEL") }
llm {
  backend  = env("BACKEND")
  base_url = "http://${env("HOST")}:11434"
}
network { resolver = env("RESOLVER") }
plugins { dir = env("PLUGINS") }
database "app" {
  driver = env("DRIVER")
  dsn    = env("DSN")
}
integration "a" {
  probe    = core.http
  enabled  = env_set("A")
  interval = env("INTERVAL")
  timeout  = env("TIMEOUT")
  config {
    url           = "https://${env("HOST")}/"
    headers       = { Authorization = "Bearer ${env("TOKEN")}" }
    method        = env("METHOD")
    max_latency   = env("LATENCY")
  }
}
integration "b" {
  probe = core.osint
  config {
    shodan_key = env("SHODAN")
    shodan_url = env("SHODAN_URL")
  }
}
integration "c" {
  probe = core.http
  config { url = llm.base_url }
}
integration "app" {
  probe = core.database
  config { database = database.app }
}
integration "d" {
  probe = stranger.thing
}
`
	o := options(t, nil)
	if _, ds := load(t, src, o); !ds.HasErrors() {
		t.Errorf("AnyEnv reports missing variables: %s", shownText(t, ds))
	}
	o.AnyEnv = true
	if c, ds := load(t, src, o); c != nil || len(ds) > 0 {
		t.Errorf("config %v, and:\n%s", c != nil, shownText(t, ds))
	}
	if c, ds := load(t, "server {\n  port = 0\n}\nintegration \"a\" {\n  probe = core.http\n  enabled = env_set(\"A\")\n}\n", o); c != nil || len(ds) != 2 || ds[0].Code != diag.OutOfBounds || ds[1].Code != diag.Required {
		t.Errorf("mistakes that depend on no variable are not reported:\n%s", shownText(t, ds))
	}
}

// TestAnyEnvKnown checks that the value of a variable that is set is validated.
func TestAnyEnvKnown(t *testing.T) {
	o := options(t, map[string]string{"LEVEL": "loud"})
	o.AnyEnv = true
	if _, ds := load(t, "log {\n  level = env(\"LEVEL\")\n}\n", o); len(ds) != 1 || ds[0].Code != diag.OutOfBounds {
		t.Errorf("got:\n%s", shownText(t, ds))
	}
}
