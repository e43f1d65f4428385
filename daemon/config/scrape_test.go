package config

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// module loads a configuration with one module of GET /probe.
func module(t *testing.T, text string) *ScrapeModule {
	t.Helper()
	c, ds := load(t, text, Options{Bundled: shipped(t), Env: exampleEnv})
	if c == nil || len(c.ScrapeModules) != 1 {
		t.Fatalf("%s", shownText(t, ds))
	}
	return &c.ScrapeModules[0]
}

func TestScrapeModuleTakesOnlyItsTargets(t *testing.T) {
	http := module(t, `scrape_module "http_2xx" {
  probe   = core.http
  targets = ["https://*.example.com", "http://plain.example.com:8080", "https://one.example.org/health?full=1"]
}`)
	tcp := module(t, `scrape_module "tcp" {
  probe   = core.tcp
  targets = ["*.example.com:443", "10.0.0.0/8:22", "[2001:db8::/32]:22"]
}`)
	dns := module(t, `scrape_module "dns" {
  probe   = core.dns
  targets = ["8.8.8.8", "ns.example.com:5353"]
  config { name = "example.com" }
}`)
	names := module(t, `scrape_module "names" {
  probe   = core.dns
  from    = "name"
  targets = ["*.example.com", "example.com"]
}`)
	icmp := module(t, `scrape_module "icmp" {
  probe   = core.icmp
  targets = ["*.example.com", "10.0.0.0/8", "2001:db8::/32", "192.0.2.1"]
}`)
	socket := module(t, `scrape_module "websocket" {
  probe   = core.websocket
  targets = ["ws://*.example.com", "wss://one.example.org/feed"]
}`)
	docker := module(t, `scrape_module "docker" {
  probe   = core.docker
  targets = ["https://*.example.com:2376"]
}`)
	for _, c := range []struct {
		of     *ScrapeModule
		target string
		want   error
	}{
		{icmp, "a.example.com", nil},
		{icmp, "A.example.com.", nil},
		{icmp, "example.com", ErrNotAllowed},
		{icmp, "10.1.2.3", nil},
		{icmp, "::ffff:10.1.2.3", nil},
		{icmp, "11.1.2.3", ErrNotAllowed},
		{icmp, "2001:DB8::1", nil},
		{icmp, "2001:db9::1", ErrNotAllowed},
		{icmp, "192.0.2.1", nil},
		{icmp, "10.0.0.0/8", ErrTarget},
		{icmp, "0x0a.1.2.3", ErrTarget},
		{icmp, "a.example.com:80", ErrTarget},
		{icmp, "@10.0.0.2:53", ErrTarget},
		{icmp, "fe80::1%eth0", ErrTarget},
		{socket, "ws://a.example.com/any", nil},
		{socket, "a.example.com", nil},
		{socket, "wss://one.example.org/feed", nil},
		{socket, "wss://one.example.org/", ErrNotAllowed},
		{socket, "wss://a.example.com", ErrNotAllowed},
		{socket, "http://a.example.com", ErrTarget},
		{docker, "https://a.example.com:2376", nil},
		{docker, "/run/docker.sock", ErrTarget},
		{http, "https://a.example.com", nil},
		{http, "https://a.b.example.com/any?path", nil},
		{http, "HTTPS://a.example.com", nil},
		{http, "https://A.Example.COM:443/", nil},
		{http, "https://example.com", ErrNotAllowed},
		{http, "https://evil-example.com", ErrNotAllowed},
		{http, "https://a.example.com.evil.net", ErrNotAllowed},
		{http, "https://a.example.com:8443", ErrNotAllowed},
		{http, "http://a.example.com", ErrNotAllowed},
		{http, "https://user:secret@a.example.com", ErrTarget},
		{http, "https://evil.net#.example.com", ErrNotAllowed},
		{http, `https://evil.net\.example.com`, ErrTarget},
		{http, "plain.example.com:8080", nil},
		{http, "plain.example.com", ErrNotAllowed},
		{http, "https://one.example.org/health?full=1", nil},
		{http, "https://one.example.org/health", ErrNotAllowed},
		{http, "https://one.example.org/health/../admin?full=1", ErrNotAllowed},
		{http, "", ErrTarget},
		{http, "https://a.example.com/\r\nx", ErrTarget},
		{http, "https://a.example.com/ x", ErrTarget},
		{http, "ftp://a.example.com", ErrTarget},
		{tcp, "a.example.com:443", nil},
		{tcp, "a.example.com", ErrTarget},
		{tcp, "10.1.2.3:22", nil},
		{tcp, "[::ffff:10.1.2.3]:22", nil},
		{tcp, "11.1.2.3:22", ErrNotAllowed},
		{tcp, "10.1.2.3:23", ErrNotAllowed},
		{tcp, "0x0a.1.2.3:22", ErrTarget},
		{tcp, "[2001:db8::1]:22", nil},
		{tcp, "[2001:db9::1]:22", ErrNotAllowed},
		{tcp, "[fe80::1%eth0]:22", ErrTarget},
		{dns, "8.8.8.8", nil},
		{dns, "8.8.8.8:53", nil},
		{dns, "8.8.8.8:54", ErrNotAllowed},
		{dns, "ns.example.com:5353", nil},
		{names, "example.com", nil},
		{names, "A.example.com.", nil},
		{names, "@8.8.8.8:53", ErrTarget},
	} {
		if _, err := c.of.For(c.target); !errors.Is(err, c.want) {
			t.Errorf("%s of %s: %v, want %v", c.target, c.of.Name, err, c.want)
		}
	}
}

