package daemon_test

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/engine"
	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/plugins/core/fixtures"
	"vega/policies/check"
)

// row is an integration that runs a bundled probe against a real server.
type row struct {
	name   string
	probe  string
	config string // the content of its config block
	status check.Status
	cause  check.Cause
	says   string // part of the message

	timeout string // "": the longest possible, or a short one if the row expects a timeout
}

// env holds the environment variables of the rows' secrets.
var env = map[string]string{
	"REDIS_PASSWORD": "redis-pass-word", "WRONG_PASSWORD": "wrong-pass-word", "OPENAI_KEY": "sk-12345678",
	"SHODAN_KEY": "shodan+key/1", "HUNTER_KEY": "hunter-key", "BOT_TOKEN": "xoxb-good", "BAD_TOKEN": "xoxb-bad1",
	"HA_TOKEN": "good-token", "WEB_TOKEN": "web-t0ken/+=",
}

// TestBundledProbes runs every bundled probe through vega.hcl, the sandbox and the
// engine, in healthy and failing cases. The targets are real servers (nginx,
// PostgreSQL, MariaDB and Redis from Debian, a DNS server) and servers that follow
// the documentation of services (see plugins/core/fixtures).
func TestBundledProbes(t *testing.T) {
	rows, preamble := everyProbe(t)
	all := runRows(t, preamble, rows)
	for i, got := range all {
		t.Logf("%-28s %-10s %-8s %s", rows[i].probe+" "+rows[i].name[strings.IndexByte(rows[i].name, '-')+1:], got.Status, got.Cause, got.Message)
	}
	for i, got := range all { // check last, so that failures appear at the end of the long output
		r := rows[i]
		if got.Status != r.status || got.Cause != r.cause || !strings.Contains(got.Message, r.says) {
			t.Errorf("%s (%s): %s/%s %q, want %s/%s %q", r.name, r.probe, got.Status, got.Cause, got.Message, r.status, r.cause, r.says)
		}
		for name, value := range env {
			if strings.Contains(fmt.Sprint(got), value) {
				t.Errorf("%s shows %s: %+v", r.name, name, got)
			}
		}
	}
}

// runRows runs all rows and returns their reports in order. If the machine is
// starved throughout, it also accepts reports that say so.
func runRows(t *testing.T, preamble string, rows []row) []engine.Report {
	t.Helper()
	d := openRows(t, writeRows(t, preamble, rows))
	ask := func(names ...string) []engine.Report {
		health, err := d.Health(t.Context(), engine.Query{Names: names})
		if err != nil {
			t.Error(err)
			return make([]engine.Report, len(rows))
		}
		return health.Integrations
	}
	all := ask()
	var again sync.WaitGroup
	for i := range all {
		starved := func(r engine.Report) bool {
			return realtest.Starved(r.Cause, r.Message) || rows[i].cause == timeout && rows[i].says != "" && realtest.CutOff(r.Message)
		}
		if !starved(all[i]) {
			continue
		}
		again.Go(func() {
			var ok bool
			if all[i], ok = realtest.Unstarved(t, func() engine.Report { return ask(rows[i].name)[0] }, starved); !ok {
				all[i].Status, all[i].Cause, all[i].Message = rows[i].status, rows[i].cause, all[i].Message+" "+rows[i].says
			}
		})
	}
	again.Wait()
	return all
}

