package plugins_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/binary"
	"vega/plugins/core/fixtures"
	"vega/plugins/egress"
	"vega/plugins/extras"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/secret"
	"vega/plugins/transport"
	"vega/policies/check"
	"vega/sdk/abi"
)

// A target that computes with what it receives gets no secret from a plugin that does
// not ship with vega.
func TestStrangerSmugglesNoSecret(t *testing.T) {
	web, requests := counted(t, func(http.ResponseWriter, *http.Request) {})
	got := make(chan string, 8)
	redis := fixtures.Listen(t, func(c net.Conn) {
		b, err := io.ReadAll(c)
		if err != nil {
			t.Error(err)
		}
		got <- string(b)
	})
	asked := fixedDatabases{make(chan string, 8)}
	m := newSandbox(t, plugins.Options{Databases: asked}).guest(t)
	in := input(t, "smuggle", manifest.Values{
		"url": manifest.Plain(web.URL + "/"), "address": manifest.Plain(redis), "database": manifest.Plain("app"),
		"token": manifest.Text{{Text: "an-api-token-of-25-bytes!", Secret: true}},
	})
	in.Grants.Rules, in.Grants.Withheld = append(in.Grants.Rules, in.Grants.Withheld...), nil // as if all that were granted
	result := m.Run(t.Context(), in)
	if result.Status != check.Healthy || len(result.Details) != 8 {
		t.Fatalf("%+v", result)
	}
	for name, said := range result.Details {
		want := `grant { secrets = "anywhere" }`
		if name == "dns" {
			want = "resolving a name that contains a secret is refused"
		}
		if !strings.Contains(said, want) {
			t.Errorf("%s: %s", name, said)
		}
	}
	if sent := <-got; sent != "" || requests.Load() != 0 || len(asked.asked) != 0 {
		t.Errorf("%q on the connection, %d requests, %d queries", sent, requests.Load(), len(asked.asked))
	}
	if len(result.Denied) != 7 { // both bodies are reported as one
		t.Errorf("the audit has %q", result.Denied)
	}
}

// A plugin that has its guesses of a secret echoed sees the same for each guess,
// however much of it is right, unless it has the whole secret of at least 16 bytes.
func TestGuessesRevealNothing(t *testing.T) {
	const token = "s3crettokenof28bytesexactly0"
	web, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Echo", string(body))
		_, _ = w.Write(body)
	})
	echo := fixtures.Listen(t, func(c net.Conn) {
		b := make([]byte, 64)
		n, err := c.Read(b)
		if err != nil {
			t.Error(err)
		}
		_, _ = c.Write(b[:n])
	})
	m := newSandbox(t, plugins.Options{}).guest(t)
	observed := map[string]bool{}
	run := func(guesses []manifest.Value) plugins.Result {
		in := input(t, "guess", manifest.Values{
			"url": manifest.Plain(web.URL + "/"), "address": manifest.Plain(echo), "guesses": guesses,
			"token": manifest.Text{{Text: token, Secret: true}},
		})
		in.Grants.Rules, in.Grants.Withheld, in.Grants.KV = append(in.Grants.Rules, in.Grants.Withheld...), nil, 1<<10
		in.Timeout = time.Minute
		got := m.Run(t.Context(), in)
		if got.Status != check.Healthy {
			t.Fatalf("%.2000s", fmt.Sprintf("%+v", got))
		}
		observed[got.Message] = true
		return got
	}
	const runs, each = 50, 200
	for n := range runs {
		var guesses []manifest.Value
		for i := range each {
			guesses = append(guesses, manifest.Plain(guessAt(token, n*each+i)))
		}
		if got := run(guesses); len(got.Details) > 0 {
			t.Fatalf("%s, and of others %.2000v", got.Message, got.Details)
		}
	}
	if len(observed) != 1 {
		t.Errorf("not every run saw the same: %v", observed)
	}
	// The test can fail: the whole secret is visibly replaced.
	if got := run([]manifest.Value{manifest.Plain(guessAt(token, 0)), manifest.Plain(token)}); len(got.Details) != 1 {
		t.Errorf("the whole secret looks like any other text: %+v", got)
	}
}

