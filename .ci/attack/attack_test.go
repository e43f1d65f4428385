// Package attack attacks a running daemon: with dropped-in modules, with targets
// that answer, and from the network. Each test is one attack and prints its result.
//
//	go test ./.ci/attack -v                             this source tree
//	VEGA_PROGRAM=/usr/bin/vega go test ./.ci/attack -v  another program
//
// The timeouts are far above what a daemon needs; no test measures its speed.
package attack

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"vega/plugins/build"
	"vega/plugins/manifest"
)

var scratch string

func TestMain(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "vega-attack-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch) // on failure, left to the system
	os.Exit(code)
}

// report prints the result of an attack, and fails the test if it succeeded.
func report(t *testing.T, d *daemon, held bool, format string, args ...any) {
	t.Helper()
	d.measure()
	answered := "-"
	if d.asked > 0 {
		answered = fmt.Sprintf("%d of %d", d.answered, d.asked)
	}
	verdict := "held"
	if !held {
		verdict = "BROKEN"
		t.Fail()
	}
	t.Logf("| %s | %s | %s | %.1f s | %d MiB | %s |", t.Name()[len("Test"):], verdict, fmt.Sprintf(format, args...),
		time.Since(d.began).Seconds(), d.peak>>20, answered)
}

// guest builds the plugin of guest/main.go.
var guest = sync.OnceValues(func() ([]byte, error) {
	m := &manifest.Manifest{ABI: "vega_v1", Name: "guest", Version: "1.0.0"}
	web := manifest.Capability{Kind: manifest.HTTP, Reason: "attacks", From: []string{"url"}, Methods: []string{"GET", "POST"}}
	net := manifest.Capability{Kind: manifest.Net, Reason: "attacks", From: []string{"address"}, Methods: []string{"tcp"}}
	sql := manifest.Capability{Kind: manifest.SQL, Reason: "attacks", From: []string{"database"}}
	icmp := manifest.Capability{Kind: manifest.ICMP, Reason: "attacks", From: []string{"host"}}
	socket := manifest.Capability{Kind: manifest.WebSocket, Reason: "attacks", From: []string{"url"}}
	ssh := manifest.Capability{Kind: manifest.SSH, Reason: "attacks", From: []string{"address"}}
	file := manifest.Capability{Kind: manifest.Unix, Reason: "attacks"}
	for name, capability := range map[string]manifest.Capability{
		"hex": sql, "eval": net, "post": web, "guess": web, "hold": web, "json": web, "sql": sql,
		"echo": icmp, "socket": socket, "shell": ssh, "file": file, "request": web,
	} {
		url := manifest.Option{Name: "url", Type: manifest.URL}
		if capability.Kind == manifest.WebSocket {
			url.Schemes = []string{"ws", "wss"}
		}
		m.Probes = append(m.Probes, manifest.Probe{Name: name, Options: []manifest.Option{
			url,
			{Name: "address", Type: manifest.Address},
			{Name: "host", Type: manifest.String},
			{Name: "database", Type: manifest.Database},
			{Name: "send", Type: manifest.String},
			{Name: "token", Type: manifest.String, Sensitive: true},
		}, Capabilities: []manifest.Capability{capability}})
	}
	return build.Plugin(context.Background(), "guest", m)
})

func guestFile(t *testing.T) map[string][]byte {
	t.Helper()
	wasm, err := guest()
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"guest.wasm": wasm}
}

// bind returns an integration that runs on request.
func bind(name, probe, config string) string {
	return fmt.Sprintf("integration %q {\n  probe    = %s\n  interval = \"0s\"\n  timeout  = \"30s\"\n  config {\n%s\n  }\n}\n", name, probe, config)
}

// pack adds a manifest to a module.
func pack(t *testing.T, wasm []byte, m *manifest.Manifest) []byte {
	t.Helper()
	packed, err := manifest.Pack(wasm, m)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}
