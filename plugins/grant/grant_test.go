package grant_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

func TestHost(t *testing.T) {
	for in, want := range map[string]string{
		"Example.COM.":                       "example.com",
		"127.0.0.1":                          "127.0.0.1",
		"::ffff:127.0.0.1":                   "127.0.0.1",
		"2001:DB8::0:1":                      "2001:db8::1",
		"_smtp.example.de":                   "_smtp.example.de",
		"2130706433":                         "", // 127.0.0.1 to some resolvers
		"0x7f.1":                             "",
		"127.1":                              "",
		"017700000001":                       "",
		"fe80::1%eth0":                       "",
		"":                                   "",
		"exa mple.com":                       "",
		"münchen.de":                         "xn--mnchen-3ya.de",
		"MÜNCHEN.DE.":                        "xn--mnchen-3ya.de",
		"münchen。de":                         "xn--mnchen-3ya.de", // with the full stop of CJK
		"faß.example":                        "xn--fa-hia.example",
		"１２７.0.0.1":                          "", // an address in wide digits
		"a\u202eb.example":                   "",
		"a／b.example":                        "",
		"a..":                                "",
		"a..b":                               "",
		".a":                                 "",
		strings.Repeat("a", 64) + ".example": "",
	} {
		got, err := grant.Host(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("Host(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		kind manifest.Kind
		in   string
		want string // "" if refused
	}{
		{manifest.HTTP, "GET https://Example.com", "GET https://example.com"},
		{manifest.HTTP, "POST https://example.com:443/", "POST https://example.com"},
		{manifest.HTTP, "GET http://[::1]:8080", "GET http://[::1]:8080"},
		{manifest.HTTP, "https://example.com", ""},
		{manifest.HTTP, "get https://example.com", ""},
		{manifest.HTTP, "GET https://example.com/path", ""},
		{manifest.HTTP, "GET https://user@example.com", ""},
		{manifest.HTTP, "GET ftp://example.com", ""},
		{manifest.HTTP, "GET https://example.com:0", ""},
		{manifest.Net, "tls://mail.example.com:465", "tls://mail.example.com:465"},
		{manifest.Net, "tcp://mail.example.com", ""},
		{manifest.Net, "icmp://example.com:1", ""},
		{manifest.DNS, "Example.com.", "example.com"},
		{manifest.DNS, "@10.0.0.2:53", "@10.0.0.2:53"},
		{manifest.DNS, "2001:DB8::0:1", "2001:db8::1"},
		{manifest.DNS, "fe80::1%eth0", ""},
		{manifest.DNS, "*.example.com", ""},
		{manifest.DNS, strings.Repeat("a", 64) + ".example.com", ""},
		{manifest.KV, "64KiB", ""},
	} {
		r, err := grant.Parse(c.kind, c.in)
		if (err == nil) != (c.want != "") {
			t.Errorf("Parse(%s, %q): %v, want refusal %t", c.kind, c.in, err, c.want == "")
		} else if err == nil && r.String() != c.want {
			t.Errorf("Parse(%s, %q) = %q, want %q", c.kind, c.in, r, c.want)
		}
	}
}

func TestAllowsHTTPByOriginAndMethod(t *testing.T) {
	rule, err := grant.Parse(manifest.HTTP, "GET https://status.example.com")
	if err != nil {
		t.Fatal(err)
	}
	set := grant.Set{Rules: []grant.Rule{rule}}
	for _, c := range []struct {
		method, url string
		allowed     bool
	}{
		{"GET", "https://status.example.com/any/path?q=1", true},
		{"GET", "https://STATUS.example.com.:443/", true},
		{"POST", "https://status.example.com/", false},
		{"GET", "http://status.example.com/", false},
		{"GET", "https://status.example.com:8443/", false},
		{"GET", "https://evil.status.example.com/", false},
		{"GET", "https://status.example.com.evil.org/", false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = set.AllowsHTTP(c.method, u); (err == nil) != c.allowed {
			t.Errorf("%s %s: %v, want allowed %t", c.method, c.url, err, c.allowed)
		}
	}
}

func TestDenialSuggestsLineToPaste(t *testing.T) {
	var none grant.Set
	u, err := url.Parse("https://token@auth.example.com:8443/secret/path?key=value")
	if err != nil {
		t.Fatal(err)
	}
	_, err = none.AllowsHTTP("POST", u)
	var d *grant.Denial
	if !errors.As(err, &d) || d.Fix != `http = ["POST https://auth.example.com:8443"]` {
		t.Fatalf("AllowsHTTP: %v", err)
	}
	if text := err.Error(); strings.Contains(text, "token") || strings.Contains(text, "secret") || strings.Contains(text, "value") {
		t.Errorf("the denial reveals more than the origin: %s", text)
	}
	// Pasting the line allows the request.
	rule, err := grant.Parse(manifest.HTTP, "POST https://auth.example.com:8443")
	if err != nil {
		t.Fatal(err)
	}
	pasted := grant.Set{Rules: []grant.Rule{rule}}
	if _, err := pasted.AllowsHTTP("POST", u); err != nil {
		t.Error(err)
	}
}

func TestEffective(t *testing.T) {
	probe := &manifest.Probe{
		Name: "p",
		Options: []manifest.Option{
			{Name: "url", Type: manifest.URL},
			{Name: "base_url", Type: manifest.URL, Default: "https://api.example.net"},
			{Name: "server", Type: manifest.Address},
			{Name: "name", Type: manifest.String},
		},
		Capabilities: []manifest.Capability{
			{Kind: manifest.HTTP, Reason: "r", From: []string{"url", "base_url"}, Hosts: []string{"GET https://fixed.example.org"}},
			{Kind: manifest.DNS, Reason: "r", From: []string{"name", "server"}, Optional: true},
			{Kind: manifest.KV, Reason: "r"},
		},
	}
	values := manifest.Values{
		"url": manifest.Plain("https://written.example.com/health"), "base_url": manifest.Plain("https://api.example.net"),
		"server": manifest.Plain("10.0.0.2"), "name": manifest.Plain("example.com"),
	}
	written := map[string]bool{"url": true, "server": true, "name": true}

	thirdParty, missing := grant.Effective(grant.Request{Probe: probe, Values: values, Written: written})
	want := "GET https://written.example.com config.url|HEAD https://written.example.com config.url|example.com config.name|@10.0.0.2:53 config.server"
	if got := rules(thirdParty); got != want {
		t.Errorf("a third-party plugin gets\n%s\nwant\n%s", got, want)
	}
	if len(missing) != 1 || missing[0].Fix != `kv = "64KiB"` {
		t.Errorf("missing: %+v", missing)
	}

	bundled, missing := grant.Effective(grant.Request{Probe: probe, Values: values, Written: written, Bundled: true, Block: grant.Set{KV: 1024}})
	if got := rules(bundled); !strings.Contains(got, "GET https://api.example.net default of base_url") ||
		!strings.Contains(got, "GET https://fixed.example.org fixed host of the bundled plugin") {
		t.Errorf("the bundled plugin gets\n%s", got)
	}
	if bundled.KV != 1024 || len(missing) != 0 {
		t.Errorf("kv %d, missing %+v", bundled.KV, missing)
	}
}

// A name from env() or file() is a secret: it appears in no rule, because rules
// are displayed, and no query may carry it.
func TestSecretNameIsNotGranted(t *testing.T) {
	probe := &manifest.Probe{
		Options:      []manifest.Option{{Name: "names", Type: manifest.List}, {Name: "server", Type: manifest.Address}},
		Capabilities: []manifest.Capability{{Kind: manifest.DNS, Reason: "r", From: []string{"names", "server"}}},
	}
	hidden := func(s string) manifest.Text { return manifest.Text{{Text: s, Secret: true}} }
	set, _ := grant.Effective(grant.Request{
		Probe: probe, Written: map[string]bool{"names": true, "server": true},
		Values: manifest.Values{
			"names":  []manifest.Value{hidden("internal.example.com"), manifest.Plain("example.com")},
			"server": hidden("10.0.0.2:53"),
		},
	})
	if got, want := rules(set), "example.com config.names|@10.0.0.2:53 config.server"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func rules(s grant.Set) string {
	var out []string
	for _, r := range s.Rules {
		out = append(out, r.String()+" "+r.Where)
	}
	return strings.Join(out, "|")
}