// guessAt returns a text as long as the secret, of which so many bytes at the
// beginning or the end are right, but not all.
func guessAt(secret string, n int) string {
	b := []byte(secret)
	right := n % len(b)
	for i := range b {
		if n%2 == 0 && i >= right || n%2 == 1 && i < len(b)-right {
			b[i] = byte('a' + rand.IntN(26)) //nolint:gosec // any other byte will do
		}
	}
	if string(b) == secret {
		b[0] = '~'
	}
	return string(b)
}

// strangers returns a module that does the same and does not ship with vega.
func strangers(wasm []byte) []byte {
	return binary.AppendSection(slices.Clone(wasm), binary.Custom, binary.AppendName(nil, "a stranger's"))
}

// The bundled probes can log in everywhere. The same probes built by somebody else
// send a secret to a target that checks it as a whole, and report what to write for
// one that does not.
func TestBundledProbesAsAStrangers(t *testing.T) {
	const canary = "c4nary-5ecret-b1rd"
	var right []string
	web, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		if !slices.ContainsFunc(right, func(s string) bool {
			return strings.Contains(r.RequestURI+" "+r.Header.Get("Authorization"), s)
		}) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		switch r.URL.Path {
		case "/api/", "/api/config":
			fmt.Fprint(w, `{"message":"API running.","version":"2026.11.1","state":"RUNNING"}`)
		case "/api-info":
			fmt.Fprint(w, `{"query_credits":100,"scan_credits":100,"plan":"dev"}`)
		case "/services/T0/B0/" + canary:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, "no_text")
		default:
			fmt.Fprint(w, "ok")
		}
	})
	right = []string{canary, base64.StdEncoding.EncodeToString([]byte("me:" + canary))}
	redis := fixtures.Listen(t, redisWithACL(canary))
	mqtt := fixtures.Listen(t, mqttWithLogin(canary))
	secretText := manifest.Text{{Text: canary, Secret: true}}
	s := newSandbox(t, plugins.Options{})
	modules := map[string][2]*module{}
	for name, wasm := range map[string][]byte{"core": plugins.Core(), "mqtt": extras.Module("mqtt")} {
		modules[name] = [2]*module{s.load(t, wasm), s.load(t, strangers(wasm))}
	}
	for name, c := range map[string]struct {
		plugin, probe string
		values        manifest.Values
		refused       bool // as a stranger's plugin
	}{
		"bearer": {"core", "http", manifest.Values{"url": manifest.Plain(web.URL), "headers": map[string]manifest.Value{"Authorization": manifest.Text{{Text: "Bearer "}, secretText[0]}}}, false},
		"basic":  {"core", "http", manifest.Values{"url": manifest.Text{{Text: "http://me:"}, secretText[0], {Text: "@" + strings.TrimPrefix(web.URL, "http://")}}}, false},
		"slack":  {"core", "slack", manifest.Values{"webhook_url": manifest.Text{{Text: web.URL + "/services/T0/B0/" + canary, Secret: true}}}, false},
		"home":   {"core", "home_assistant", manifest.Values{"base_url": manifest.Plain(web.URL), "token": secretText}, false},
		"shodan": {"core", "osint", manifest.Values{"shodan_key": secretText, "shodan_url": manifest.Plain(web.URL)}, true},
		"redis":  {"core", "redis", manifest.Values{"address": manifest.Plain(redis), "username": manifest.Plain("vega"), "password": secretText}, true},
		"mqtt":   {"mqtt", "broker", manifest.Values{"address": manifest.Plain(mqtt), "username": manifest.Plain("vega"), "password": secretText}, true},
	} {
		t.Run(name, func(t *testing.T) {
			for i, m := range modules[c.plugin] {
				got := m.Run(t.Context(), inputOf(t, m, c.probe, c.values))
				stranger := i == 1
				switch {
				case c.refused && stranger:
					if got.Status != check.Unknown || got.Cause != check.Denied || !strings.Contains(got.Message+strings.Join(got.Denied, " "), `grant { secrets = "anywhere" }`) {
						t.Errorf("as a stranger's: %s/%s %q %q", got.Status, got.Cause, got.Message, got.Denied)
					}
				case got.Status != check.Healthy:
					t.Errorf("stranger %v: %s/%s %q %v", stranger, got.Status, got.Cause, got.Message, got.Denied)
				}
				if all := fmt.Sprintf("%+v", got); strings.Contains(all, canary) {
					t.Errorf("the secret is in %s", all)
				}
			}
		})
	}
}

