package daemon

import (
	"errors"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/daemon/heartbeat"
	"vega/policies/check"
	"vega/store"
)

const beatToken = "0123456789abcdef0123"

func beatHCL(token string) string {
	return "integration \"job\" {\n  probe    = core.heartbeat\n  interval = \"1h\"\n  for_each = { \"a.b\" = \"" + token + "\" }\n  config {\n    token = each.value\n  }\n}\n"
}

// TestHeartbeatSurvivesARestart checks a heartbeat with the real store: its pushes are
// its history, and its state outlives a restart and a new token.
func TestHeartbeatSurvivesARestart(t *testing.T) {
	h := build(t, "")
	h.bundle()
	h.reload(beatHCL(beatToken))
	for _, kind := range []heartbeat.Kind{heartbeat.Start, heartbeat.Fail} {
		if p, err := h.Push(t.Context(), "job.a.b", beatToken, heartbeat.Event{Kind: kind, Message: "disk full", Took: -1}); err != nil || p.NextBy == nil {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	h.restart()
	if r := h.lastReport("job.a.b"); !r.Stored || r.Status != check.Unhealthy || r.Cause != check.Target || r.Message != "the job failed: disk full" {
		t.Errorf("after a restart: %+v", r)
	}
	health := h.ask(engine.Query{})
	if len(health.Integrations) != 1 || health.Integrations[0].Status != check.Unhealthy {
		t.Errorf("%+v", health)
	}
	page, err := h.Runs(t.Context(), store.RunQuery{Integration: "job.a.b"})
	if err != nil || len(page.Runs) != 2 || page.Runs[0].Details["event"] != "fail" || page.Runs[1].Details["event"] != "start" || page.Runs[0].Digest == "" {
		t.Fatalf("%+v, %v", page.Runs, err)
	}
	if page.Runs[0].Metrics[0].Name != "duration" {
		t.Errorf("%+v", page.Runs[0].Metrics)
	}

	h.reload(beatHCL("another-token-0123456789"))
	if r := h.lastReport("job.a.b"); r.Status != check.Unhealthy {
		t.Errorf("with another token: %+v", r)
	}
	for _, token := range []string{beatToken, "another-token-0123456780", ""} {
		if _, err := h.Push(t.Context(), "job.a.b", token, heartbeat.Event{Kind: heartbeat.Success}); !errors.Is(err, engine.ErrNoHeartbeat) {
			t.Errorf("%q: %v", token, err)
		}
	}
	if _, err := h.Push(t.Context(), "job.a.b", "another-token-0123456789", heartbeat.Event{Kind: heartbeat.Success, Took: -1}); err != nil {
		t.Error(err)
	}
	if r := h.lastReport("job.a.b"); r.Stored || r.Status != check.Healthy {
		t.Errorf("%+v", r)
	}
	h.Drain()
	if _, err := h.Push(t.Context(), "job.a.b", "another-token-0123456789", heartbeat.Event{Kind: heartbeat.Success}); !errors.Is(err, ErrClosing) {
		t.Errorf("while vega shuts down: %v", err)
	}
}

// TestPushHidesSecrets checks that the output of a job, which may contain any secret that
// vega has too, is kept without them, also where the message is cut.
func TestPushHidesSecrets(t *testing.T) {
	h := build(t, "")
	h.bundle()
	const other, password = "another-token-0123456789", "pass-w0rd-of-the-database"
	h.reload(beatHCL(beatToken) + `
database "app" {
  driver = "postgres"
  dsn    = "postgres://app:` + password + `@127.0.0.1:1/x"
}
integration "second" {
  probe    = core.heartbeat
  interval = "1h"
  config {
    token = "` + other + `"
  }
}
`)
	for _, message := range []string{"Bearer " + other + ", postgres://app:" + password + "@db", strings.Repeat("x", heartbeat.MaxMessage-15) + password} {
		if _, err := h.Push(t.Context(), "job.a.b", beatToken, heartbeat.Event{Kind: heartbeat.Fail, Message: message, Took: -1}); err != nil {
			t.Fatal(err)
		}
		if got := h.lastReport("job.a.b").Message; strings.Contains(got, other) || strings.Contains(got, "pass-") || !strings.Contains(got, "(secret") {
			t.Errorf("%s", got)
		}
	}
}
