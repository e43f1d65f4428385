package daemon

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/engine"
	"vega/policies/check"
)

// TestWaitForConnectionsDoesNotBlameTheDatabase checks that a check has the status
// unknown and the cause host if vega has no connection for it.
func TestWaitForConnectionsDoesNotBlameTheDatabase(t *testing.T) {
	dir := t.TempDir()
	database(t, dir, "app.db", 1)
	h := build(t, "")
	h.bundle()
	h.reload(fmt.Sprintf("database \"app\" {\n  driver = \"sqlite\"\n  dsn = %q\n}\nintegration \"honest\" {\n  probe = core.database\n  interval = \"0s\"\n  timeout = \"1s\"\n  config {\n    database = database.app\n    query = \"SELECT key FROM kv\"\n  }\n}\n", filepath.Join(dir, "app.db")))
	if got := h.status(); got != "honest=healthy" {
		t.Fatal(got)
	}
	for range 4 {
		rows, err := h.now.databases.Query(t.Context(), "app", "SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
	}
	r := h.ask(engine.Query{}).Integrations[0]
	if r.Status != check.Unknown || r.Cause != check.Host || !strings.Contains(r.Message, `other checks use all 4 connections that vega may open to database "app": use longer intervals`) {
		t.Errorf("%s %s: %s", r.Status, r.Cause, r.Message)
	}
}
