package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"vega/plugins/core/fixtures"
)

// canary is the value of every secret in canaryConfig. The targets receive it and
// echo everything they receive, but nothing that vega prints, logs, answers or
// stores may contain it.
const canary = "c4nary-5ecret-b1rd"

const canaryConfig = `
server {
  api_key = env("CANARY_KEY")
  key "ci" {
    value = env("CANARY_KEY2")
  }
}
log {
  level = "debug"
}
llm {
  base_url = env("CANARY_URL")
}
telemetry {
  otlp {
    endpoint = "%[5]s"
    headers  = { X-Otlp-Key = env("CANARY"), Authorization = "Bearer ${env("CANARY")}" }
    interval = "1s"
  }
  statsd {
    address = "%[6]s"
    tags    = true
  }
}
scrape_module "web" {
  probe   = core.http
  targets = ["%[1]s/probed"]
  config {
    headers = { Authorization = env("CANARY") }
  }
}
metric "runs" {
  database = database.vega
  query    = "SELECT integration, count(*) AS n FROM runs GROUP BY integration"
  value    = "n"
  labels   = ["integration"]
  interval = "1s"
  timeout  = "1s"
}
database "app" {
  driver = "postgres"
  dsn    = "postgres://vega:${env("CANARY")}@%[2]s/app"
}
integration "header" {
  probe = core.http
  config {
    url         = "%[1]s/h"
    method      = "POST"
    headers     = { Authorization = "Bearer ${env("CANARY")}", X-Whole = env("CANARY") }
    body        = "{\"token\": \"${env("CANARY")}\"}"
    expect_body = "not to be found"
  }
}
integration "query" {
  probe = core.web_fetch
  config {
    url           = "%[1]s/q?token=${env("CANARY")}"
    expect_status = [201]
  }
}
integration "whole-url" {
  probe = core.http
  config {
    url         = env("CANARY_URL")
    expect_json = { "token" = "x" }
  }
}
integration "userinfo" {
  probe = core.http
  config {
    url          = "http://user:${env("CANARY")}@%[3]s/u"
    expect_regex = "never"
  }
}
integration "from-file" {
  probe = core.http
  config {
    url     = "%[1]s/f"
    headers = { X-Token = file("secret.txt") }
    expect_body = file("secret.txt")
  }
}
integration "llm" {
  probe = core.llm
  config {
    base_url = llm.base_url
    api_key  = env("CANARY")
  }
}
integration "redis" {
  probe = core.redis
  config {
    address  = "%[4]s"
    password = env("CANARY")
  }
}
integration "store" {
  probe = core.database
  config {
    database = database.vega
  }
}
integration "tcp" {
  probe   = core.tcp
  timeout = "1s"
  config {
    address = "%[4]s"
    send    = "AUTH ${env("CANARY")}\r\n"
    expect  = "+OK"
  }
}
integration "database" {
  probe = core.database
  config {
    database = database.app
    query    = "SELECT 1"
  }
}
integration "osint" {
  probe = core.osint
  config {
    shodan_key = env("CANARY")
    shodan_url = "%[1]s"
  }
}
integration "slack" {
  probe = core.slack
  config {
    webhook_url = env("CANARY_URL")
    bot_token   = env("CANARY")
    base_url    = "%[1]s/api"
  }
}
integration "home_assistant" {
  probe = core.home_assistant
  config {
    base_url = "%[1]s"
    token    = "${env("CANARY")}"
  }
}
integration "refused" {
  probe = core.http
  config {
    url = "http://%[2]s/?token=${env("CANARY")}"
  }
}
integration "denied" {
  probe = core.http
  config {
    url     = "%[1]s/away"
    headers = { Authorization = env("CANARY") }
  }
}
`

