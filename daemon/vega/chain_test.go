package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vega/plugins/manifest"
)

// TestCorrelationIDFollowsRequest follows a correlation ID and a trace from the
// request's header through the runs it causes, the lines their guests log, the
// queries and requests they make and the history, to the answer.
func TestCorrelationIDFollowsRequest(t *testing.T) {
	t.Parallel()
	const (
		id     = "demo-1"
		trace  = "0af7651916cd43dd8448eb211c80319c"
		parent = "00-" + trace + "-b7ad6b7169203331-01"
	)
	var mu sync.Mutex
	var arrived []http.Header
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		arrived = append(arrived, r.Header.Clone())
	}))
	defer target.Close()

	dir := t.TempDir()
	logging := manifest.Manifest{ABI: "vega_v1", Name: "logs", Version: "1", Probes: []manifest.Probe{
		{Name: "fine"}, {Name: "work"}, {Name: "calls", Options: []manifest.Option{{Name: "name", Type: manifest.String}}},
	}}
	bare, err := os.ReadFile("../../plugins/testdata/guests/c.wasm")
	if err != nil {
		t.Fatal(err)
	}
	packed, err := manifest.Pack(bare, &logging)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "plugins"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "plugins"), "logs.wasm", string(packed))
	write(t, dir, "vega.hcl", fmt.Sprintf(`
log {
  level = "debug"
}
database "shop" {
  driver = "sqlite"
  dsn    = "shop.db"
}
integration "web" {
  probe    = core.http
  interval = "0s"
  config {
    url = %q
  }
}
integration "data" {
  probe    = core.database
  interval = "0s"
  config {
    database = database.shop
    query    = "SELECT 42 AS followed"
  }
}
integration "guest" {
  probe    = logs.calls
  interval = "0s"
}
`, target.URL))
	write(t, dir, "shop.db", "")
	vega := serveWith(t, dir, os.Environ())
	ask := func(path string, headers map[string]string) (http.Header, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, vega.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-API-Key", vega.key)
		for name, value := range headers {
			r.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.Header, string(body)
	}

	head, body := ask("/admin/integrations/health", map[string]string{"X-Correlation-ID": id, "Traceparent": parent, "Tracestate": "shop=1"})
	if head.Get("X-Correlation-ID") != id || !strings.Contains(body, `"correlation_id":"`+id+`"`) {
		t.Errorf("answer: %v %s", head, body)
	}
	mu.Lock()
	if len(arrived) != 1 || arrived[0].Get("Traceparent") != parent || arrived[0].Get("Tracestate") != "shop=1" {
		t.Errorf("headers at the target: %v", arrived)
	}
	mu.Unlock()
	for _, line := range []string{`"msg":"request"`, `"msg":"run","integration":"web"`, `"msg":"run","integration":"data"`, `"msg":"run","integration":"guest"`, `"line":"called"`} {
		vega.until(line, func() bool { return followed(vega.written(), line, id, trace) })
	}
	for _, name := range []string{"web", "data", "guest"} {
		vega.until("run of "+name+" in the history", func() bool {
			_, body := ask("/admin/integrations/"+name+"/runs", nil)
			return strings.Contains(body, `"correlation_id":"`+id+`"`)
		})
	}
	var stats struct {
		Databases []struct {
			Name          string
			RecentQueries []struct {
				Statement     string
				CorrelationID string `json:"correlation_id"`
			} `json:"recent_queries"`
		}
	}
	_, body = ask("/admin/database/stats", nil)
	if err := json.Unmarshal([]byte(body), &stats); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, d := range stats.Databases {
		for _, q := range d.RecentQueries {
			found = found || d.Name == "shop" && strings.Contains(q.Statement, "SELECT ? AS followed") && q.CorrelationID == id
		}
	}
	if !found {
		t.Errorf("no query with the correlation ID: %s", body)
	}

	// A request without a correlation ID takes that of its trace. Without a valid
	// trace, the target receives none.
	if head, _ := ask("/admin/integrations/health?name=web", map[string]string{"Traceparent": parent}); head.Get("X-Correlation-ID") != trace {
		t.Errorf("%v", head)
	}
	ask("/admin/integrations/health?name=web", map[string]string{"Traceparent": "00-nonsense"})
	mu.Lock()
	if len(arrived) != 3 || arrived[1].Get("Traceparent") != parent || arrived[1].Get("Tracestate") != "" || arrived[2].Get("Traceparent") != "" {
		t.Errorf("headers at the target: %v", arrived)
	}
	mu.Unlock()
	if err := vega.stop(); err != nil {
		t.Error(err)
	}
}

// followed reports whether the log has the line with both IDs.
func followed(log, line, id, trace string) bool {
	for l := range strings.Lines(log) {
		if strings.Contains(l, line) && strings.Contains(l, `"correlation_id":"`+id+`"`) && strings.Contains(l, `"trace_id":"`+trace+`"`) {
			return true
		}
	}
	return false
}