// redisWithACL accepts a login with that password, and answers PING after it.
func redisWithACL(password string) func(net.Conn) {
	return func(c net.Conn) {
		b := make([]byte, 1024)
		all := ""
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			switch all += string(b[:n]); {
			case strings.Contains(all, "PING") && strings.Contains(all, "AUTH"):
				fmt.Fprint(c, "+OK\r\n+PONG\r\n")
			case strings.Contains(all, password):
				fmt.Fprint(c, "+OK\r\n")
			case strings.Contains(all, "PING"):
				fmt.Fprint(c, "+PONG\r\n")
			}
			all = ""
		}
	}
}

// mqttWithLogin accepts a connection with that password, and refuses others.
func mqttWithLogin(password string) func(net.Conn) {
	return func(c net.Conn) {
		b := make([]byte, 1024)
		n, err := c.Read(b)
		switch {
		case err != nil:
		case strings.Contains(string(b[:n]), password):
			_, _ = c.Write([]byte{0x20, 2, 0, 0}) // the probe disconnects if it does not like it
		default:
			_, _ = c.Write([]byte{0x20, 2, 0, 5}) // not authorized
		}
	}
}

// inputOf returns a run of a module's probe with its defaults, and with grants for
// what the values name.
func inputOf(t *testing.T, m *module, probe string, values manifest.Values) plugins.Input {
	t.Helper()
	p, _ := m.Manifest.Probe(probe)
	written, all := map[string]bool{}, manifest.Values{}
	for name, v := range values {
		written[name], all[name] = true, v
	}
	for _, o := range p.Options {
		if _, set := all[o.Name]; set || o.Default == nil {
			continue
		}
		v, err := o.Convert(o.Default)
		if err != nil {
			t.Fatal(err)
		}
		all[o.Name] = v
	}
	set, _ := grant.Effective(grant.Request{Probe: p, Values: all, Written: written, Bundled: m.Embedded(), Secret: secret.In(p, all)})
	return plugins.Input{Integration: "i", Probe: probe, Values: all, Grants: set, Timeout: time.Minute}
}

// What the host does for an integration reaches only the integration's own
// targets, whatever a plugin that does not ship with vega asks for: its
// authentication is not sent to a second origin, and the echo of it that the
// plugin gets back is a placeholder, which is refused there.
func TestStrangerGetsNoAuthentication(t *testing.T) {
	const token = "an-operator's-bearer-token"
	own, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("Authorization"))
	})
	var stolen []string
	other, _ := counted(t, func(_ http.ResponseWriter, r *http.Request) {
		stolen = append(stolen, fmt.Sprint(r.Header, r.URL))
	})
	probe := &manifest.Probe{
		Options:      []manifest.Option{{Name: "url", Type: manifest.URL}},
		Capabilities: []manifest.Capability{{Kind: manifest.HTTP, From: []string{"url"}}},
	}
	q := grant.Request{Probe: probe, Values: manifest.Values{"url": manifest.Plain(own.URL)}, Written: map[string]bool{"url": true}, Secret: true}
	rule, err := grant.Parse(manifest.HTTP, "GET "+other.URL)
	if err != nil {
		t.Fatal(err)
	}
	rule.Origin = grant.FromBlock
	q.Block.Rules = []grant.Rule{rule}
	granted, _ := grant.Effective(q)
	network := egress.New("")
	vault, err := secret.NewVault(probe, q.Values)
	if err != nil {
		t.Fatal(err)
	}
	s := network.Session(&granted, vault, nil)
	s.Transport = &transport.Options{Auth: transport.Auth{Token: manifest.Text{{Text: token, Secret: true}}}}
	resp, err := s.HTTP(t.Context(), &egress.Request{Method: "GET", URL: own.URL})
	if err != nil {
		t.Fatal(err)
	}
	echoed, err := io.ReadAll(resp.Body)
	if err != nil || strings.Contains(string(echoed), token) || !strings.HasPrefix(string(echoed), "Bearer ") {
		t.Errorf("the plugin sees %q, %v", echoed, err)
	}
	for _, header := range []string{string(echoed), strings.TrimPrefix(string(echoed), "Bearer ")} {
		if _, err := s.HTTP(t.Context(), &egress.Request{Method: "GET", URL: other.URL, Header: []egress.Field{{Name: "X-Copy", Value: header}}}); egress.Code(err) != abi.ErrDenied {
			t.Errorf("%v", err)
		}
	}
	if len(stolen) != 0 {
		t.Errorf("the second origin got %q", stolen)
	}
}