// TestCanary uses secrets everywhere the configuration takes one, and searches
// everything that vega outputs and stores for them.
func TestCanary(t *testing.T) {
	t.Parallel()
	var received atomic.Int64
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		all := fmt.Sprintf("%s %s %q %s", r.RequestURI, body, r.Header, strings.Join(r.Header["Authorization"], " "))
		if strings.Contains(all, canary) || strings.HasPrefix(r.Header.Get("Authorization"), "Basic ") {
			received.Add(1)
		}
		w.Header().Set("X-Echo", all)
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://away.invalid/"+canary+"?"+canary, http.StatusFound)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, all)
	})
	web := httptest.NewServer(echo)
	t.Cleanup(web.Close)
	rude := fixtures.Listen(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if strings.Contains(line, canary) {
				received.Add(1)
			}
			if _, err := fmt.Fprintf(c, "-ERR you said %s\r\n", strings.TrimSpace(line)); err != nil {
				return
			}
		}
	})
	sinks := newSinks(t)
	dir := t.TempDir()
	write(t, dir, "secret.txt", canary+"\n")
	write(t, dir, "vega.hcl", fmt.Sprintf(canaryConfig, web.URL, fixtures.Refused(t), strings.TrimPrefix(web.URL, "http://"), rude, sinks.otlp.URL, sinks.statsd.LocalAddr()))
	environment := append(os.Environ(), "CANARY="+canary, "CANARY_URL="+web.URL+"/hooks/"+canary+"?k="+canary, "CANARY_KEY="+canary+"-key-1", "CANARY_KEY2="+canary+"-key-2")

	outputs := map[string]string{}
	for name, args := range map[string][]string{
		"check": {"check"}, "check as JSON": {"check", "--format", "json"}, "explain": {"check", "--explain", "header"}, "check with an error": {"check", "nowhere"},
		"validate": {"validate", "config", "--online"}, "validate as JSON": {"validate", "config", "--online", "--format", "json"},
		"validate as SARIF": {"validate", "config", "--online", "--format", "sarif"}, "validate for GitHub": {"validate", "config", "--online", "--format", "github"},
	} {
		cmd := command(t, dir, args...)
		cmd.Env = environment
		out, _ := cmd.CombinedOutput() // the exit code is the worst status
		outputs[name] = string(out)
	}
	p := serveWith(t, dir, environment)
	p.key = canary + "-key-2"
	for _, path := range []string{
		"/admin/integrations/health?name=store", "/admin/integrations/health", "/admin/integrations/header", "/admin/integrations/userinfo", "/admin/plugins", "/admin/config/validate",
		"/probe?module=web&target=" + web.URL + "/probed", "/admin/integrations/nowhere", "/admin/integrations/health?timeout=no", "/admin/nowhere?" + "q=1",
	} {
		status, body := p.get(path)
		outputs[path] = fmt.Sprint(status, body)
	}
	outputs["metrics"] = scraped(t, p, canary+"-key-2")
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	sinks.add(t, outputs)
	outputs["output and log"] = p.written()
	for name, text := range kept(t, dir) {
		outputs["file "+name] = text
	}
	for place, text := range outputs {
		if i := strings.Index(text, "5ecret"); i >= 0 {
			t.Errorf("%s has the secret: …%s…", place, text[max(0, i-200):min(len(text), i+100)])
		}
	}
	for place, text := range outputs {
		if strings.HasPrefix(place, "/probe") && !strings.Contains(text, "probe_http_status_code 418") {
			t.Errorf("%s: %s", place, text)
		}
	}
	for _, place := range []string{"validate", "validate as JSON", "validate as SARIF", "validate for GitHub"} {
		if !strings.Contains(outputs[place], "VEGA100") {
			t.Errorf("%s reports no run: %s", place, outputs[place])
		}
	}
	if n := received.Load(); n < 20 {
		t.Errorf("the targets received the secret %d times, want at least 20", n)
	}
	if !strings.Contains(outputs["/admin/integrations/health"], "(secret)") || !strings.Contains(outputs["output and log"], `"level":"DEBUG"`) {
		t.Errorf("nothing was redacted, or nothing was logged at level debug, so this test can't fail\n%s\n%s", outputs["/admin/integrations/health"], outputs["output and log"])
	}
	t.Logf("the targets received the secret %d times; searched %d outputs", received.Load(), len(outputs))
}

// sinks receive what vega exports, and keep it.
type sinks struct {
	otlp   *httptest.Server
	statsd net.PacketConn
	mu     sync.Mutex
	texts  map[string]string
	keys   int // requests with the key
}

// newSinks returns a collector, whose first answer is an error that quotes the request,
// and a StatsD server.
func newSinks(t *testing.T) *sinks {
	t.Helper()
	s := &sinks{texts: map[string]string{}}
	s.otlp = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
			body, err = unzipped(body)
		}
		if err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.texts["OTLP "+r.URL.Path] == "" {
			http.Error(w, fmt.Sprintf("you said %q", r.Header), http.StatusBadRequest)
		}
		if r.Header.Get("Authorization") == "Bearer "+canary && r.Header.Get("X-Otlp-Key") == canary {
			s.keys++
		}
		s.texts["OTLP "+r.URL.Path] += string(body)
	}))
	t.Cleanup(s.otlp.Close)
	var err error
	if s.statsd, err = new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.statsd.Close() })
	go func() {
		packet := make([]byte, 64<<10)
		for {
			n, _, err := s.statsd.ReadFrom(packet)
			if err != nil {
				return
			}
			s.mu.Lock()
			s.texts["StatsD"] += string(packet[:n])
			s.mu.Unlock()
		}
	}()
	return s
}

func unzipped(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// add adds what was received to outputs. It fails if an exporter sent nothing.
func (s *sinks) add(t *testing.T, outputs map[string]string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for place, part := range map[string]string{"OTLP /v1/traces": "http.route", "OTLP /v1/metrics": "vega_integration_status", "StatsD": "integration"} {
		if !strings.Contains(s.texts[place], part) {
			t.Errorf("%s received %d bytes, without %s", place, len(s.texts[place]), part)
		}
		outputs[place] = s.texts[place]
	}
	if s.keys == 0 {
		t.Error("no request to the collector had its key")
	}
}

// scraped returns what GET /metrics answers, in each format.
func scraped(t *testing.T, p *process, key string) string {
	t.Helper()
	var all strings.Builder
	for _, accept := range []string{"", "application/openmetrics-text", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.url+"/metrics", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", key)
		r.Header.Set("Accept", accept)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "vega_integration_status") {
			t.Errorf("%s, %v: %.200s", resp.Status, err, body)
		}
		all.Write(body)
	}
	return all.String()
}

// kept returns the files that vega wrote to its data directory.
func kept(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(dir, ".vega"), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		files[e.Name()] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