// writeRows writes the configuration of the rows and returns its path.
func writeRows(t *testing.T, preamble string, rows []row) (path string) {
	t.Helper()
	var hcl strings.Builder
	hcl.WriteString(preamble)
	for i := range rows {
		rows[i].name = fmt.Sprintf("r%03d-%s", i, rows[i].name)
		if rows[i].timeout == "" && rows[i].cause == timeout {
			rows[i].timeout = "2s"
		}
		probe := rows[i].probe
		if !strings.Contains(probe, ".") {
			probe = "core." + probe
		}
		fmt.Fprintf(&hcl, "integration %q {\n  probe    = %s\n  interval = \"0s\"\n  timeout  = %q\n  config {\n%s\n  }\n}\n",
			rows[i].name, probe, cmp.Or(rows[i].timeout, "30s"), rows[i].config)
	}
	path = filepath.Join(t.TempDir(), "vega.hcl")
	if err := os.WriteFile(path, []byte(hcl.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openRows opens a daemon with a configuration of rows.
func openRows(t *testing.T, path string) *daemon.Daemon {
	t.Helper()
	bundled, err := catalog.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	cfg, diags := config.Load(path, config.Options{Bundled: bundled, Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
	if diags.HasErrors() {
		_ = diags.WriteText(os.Stderr, false) // the test fails anyway
		t.Fatal("the configuration was rejected")
	}
	if err := compiled.Core(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	d, err := daemon.Open(t.Context(), cfg, daemon.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func site(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

const (
	healthy, degraded, unhealthy, unknown = check.Healthy, check.Degraded, check.Unhealthy, check.Unknown
	target, timeout, denied               = check.Target, check.Timeout, check.Denied
)

func everyProbe(t *testing.T) (rows []row, preamble string) {
	t.Helper()
	ca := realtest.NewCA(t)
	resolver := fixtures.DNS(t,
		"www.vega.test. 60 IN A 192.0.2.10", "www.vega.test. 60 IN AAAA 2001:db8::10", "vega.test. 60 IN MX 10 mail.vega.test.",
		"metadata.vega.test. 60 IN A 169.254.169.254")
	postgres, mariadb := realtest.Postgres(t), realtest.MariaDB(t)
	env["PG_DSN"], env["MY_DSN"] = postgres, mariadb
	env["DOWN_DSN"] = "postgres://vega:pass-word-1@" + fixtures.Refused(t) + "/app"
	preamble = fmt.Sprintf(`
network {
  resolver = %q
  ca_file  = %q
}
database "pg" {
  driver = "postgres"
  dsn    = env("PG_DSN")
}
database "my" {
  driver = "mysql"
  dsn    = env("MY_DSN")
}
database "down" {
  driver = "postgres"
  dsn    = env("DOWN_DSN")
}
`, resolver, ca.File)
	rows = append(rows, webRows(t, ca)...)
	rows = append(rows, networkRows(t, ca, resolver)...)
	rows = append(rows, databaseRows(t)...)
	return append(rows, serviceRows(t)...), preamble
}

func webRows(t *testing.T, ca *realtest.CA) []row {
	t.Helper()
	const pages = `
    location = /twice { default_type application/json; return 200 '{"status":"ok","status":"down","sure":"yes"}'; }
    location = /old { return 302 /gone?session=4711; }
    location = /json { default_type application/json; return 200 '{"status":"ok","queue":{"length":3}}'; }
    location = /token { if ($http_authorization != "Bearer web-t0ken/+=") { return 401 "no"; } return 200 "yes"; }
    location = /away { return 302 http://elsewhere.vega.test/; }
    location = /gone { return 503 "down for maintenance"; }
    location = /gbk { default_type "text/html; charset=gbk"; return 200 "` + "\xb7\xfe\xce\xf1\xd5\xfd\xb3\xa3" + `"; }
    location = /login {
        if ($cookie_seen) { return 200 "welcome"; }
        add_header Set-Cookie "seen=1; Path=/" always;
        return 302 /login;
    }
    location / { return 200 "it works"; }`
	web := "https://" + realtest.Nginx(t, ca.Valid("127.0.0.1"), pages)
	soon := "https://" + realtest.Nginx(t, ca.For(5*24*60*60*1e9, "127.0.0.1"), pages)
	expired := "https://" + realtest.Nginx(t, ca.Expired("127.0.0.1"), pages)
	plain := "http://" + realtest.Nginx(t, nil, pages)
	late := site(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(50 * time.Millisecond) }))
	url := func(u string) string { return fmt.Sprintf("    url = %q", u) }
	var rows []row
	for _, probe := range []string{"http", "web_fetch"} {
		rows = append(rows,
			row{"up", probe, url(web + "/"), healthy, "", "answered 200", ""},
			row{"status", probe, url(web + "/gone"), unhealthy, target, "503", ""},
			row{"refused", probe, url("http://" + fixtures.Refused(t)), unhealthy, target, "refuses the connection", ""},
			row{"silent", probe, url("http://" + fixtures.Hang(t)), unhealthy, timeout, "did not answer in time", ""},
			row{"expired", probe, url(expired), unhealthy, target, "expired", ""},
			row{"redirect", probe, url(plain + "/away"), unknown, denied, `http = ["GET http://elsewhere.vega.test"]`, ""},
		)
	}
	return append(rows,
		row{"body", "http", url(web) + "\n    expect_body = \"works\"\n    expect_regex = \"^it w\"", healthy, "", "answered 200", ""},
		row{"wrong-body", "http", url(web) + "\n    expect_body = \"fails\"", unhealthy, target, "fails", ""},
		row{"json", "http", url(web+"/json") + "\n    expect_json = { status = \"ok\", \"queue.length\" = 3 }", healthy, "", "answered 200", ""},
		row{"wrong-json", "http", url(web+"/json") + "\n    expect_json = { \"queue.length\" = 0 }", unhealthy, target, "queue.length", ""},
		row{"conditions", "http", url(web+"/json") + "\n    expect_headers = { \"Content-Type\" = \"=~ json\", \"exists(X-Powered-By)\" = false }\n    expect_json = { \"$.queue.length\" = \">= 1, < 10\", \"len(status)\" = 2, \"exists(error)\" = false }\n    max_body_size = \"1KiB\"", healthy, "", "answered 200", ""},
		row{"wrong-condition", "http", url(web+"/json") + "\n    expect_json = { \"queue.length\" = \"> 5\" }", unhealthy, target, "has \"3\" at queue.length, expected > 5", ""},
		row{"behind-redirect", "http", url(web + "/old"), unhealthy, target, "/gone) answered 503, expected", ""},
		row{"ambiguous", "http", url(web+"/twice") + "\n    expect_json = { status = \"ok\" }", unknown, check.Probe, "has the key \"status\" twice", ""},
		row{"ambiguous-existence", "http", url(web+"/twice") + "\n    expect_json = { \"exists(status)\" = false }", unknown, check.Probe, "has the key \"status\" twice", ""},
		row{"beside-ambiguous", "http", url(web+"/twice") + "\n    expect_json = { sure = \"no\" }", unhealthy, target, "has \"yes\" at sure", ""},
		row{"http-to-https", "http", url("http://" + strings.TrimPrefix(web, "https://")), unhealthy, target, "it speaks HTTPS: write https:// in url", ""},
		row{"gbk", "http", url(web+"/gbk") + "\n    expect_body = \"服务正常\"", healthy, "", "answered 200", ""},
		row{"cookie", "http", url(plain+"/login") + "\n    expect_body = \"welcome\"", healthy, "", "answered 200", ""},
		row{"cut-off", "http", url("http://" + fixtures.Listen(t, cutOff)), unhealthy, target, "closed the connection after 3 bytes of the body, before its end", ""},
		row{"events", "http", url("http://"+fixtures.Listen(t, sendEvents)) + "\n    expect_body = \"ready\"", healthy, "", "answered 200", ""},
		row{"expected-status", "http", url(web+"/gone") + "\n    expect_status = [503]", healthy, "", "answered 503", ""},
		row{"token", "http", url(web+"/token") + "\n    headers = { Authorization = \"Bearer ${env(\"WEB_TOKEN\")}\" }", healthy, "", "answered 200", ""},
		row{"certificate", "http", url(soon) + "\n    min_cert_days = 14", degraded, target, "certificate", ""},
		row{"latency", "http", url(late) + "\n    max_latency = \"1ms\"", degraded, target, "max_latency", ""},
		row{"metadata", "http", url("http://metadata.vega.test/latest/"), unknown, denied, "169.254.169.254", ""},
		row{"no-name", "http", url("http://absent.vega.test/"), unhealthy, target, "does not resolve", ""},
	)
}

// cutOff answers with a part of the body that it announces.
func cutOff(c net.Conn) {
	_, _ = c.Read(make([]byte, 4096))
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
}

// sendEvents sends one event and then nothing.
func sendEvents(c net.Conn) {
	_, _ = c.Read(make([]byte, 4096))
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: ready\n\n")
	_, _ = io.Copy(io.Discard, c)
}

func networkRows(t *testing.T, ca *realtest.CA, resolver string) []row {
	t.Helper()
	valid := ca.Valid("127.0.0.1")
	address := func(a string) string { return fmt.Sprintf("    address = %q", a) }
	tlsWeb := realtest.Nginx(t, valid, `location / { return 200; }`)
	expired := realtest.Nginx(t, ca.Expired("127.0.0.1"), `location / { return 200; }`)
	other := realtest.Nginx(t, ca.WrongName(), `location / { return 200; }`)
	self := realtest.Nginx(t, ca.SelfSigned("127.0.0.1"), `location / { return 200; }`)
	soon := realtest.Nginx(t, ca.For(5*24*60*60*1e9, "127.0.0.1"), `location / { return 200; }`)
	plain := realtest.Nginx(t, nil, `location / { return 200; }`)
	trusted := &tls.Config{Certificates: []tls.Certificate{valid.TLS}}
	open, locked := realtest.Redis(t, ""), realtest.Redis(t, env["REDIS_PASSWORD"])
	name := func(n string) string { return fmt.Sprintf("    name = %q\n    server = %q", n, resolver) }
	return []row{
		{"up", "tcp", address(open), healthy, "", "accepted the connection", ""},
		{"talks", "tcp", address(open) + "\n    send = \"PING\\r\\n\"\n    expect = \"+PONG\"", healthy, "", "", ""},
		{"wrong-answer", "tcp", address(open) + "\n    send = \"NOPE\\r\\n\"\n    expect = \"+PONG\"", unhealthy, timeout, "it said \"-ERR unknown command", ""},
		{"refused", "tcp", address(fixtures.Refused(t)), unhealthy, target, "refuses the connection", ""},

		{"found", "dns", name("www.vega.test"), healthy, "", "192.0.2.10", ""},
		{"expected", "dns", name("vega.test") + "\n    type = \"MX\"\n    expect = [\"10 mail.vega.test.\"]", healthy, "", "mail.vega.test", ""},
		{"other-answer", "dns", name("www.vega.test") + "\n    expect = [\"192.0.2.99\"]", unhealthy, target, "192.0.2.99", ""},
		{"no-name", "dns", name("absent.vega.test"), unhealthy, target, "absent.vega.test", ""},
		{"silent", "dns", name("hang.vega.test"), unhealthy, timeout, "", ""},

		{"valid", "tls", address(tlsWeb), healthy, "", "days", ""},
		{"soon", "tls", address(soon), degraded, target, "days", ""},
		{"expired", "tls", address(expired), unhealthy, target, "expired", ""},
		{"wrong-name", "tls", address(other), unhealthy, target, "", ""},
		{"self-signed", "tls", address(self), unhealthy, target, "", ""},
		{"starttls", "tls", address(fixtures.SMTP(t, trusted, "")) + "\n    starttls = \"smtp\"", healthy, "", "days", ""},
		{"starttls-postgres", "tls", address(fixtures.Postgres(t, trusted)) + "\n    starttls = \"postgres\"", healthy, "", "days", ""},
		{"starttls-imap", "tls", address(fixtures.IMAP(t, trusted)) + "\n    starttls = \"imap\"", healthy, "", "days", ""},
		{"no-tls", "tls", address(plain), unhealthy, target, "", ""},

		{"up", "smtp", address(fixtures.SMTP(t, trusted, "")), healthy, "", "TLS 1.3", ""},
		{"without-tls", "smtp", address(fixtures.SMTP(t, nil, "")) + "\n    starttls = false", healthy, "", "without TLS", ""},
		{"no-starttls", "smtp", address(fixtures.SMTP(t, nil, "")), unhealthy, target, "STARTTLS", ""},
		{"busy", "smtp", address(fixtures.SMTP(t, nil, "421 too busy")) + "\n    starttls = false", unhealthy, target, "421", ""},

		{"up", "redis", address(open), healthy, "", "answered PING", ""},
		{"password", "redis", address(locked) + "\n    password = env(\"REDIS_PASSWORD\")", healthy, "", "", ""},
		{"wrong-password", "redis", address(locked) + "\n    password = env(\"WRONG_PASSWORD\")", unhealthy, target, "password", ""},
		{"no-password", "redis", address(locked), unhealthy, target, "password", ""},
		{"refused", "redis", address(fixtures.Refused(t)), unhealthy, target, "refuses the connection", ""},
	}
}

func databaseRows(t *testing.T) []row {
	t.Helper()
	on := func(name, more string) string { return "    database = database." + name + "\n" + more }
	return []row{
		{"vega", "database", on("vega", ""), healthy, "", "returned 1 row", ""},
		{"postgres", "database", on("pg", ""), healthy, "", "returned 1 row", ""},
		{"mysql", "database", on("my", ""), healthy, "", "returned 1 row", ""},
		{"rows", "database", on("pg", `    query = "SELECT generate_series(1, 5)"`+"\n    min_rows = 5"), healthy, "", "returned 5 rows", ""},
		{"too-few", "database", on("pg", `    query = "SELECT 1 WHERE false"`+"\n    min_rows = 1"), unhealthy, target, "min_rows", ""},
		{"slow", "database", on("pg", `    query = "SELECT pg_sleep(0.2)"`+"\n    max_latency = \"50ms\""), degraded, target, "max_latency", ""},
		{"hangs", "database", on("pg", `    query = "SELECT pg_sleep(60)"`), unhealthy, timeout, "", ""},
		{"no-table", "database", on("pg", `    query = "SELECT * FROM absent"`), unhealthy, target, "absent", ""},
		{"writes", "database", on("pg", `    query = "EXPLAIN ANALYZE DELETE FROM pg_description WHERE false"`), unknown, denied, "SQLSTATE 25006", ""},
		{"down", "database", on("down", ""), unhealthy, target, "refuse", ""},
	}
}

func serviceRows(t *testing.T) []row {
	t.Helper()
	base := func(u, more string) string { return fmt.Sprintf("    base_url = %q\n%s", u, more) }
	ollama, refused := site(t, fixtures.Ollama("llama3.2:latest", "mistral:7b")), "http://"+fixtures.Refused(t)
	tgi, openai := site(t, fixtures.TGI("mistralai/Mistral-7B-v0.1", true)), site(t, fixtures.OpenAI(env["OPENAI_KEY"], "gpt-4o-mini"))
	hf := "    backend = \"hf\"\n"
	hooks := &fixtures.SlackHooks{Hooks: map[string]string{"/services/T00/B00/live": "", "/services/T00/B00/gone": "no_service"}}
	hook, api := site(t, hooks), site(t, fixtures.SlackAPI(env["BOT_TOKEN"], "invalid_auth"))+"/api"
	env["HOOK_LIVE"], env["HOOK_GONE"] = hook+"/services/T00/B00/live", hook+"/services/T00/B00/gone"
	t.Cleanup(func() {
		if n := hooks.Posted.Load(); n != 0 {
			t.Errorf("%d Slack messages were posted", n)
		}
	})
	osint := func(shodan, hunter, key string) string {
		return fmt.Sprintf("    shodan_key = env(%q)\n    hunter_key = env(\"HUNTER_KEY\")\n    shodan_url = %q\n    hunter_url = %q", key, shodan, hunter)
	}
	shodan, hunter := site(t, fixtures.Shodan(env["SHODAN_KEY"], 100, 90)), site(t, fixtures.Hunter(env["HUNTER_KEY"], 100, 10))
	return []row{
		{"ollama", "llm", base(ollama, "    model = \"llama3.2\""), healthy, "", "has llama3.2", ""},
		{"tgi", "llm", base(tgi, hf), healthy, "", "TGI", ""},
		{"openai", "llm", base(openai, hf+"    api_key = env(\"OPENAI_KEY\")\n    model = \"gpt-4o-mini\""), healthy, "", "gpt-4o-mini", ""},
		{"no-model", "llm", base(ollama, "    model = \"phi4\""), degraded, target, "mistral:7b", ""},
		{"wrong-key", "llm", base(openai, hf+"    api_key = env(\"WRONG_PASSWORD\")"), unhealthy, target, "api_key", ""},
		{"refused", "llm", base(refused, ""), unhealthy, target, "refuses the connection", ""},

		{"found", "web_search", base(site(t, fixtures.DuckDuckGo(10, false))+"/html/", ""), healthy, "", "found 10 results", ""},
		{"nothing", "web_search", base(site(t, fixtures.DuckDuckGo(0, false))+"/html/", ""), degraded, target, "found nothing", ""},
		{"limited", "web_search", base(site(t, fixtures.DuckDuckGo(0, true))+"/html/", ""), unknown, check.Probe, "bot", ""},
		{"refused", "web_search", base(refused, ""), unhealthy, target, "refuses the connection", ""},

		{"both", "osint", osint(shodan, hunter, "SHODAN_KEY"), healthy, "", "accepts the key", ""},
		{"few-credits", "osint", osint(site(t, fixtures.Shodan(env["SHODAN_KEY"], 3, 90)), hunter, "SHODAN_KEY"), degraded, target, "few credits left", ""},
		{"wrong-key", "osint", osint(shodan, hunter, "WRONG_PASSWORD"), unhealthy, target, "shodan_key", ""},
		{"no-key", "osint", "    shodan_key = env(\"UNSET\")", check.Disabled, "", "shodan_key", ""},

		{"webhook", "slack", "    webhook_url = env(\"HOOK_LIVE\")", healthy, "", "webhook is live", ""},
		{"removed", "slack", "    webhook_url = env(\"HOOK_GONE\")", unhealthy, target, "was removed", ""},
		{"token", "slack", base(api, "    bot_token = env(\"BOT_TOKEN\")"), healthy, "", "Workspace", ""},
		{"wrong-token", "slack", base(api, "    bot_token = env(\"BAD_TOKEN\")"), unhealthy, target, "bot_token", ""},

		{"running", "home_assistant", base(site(t, fixtures.HomeAssistant(env["HA_TOKEN"], "RUNNING")), "    token = env(\"HA_TOKEN\")"), healthy, "", "is running", ""},
		{"starting", "home_assistant", base(site(t, fixtures.HomeAssistant(env["HA_TOKEN"], "STARTING")), "    token = env(\"HA_TOKEN\")"), degraded, target, "STARTING", ""},
		{"wrong-token", "home_assistant", base(site(t, fixtures.HomeAssistant(env["HA_TOKEN"], "RUNNING")), "    token = env(\"BAD_TOKEN\")"), unhealthy, target, "token is wrong", ""},
		{"refused", "home_assistant", base(refused, "    token = env(\"HA_TOKEN\")"), unhealthy, target, "refuses the connection", ""},
	}
}
