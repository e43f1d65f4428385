package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// mark is text that sets window.pwned wherever it becomes part of a document.
const mark = `"'></title></script><script>pwned=1</script><img src=x onerror=pwned=1><svg onload=pwned=1>`

// hostileConfig has hostile text wherever a configuration, a target, a plugin or a caller
// may put any. %[1]s is the address of a target, %[2]s the mark in HCL.
const hostileConfig = `
integration "evil" {
  probe       = hostile.all
  interval    = "1s"
  group       = "bad ${"<b>"}"
  labels      = { team = %[2]s }
  description = %[2]s
  runbook     = "https://example.com/<script>pwned=1</script>?\"onclick='pwned=1'"
  depends_on  = [integration.refused]
}
integration "odd" {
  probe    = hostile.odd
  interval = "1s"
}
integration "refused" {
  probe    = core.http
  interval = "1s"
  config {
    url     = "%[1]s/<script>pwned=1</script>"
    headers = { X-Evil = %[2]s }
  }
}
integration "moved" {
  probe    = core.http
  interval = "1s"
  config {
    url = "%[1]s/moved"
  }
}
integration "shop-web" {
  probe    = core.http
  interval = "1s"
  for_each = { one = "1", two = "2", three = "3" }
  config {
    url = "%[1]s/fine?${each.value}"
  }
}
integration "beat" {
  probe    = core.heartbeat
  interval = "24h"
  config {
    token = env("TOKEN")
  }
}
integration "off" {
  probe   = core.http
  enabled = false
  config {
    url = "%[1]s/"
  }
}
metric "orders_open" {
  database = database.vega
  query    = "SELECT '<script>pwned=1</script>' AS state, 3 AS n UNION ALL SELECT '<img src=x onerror=pwned=1>', 4"
  value    = "n"
  labels   = ["state"]
  interval = "1s"
  help     = %[2]s
}
metric "broken" {
  database = database.vega
  query    = "SELECT '<script>pwned=1</script>' FROM no_such_table"
  value    = "n"
  interval = "1s"
}
store {
  slow_query = "1ms"
}
notifier "lost" {
  type = "webhook"
  url  = "%[1]s/moved"
}
alert "health-checks" {
  integrations = ["*"]
  status       = ["unhealthy", "degraded", "unknown"]
  after        = 1
  runbook      = "https://example.com/<script>pwned=1</script>"
}
status_page "public" {
  title        = %[2]s
  integrations = ["evil", "shop-web.*"]
  names        = { evil = %[2]s }
}
`

// hostile opens every page of a vega that shows hostile text everywhere.
func hostile(ctx context.Context, s *suite) error {
	target := httptest.NewServer(http.HandlerFunc(answerHostile))
	defer target.Close()
	plugin, err := s.hostilePlugin(ctx)
	if err != nil {
		return err
	}
	v, err := s.start(ctx, fmt.Sprintf(hostileConfig, target.URL, quoted(mark)), map[string][]byte{
		"plugins/hostile.wasm": plugin,
		"plugins/<script>pwned=1<img src=x onerror=pwned=1>.wasm": []byte(mark),
	})
	if err != nil {
		return err
	}
	err = s.lookAtHostile(ctx, v)
	return errors.Join(err, v.stop())
}

func (s *suite) lookAtHostile(ctx context.Context, v *vega) error {
	if err := v.fill(ctx); err != nil {
		return err
	}
	integrations, how := []string{"evil", "odd", "refused", "moved", "beat", "shop-web.one", "off"}, views
	if s.short {
		integrations, how = integrations[:2], []view{views[0], views[3], views[4]} // each width, scheme and script once
	}
	pages, err := v.pages(ctx, integrations...)
	if err != nil {
		return err
	}
	return s.look(ctx, v, "hostile-", pages, how)
}

// fill waits for incidents, and adds hostile text that callers give.
func (v *vega) fill(ctx context.Context) error {
	var list struct{ Incidents []struct{ ID int64 } }
	err := eventually(ctx, "an incident of each integration", func() (bool, error) {
		err := v.get(ctx, "/admin/incidents", &list)
		return len(list.Incidents) >= 3, err
	})
	if err != nil {
		return err
	}
	return errors.Join(
		v.post(ctx, "/v1/conversations", map[string]any{"session_id": mark, "source": mark, "model": mark, "prompt": mark, "response": strings.Repeat(mark+"\n", 200)}),
		v.post(ctx, "/admin/silences", map[string]any{"integrations": []string{"evil"}, "duration": "1h", "comment": mark}),
		v.post(ctx, fmt.Sprintf("/admin/incidents/%d/ack", list.Incidents[0].ID), map[string]any{"comment": mark}),
	)
}

// answerHostile answers as a target that attacks who looks at its answers.
func answerHostile(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Server", mark)
	w.Header().Set("Content-Type", mark)
	switch {
	case r.URL.Path == "/moved":
		w.Header().Set("Location", "http://elsewhere.example/<script>pwned=1</script>")
		w.WriteHeader(http.StatusFound)
	case r.URL.Path != "/fine":
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write([]byte(mark))
}

// quoted returns text as a string of HCL.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", "$${", "%{", "%%{").Replace(s) + `"`
}

// hostilePlugin builds a plugin whose results are hostile.
func (s *suite) hostilePlugin(ctx context.Context) ([]byte, error) {
	dir, err := os.MkdirTemp("", "vega-browser-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	project := filepath.Join(dir, "hostile")
	run := func(args ...string) {
		cmd := exec.CommandContext(ctx, s.program, args...)
		cmd.Dir = dir
		if out, e := cmd.CombinedOutput(); e != nil {
			err = errors.Join(err, fmt.Errorf("vega %s: %w\n%s", strings.Join(args, " "), e, out))
		}
	}
	run("plugin", "new", "hostile")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"main.go", "plugin.hcl"} {
		content, err := os.ReadFile(filepath.Join("testdata", "hostile", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(project, name), content, 0o600)
		}
		if err != nil {
			return nil, err
		}
	}
	run("plugin", "build", "-o", filepath.Join(dir, "out.wasm"), project)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "out.wasm"))
}
