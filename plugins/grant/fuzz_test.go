package grant_test

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// A host has one form: Host is idempotent, and its result can't be mistaken for
// another part of a URL.
func FuzzHost(f *testing.F) {
	for _, s := range []string{
		"example.com", "EXAMPLE.com.", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "::1", "::ffff:127.0.0.1", "fe80::1%eth0",
		"[::1]", "a..b", "xn--bcher-kva.example", "a@b", "a/b", "a:80", "1.2.3.4.", "ｅxample.com", "a_b", "", ".",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, h string) {
		got, err := grant.Host(h)
		if err != nil {
			if got != "" {
				t.Fatalf("%q: %q and %v", h, got, err)
			}
			return
		}
		if again, err := grant.Host(got); err != nil || again != got {
			t.Fatalf("%q gives %q, which gives %q (%v)", h, got, again, err)
		}
		if ip, err := netip.ParseAddr(got); err == nil {
			if ip.Is4In6() || ip.Zone() != "" {
				t.Fatalf("%q: %q", h, got)
			}
			return
		}
		if strings.ContainsAny(got, "@/\\:?#[]% \t\r\n") || got != strings.ToLower(got) || got[len(got)-1] >= '0' && strings.Trim(got, "0123456789.") == "" {
			t.Fatalf("%q: %q", h, got)
		}
	})
}

// A parsed grant can be written and parsed again with the same meaning. A grant
// for http allows its own origin and no other host.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"GET https://example.com", "POST http://[::1]:8080", "GET http://127.0.0.1:1", "tcp://h:1", "tls://[::ffff:1.2.3.4]:443", "udp://h.:53",
		"example.com", "*.example.com", "@1.1.1.1", "@[::1]:53", "GET https://a@b", "GET https://a/b", "get https://a", "GET  https://a", "tcp://h:0", "tcp://h:99999",
	} {
		for kind := range 4 {
			f.Add(byte(kind), s)
		}
	}
	kinds := []manifest.Kind{manifest.HTTP, manifest.Net, manifest.DNS, manifest.SQL}
	f.Fuzz(func(t *testing.T, which byte, text string) {
		kind := kinds[int(which)%len(kinds)]
		rule, err := grant.Parse(kind, text)
		if err != nil || kind == manifest.SQL {
			return
		}
		again, err := grant.Parse(kind, rule.String())
		if err != nil || again != rule {
			t.Fatalf("%q parses to %+v, which prints as %q and parses to %+v (%v)", text, rule, rule, again, err)
		}
		if kind != manifest.HTTP {
			return
		}
		_, target, _ := strings.Cut(rule.String(), " ")
		u, err := url.Parse(target)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, rule, err)
		}
		set := grant.Set{Rules: []grant.Rule{rule}}
		if _, err := set.AllowsHTTP(rule.Method, u); err != nil {
			t.Fatalf("%q does not allow %q: %v", text, u, err)
		}
		u.Host = "other." + u.Host
		if got, err := set.AllowsHTTP(rule.Method, u); err == nil {
			t.Fatalf("%q allows %q by %+v", text, u, got)
		}
	})
}
