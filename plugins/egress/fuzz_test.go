package egress

import (
	"net/url"
	"strings"
	"testing"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// Whatever a guest writes as a URL, the request goes to a granted origin, and
// its destination contains no secret.
func FuzzTarget(f *testing.F) {
	for _, s := range []string{
		"https://h.example/a?b=PLACEHOLDER", "https://PLACEHOLDER@h.example", "https://PLACEHOLDER.h.example/", "https://h.example\\@evil/",
		"https://h.example:443#@evil/", "https://h.example@evil/", "HTTPS://H.EXAMPLE./PLACEHOLDER", "//h.example/", "https:h.example", "https://h.example:0443/",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r := start(t, setup{rules: rules(t, manifest.HTTP, "GET https://h.example")})
		out := &outgoing{method: "GET"}
		if err := r.target(out, strings.ReplaceAll(raw, "PLACEHOLDER", r.mask)); err != nil {
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), url.PathEscape(token)) {
				t.Fatalf("%q: the error contains the secret: %v", raw, err)
			}
			return
		}
		if rule, err := grant.Origins(out.url); err != nil || rule.Host != "h.example" || rule.Port != 443 || out.url.Host != "h.example" {
			t.Fatalf("%q would go to %q", raw, out.url.Host)
		}
		if strings.ContainsAny(out.url.RequestURI(), " \r\n") {
			t.Fatalf("%q would be sent as %q", raw, out.url.RequestURI())
		}
	})
}
