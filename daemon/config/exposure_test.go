package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func codes(ds Diagnostics) []Code {
	out := []Code{}
	for _, d := range ds {
		out = append(out, d.Code)
	}
	return out
}

// TestExposure: what is said of a host and its keys, and what is not.
func TestExposure(t *testing.T) {
	good, short := strings.Repeat("k", safeKey), strings.Repeat("k", safeKey-1)
	for _, c := range []struct {
		host, key string
		want      []Code
	}{
		{"127.0.0.1", good, []Code{}},
		{"localhost", good, []Code{}},
		{"::1", short, []Code{ShortKey}},
		{"10.0.0.5", good, []Code{ClearKey}},
		{"10.0.0.5", short, []Code{ClearKey, ShortKey}},
		{"0.0.0.0", good, []Code{EveryAddress, ClearKey}},
		{"::ffff:0.0.0.0", good, []Code{EveryAddress, ClearKey}},
		{"vega.example.com", good, []Code{ClearKey}},
	} {
		o := options(t, map[string]string{"KEY": c.key})
		_, ds := load(t, "server {\n  host = \""+c.host+"\"\n  api_key = env(\"KEY\")\n}\n", o)
		if !slices.Equal(codes(ds), c.want) {
			t.Errorf("%s with a key of %d: %v, want %v", c.host, len(c.key), codes(ds), c.want)
		}
		if refused := slices.Contains(c.want, ShortKey) && c.host != "::1"; ds.HasErrors() != refused {
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
