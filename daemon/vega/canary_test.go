package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
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
	dir := t.TempDir()
	write(t, dir, "secret.txt", canary+"\n")
	write(t, dir, "vega.hcl", fmt.Sprintf(canaryConfig, web.URL, fixtures.Refused(t), strings.TrimPrefix(web.URL, "http://"), rude))
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
		"/admin/integrations/nowhere", "/admin/integrations/health?timeout=no", "/admin/nowhere?" + "q=1",
	} {
		status, body := p.get(path)
		outputs[path] = fmt.Sprint(status, body)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	outputs["output and log"] = p.written()
	for name, text := range kept(t, dir) {
		outputs["file "+name] = text
	}
	for place, text := range outputs {
		if i := strings.Index(text, "5ecret"); i >= 0 {
			t.Errorf("%s has the secret: …%s…", place, text[max(0, i-200):min(len(text), i+100)])
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
