package config

import (
	"testing"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// A redirect may lead to another target of the module, and nowhere else.
func TestScrapeModuleAllowsRedirectsToItsTargets(t *testing.T) {
	m := module(t, `scrape_module "http_2xx" {
  probe   = core.http
  targets = ["http://*.example.com", "https://*.example.com", "https://one.example.org/health"]
}`)
	i, err := m.For("http://a.example.com")
	if err != nil {
		t.Fatal(err)
	}
	rule := func(text string) grant.Rule {
		r, err := grant.Parse(manifest.HTTP, text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for text, want := range map[string]bool{
		"GET https://a.example.com":          true,
		"HEAD https://b.example.com":         true,
		"GET http://c.example.com":           true,
		"GET http://c.example.com:8080":      false,
		"GET https://example.com":            false,
		"GET https://evil-example.com":       false,
		"GET https://a.example.com.evil.net": false,
		"GET https://one.example.org":        false, // only one page of it
		"GET https://169.254.169.254":        false,
		"MKCOL https://a.example.com":        false,
	} {
		if got := i.Grants.Matches(rule(text)); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
	for _, r := range []grant.Rule{
		{Kind: manifest.Net, Scheme: "tcp", Host: "a.example.com", Port: 443},
		{Kind: manifest.DNS, Name: "a.example.com"},
		{Kind: manifest.SQL, Name: "vega"},
		{Kind: manifest.KV},
		{Kind: grant.Secrets},
	} {
		if i.Grants.Matches(r) {
			t.Errorf("%v is allowed", r)
		}
	}
}
