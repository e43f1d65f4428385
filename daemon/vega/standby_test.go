package main

import (
	"testing"

	"vega/daemon/config"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// An integration that can reach only this server stands by without a daemon, whatever
// protocol it speaks to it; one that can reach more does not.
func TestOwnServer(t *testing.T) {
	type grants map[manifest.Kind]string
	for name, c := range map[string]struct {
		grants grants
		want   string
	}{
		"http":             {grants{manifest.HTTP: "GET http://127.0.0.1:8000"}, "127.0.0.1:8000"},
		"tcp":              {grants{manifest.Net: "tcp://localhost:8000"}, "localhost:8000"},
		"a WebSocket":      {grants{manifest.WebSocket: "ws://127.0.0.1:8000"}, "127.0.0.1:8000"},
		"another port":     {grants{manifest.WebSocket: "ws://127.0.0.1:8001"}, ""},
		"ping as well":     {grants{manifest.HTTP: "GET http://127.0.0.1:8000", manifest.ICMP: "127.0.0.1"}, ""},
		"an SSH server":    {grants{manifest.SSH: "127.0.0.1:8000"}, ""},
		"a socket as well": {grants{manifest.HTTP: "GET http://127.0.0.1:8000", manifest.Unix: "/run/app.sock"}, ""},
	} {
		var set grant.Set
		for kind, text := range c.grants {
			r, err := grant.Parse(kind, text)
			if err != nil {
				t.Fatal(err)
			}
			set.Rules = append(set.Rules, r)
		}
		if got := ownServer(config.Server{Host: "127.0.0.1", Port: 8000}, set); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
