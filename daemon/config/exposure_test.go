package config

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
)

func codes(ds diag.Diagnostics) []diag.Code {
	out := []diag.Code{}
	for _, d := range ds {
		out = append(out, d.Code)
	}
	return out
}

// TestExposure checks what is reported about a host and its keys.
func TestExposure(t *testing.T) {
	good, short := strings.Repeat("k", safeKey), strings.Repeat("k", safeKey-1)
	for _, c := range []struct {
		host, key string
		want      []diag.Code
	}{
		{"127.0.0.1", good, []diag.Code{}},
		{"localhost", good, []diag.Code{}},
		{"::1", short, []diag.Code{diag.ShortKey}},
		{"10.0.0.5", good, []diag.Code{diag.ClearKey}},
		{"10.0.0.5", short, []diag.Code{diag.ClearKey, diag.ShortKey}},
		{"0.0.0.0", good, []diag.Code{diag.EveryAddress, diag.ClearKey}},
		{"::ffff:0.0.0.0", good, []diag.Code{diag.EveryAddress, diag.ClearKey}},
		{"vega.example.com", good, []diag.Code{diag.ClearKey}},
	} {
		o := options(t, map[string]string{"KEY": c.key})
		_, ds := load(t, "server {\n  host = \""+c.host+"\"\n  api_key = env(\"KEY\")\n}\n", o)
		if !slices.Equal(codes(ds), c.want) {
			t.Errorf("%s with a key of %d: %v, want %v", c.host, len(c.key), codes(ds), c.want)
		}
		if refused := slices.Contains(c.want, diag.ShortKey) && c.host != "::1"; ds.HasErrors() != refused {
			t.Errorf("%s with a key of %d: errors %v", c.host, len(c.key), ds.HasErrors())
		}
	}
}

func TestLLMDefaults(t *testing.T) {
	c := good(t, "", options(t, nil))
	if c.LLM.Temperature != 0.7 || c.LLM.TopP != 0.9 || c.LLM.Timeout != time.Minute {
		t.Errorf("%+v", c.LLM)
	}
}

// TestSecretsOfTheSSHBlock has a value of the environment in each attribute that a secret
// may be in: a command often contains a password for a program there.
func TestSecretsOfTheSSHBlock(t *testing.T) {
	c := good(t, `
integration "a" {
  probe = core.ssh
  config { address = "example.com:22" }
  ssh {
    user      = "vega"
    password  = env("LOGIN")
    host_keys = ["SHA256:uNiVztksCsDhcc0u9e8BrnXmnDCmnWgXTlxAhU1cm+U"]
    command   = "MYSQL_PWD=${env("DB_PASSWORD")} mysqladmin ping"
  }
}
`, Options{Bundled: shipped(t), Env: exampleVariable})
	secrets := c.Integrations[0].Transport.SSH.Secrets()
	for _, name := range []string{"LOGIN", "DB_PASSWORD"} {
		if value, _ := exampleVariable(name); !slices.Contains(secrets, value) {
			t.Errorf("the value of %s is not hidden: %q", name, secrets)
		}
	}
}