func TestScrapeModuleLeavesOutFromOfAnUnsetVariable(t *testing.T) {
	c, ds := load(t, `scrape_module "http_2xx" {
  probe   = core.http
  from    = env("NOT_SET")
  targets = ["https://a.example.com"]
}`, Options{Bundled: shipped(t), Env: func(string) (string, bool) { return "", false }})
	if c == nil || len(c.ScrapeModules) != 1 || c.ScrapeModules[0].From != "url" {
		t.Error(shownText(t, ds))
	}
}

func TestScrapeModuleGrantsOnlyTheTarget(t *testing.T) {
	m := module(t, `scrape_module "http_2xx" {
  probe   = core.http
  targets = ["https://*.example.com"]
  timeout = "3s"
  config { expect_status = [204] }
  tls { min_version = "1.3" }
}`)
	i, err := m.For("https://a.example.com/x")
	if err != nil {
		t.Fatal(err)
	}
	if got := i.Values["url"].(manifest.Text).Reveal(); got != "https://a.example.com/x" {
		t.Errorf("url is %s", got)
	}
	for _, r := range i.Grants.Rules {
		if r.Host != "a.example.com" || r.Port != 443 || r.Scheme != "https" {
			t.Errorf("granted: %v", r)
		}
	}
	if len(i.Grants.Rules) == 0 || i.Timeout != 3*time.Second || i.Transport.TLS.MinVersion != transport.Versions["1.3"] {
		t.Errorf("%+v", i)
	}
	if _, has := m.Values["url"]; has || len(m.Grants.Rules) > 0 {
		t.Error("the module changed")
	}
}

func TestScrapeModuleKeepsSecretsFromPatterns(t *testing.T) {
	_, ds := load(t, `scrape_module "with_token" {
  probe   = core.http
  targets = ["https://one.example.com", "https://*.example.com"]
  config { headers = { Authorization = "Bearer ${env("ORDERS_TOKEN")}" } }
}`, Options{Bundled: shipped(t), Env: func(string) (string, bool) { return "0123456789abcdef", true }})
	if len(ds) != 1 || ds[0].Code != diag.Unprotected || ds[0].Range.Start.Line != 3 {
		t.Errorf("%s", shownText(t, ds))
	}
}

func TestScrapeModuleReportsSecretsInPlainText(t *testing.T) {
	c, ds := load(t, `scrape_module "cache" {
  probe   = core.redis
  targets = ["redis.example.com:6379"]
  config { password = "password-of-redis" }
}
telemetry {
  otlp {
    endpoint = "https://otlp.example.com"
    headers  = { "api-key" = "0123456789abcdef" }
  }
}`, Options{Bundled: shipped(t)})
	if c == nil || len(ds) != 2 || ds[0].Code != diag.PlainSecret || ds[1].Code != diag.PlainSecret {
		t.Fatal(shownText(t, ds))
	}
	text := c.Redactor().Redact("0123456789abcdef password-of-redis") + shownText(t, ds)
	if strings.Contains(text, "0123456789abcdef") || strings.Contains(text, "password-of-redis") {
		t.Errorf("a secret is shown: %s", text)
	}
}
