package plugintest

import (
	"testing"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// What runs asked for of every kind becomes a block that grants it.
func TestBlockGrantsEveryKind(t *testing.T) {
	var l Learned
	for kind, texts := range map[manifest.Kind][]string{
		manifest.HTTP: {"GET https://example.com"}, manifest.Net: {"tcp://example.com:25"}, manifest.DNS: {"example.com", "@10.0.0.2:53"}, manifest.SQL: {"app"},
		manifest.ICMP: {"example.com", "192.0.2.7"}, manifest.WebSocket: {"wss://example.com"}, manifest.SSH: {"example.com:22"},
		manifest.Unix: {"GET /run/docker.sock", "/run/app.sock"},
	} {
		for _, text := range texts {
			r, err := grant.Parse(kind, text)
			if err != nil {
				t.Fatal(err)
			}
			l.asked(r, len(l.Wanted)%2 == 0)
		}
	}
	g := l.Without(grant.Set{})
	want := `grant {
  http = ["GET https://example.com"]
  net = ["tcp://example.com:25"]
  dns = ["@10.0.0.2:53", "example.com"]
  sql = [database.app]
  icmp = ["192.0.2.7", "example.com"]
  websocket = ["wss://example.com"]
  ssh = ["example.com:22"]
  unix = ["/run/app.sock", "GET /run/docker.sock"]
}
`
	if got := g.Block(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := g.With(g).Block(); got != want {
		t.Errorf("combined with itself it is\n%s", got)
	}
	s, err := g.set()
	if err != nil {
		t.Fatal(err)
	}
	if again := blockOf(s); again.Block() != want {
		t.Errorf("read again it is\n%s", again.Block())
	}
	kinds := map[manifest.Kind]bool{}
	for _, r := range s.Rules {
		kinds[r.Kind] = true
	}
	for _, kind := range grant.Listed {
		if !kinds[kind] {
			t.Errorf("the test has no grant of %s", kind)
		}
	}
}
