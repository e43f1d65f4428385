package grant_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

func TestSecretConfinesToItsOrigin(t *testing.T) {
	probe := &manifest.Probe{
		Name: "p",
		Options: []manifest.Option{
			{Name: "url", Type: manifest.URL},
			{Name: "urls", Type: manifest.List, Of: manifest.URL},
			{Name: "token", Type: manifest.String},
			{Name: "address", Type: manifest.Address},
			{Name: "name", Type: manifest.String},
			{Name: "database", Type: manifest.Database},
		},
		Capabilities: []manifest.Capability{
			{Kind: manifest.HTTP, Reason: "r", From: []string{"url", "urls"}, Methods: []string{"GET"}},
			{Kind: manifest.Net, Reason: "r", From: []string{"address"}, Optional: true},
			{Kind: manifest.DNS, Reason: "r", From: []string{"name"}, Optional: true},
			{Kind: manifest.SQL, Reason: "r", From: []string{"database"}, Optional: true},
			{Kind: manifest.KV, Reason: "r", Optional: true},
		},
	}
	const a, b = "https://a.example", "https://b.example"
	hidden := func(s string) manifest.Text { return manifest.Text{{Text: s, Secret: true}} }
	block := func(kind manifest.Kind, texts ...string) (set grant.Set) {
		for _, text := range texts {
			r, err := grant.Parse(kind, text)
			if err != nil {
				t.Fatal(err)
			}
			r.Origin = grant.FromBlock
			set.Rules = append(set.Rules, r)
		}
		return set
	}
	for name, c := range map[string]struct {
		values         manifest.Values
		block          grant.Set
		bundled        bool
		kept, withheld string
	}{
		"one target":         {values: manifest.Values{"url": manifest.Plain(a)}, kept: "GET " + a},
		"another in config":  {values: manifest.Values{"url": manifest.Plain(a), "database": manifest.Plain("app")}, kept: "GET " + a, withheld: "database.app"},
		"a list of targets":  {values: manifest.Values{"urls": []manifest.Value{manifest.Plain(a), manifest.Plain(b)}}, withheld: "GET " + a + " GET " + b},
		"its own host twice": {values: manifest.Values{"url": manifest.Plain(a + "/x"), "address": manifest.Plain("a.example:443"), "name": manifest.Plain("a.example")}, kept: "GET " + a + " tcp://a.example:443 a.example"},
		"another port":       {values: manifest.Values{"url": manifest.Plain(a), "address": manifest.Plain("a.example:25")}, withheld: "GET " + a + " tcp://a.example:25"},
		"in one of two":      {values: manifest.Values{"url": hidden(a + "/hooks/0123456789"), "urls": []manifest.Value{manifest.Plain(b)}}, kept: "GET " + a, withheld: "GET " + b},
		"another in block":   {values: manifest.Values{"url": manifest.Plain(a)}, block: block(manifest.HTTP, "POST "+a, "GET "+b), kept: "GET " + a + " POST " + a, withheld: "GET " + b},
		"another name":       {values: manifest.Values{"url": manifest.Plain(a), "name": manifest.Plain("b.example")}, kept: "GET " + a, withheld: "b.example"},
		"only in block":      {values: manifest.Values{}, block: block(manifest.HTTP, "GET "+a), kept: "GET " + a},
		"two in block":       {values: manifest.Values{}, block: block(manifest.HTTP, "GET "+a, "GET "+b), withheld: "GET " + a + " GET " + b},
		"anywhere":           {values: manifest.Values{"urls": []manifest.Value{manifest.Plain(a), manifest.Plain(b)}}, block: grant.Set{Anywhere: true}, kept: "GET " + a + " GET " + b},
		"bundled":            {values: manifest.Values{"urls": []manifest.Value{manifest.Plain(a), manifest.Plain(b)}}, bundled: true, kept: "GET " + a + " GET " + b},
	} {
		t.Run(name, func(t *testing.T) {
			written := map[string]bool{}
			for option := range c.values {
				written[option] = true
			}
			set, missing := grant.Effective(grant.Request{Probe: probe, Values: c.values, Written: written, Bundled: c.bundled, Secret: true, Block: c.block})
			if got := texts(set.Rules); got != c.kept {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
			if got := texts(set.Withheld); got != c.withheld || len(missing) > 0 {
				t.Errorf("withheld %q, want %q (missing %v)", got, c.withheld, missing)
			}
		})
	}
}

func texts(rules []grant.Rule) string {
	var all []string
	for _, r := range rules {
		all = append(all, r.String())
	}
	return strings.Join(all, " ")
}

func TestWithheldGrantSuggestsFix(t *testing.T) {
	rule, err := grant.Parse(manifest.HTTP, "GET https://b.example")
	if err != nil {
		t.Fatal(err)
	}
	set := grant.Set{Withheld: []grant.Rule{rule}}
	u, err := url.Parse("https://b.example/path")
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.AllowsHTTP("GET", u)
	if d := (*grant.Denial)(nil); !errors.As(err, &d) || d.Fix != `secrets = "anywhere"` {
		t.Errorf("%v", err)
	}
	if err := set.AllowsSecrets("a secret"); err == nil || !strings.Contains(err.Error(), `grant { secrets = "anywhere" }`) {
		t.Errorf("%v", err)
	}
}
