package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/engine"
)

// scrapes is the part of the fake daemon that answers GET /probe.
type scrapes struct{ scrape daemon.ScrapeQuery }

func (s *scrapes) Probe(ctx context.Context, q daemon.ScrapeQuery) ([]byte, error) {
	s.scrape = q
	switch q.Target {
	case "invalid":
		return nil, fmt.Errorf("%w: it is empty", config.ErrTarget)
	case "denied":
		return nil, config.ErrNotAllowed
	case "busy":
		return nil, engine.ErrBusy
	case "closing":
		return nil, engine.ErrClosing
	case "unknown":
		return nil, &daemon.UndecidedError{Reason: "the disk is full"}
	case "breaks":
		return nil, errors.New("secret inside")
	case "waits":
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if q.Module == "nobody" {
		return nil, &daemon.UnknownModuleError{Module: q.Module}
	}
	return []byte("# TYPE probe_success gauge\nprobe_success 1\n"), nil
}

func TestProbeAnswers(t *testing.T) {
	f := &fake{}
	a := New(f, discard)
	a.SetKeys([]Key{{Name: "prometheus", Value: key, Scopes: []Scope{Probe}}})
	for _, tt := range []struct {
		query, timeout string
		status         int
		detail         string
		want           daemon.ScrapeQuery
	}{
		{"module=m&target=t", "", 200, "", daemon.ScrapeQuery{Module: "m", Target: "t"}},
		{"target=http%3A%2F%2Fa%2F%3Fb%3Dc%26d", "10", 200, "", daemon.ScrapeQuery{Module: "http_2xx", Target: "http://a/?b=c&d", Timeout: 9500 * time.Millisecond}},
		{"module=&target=t&debug=false", "0.25", 200, "", daemon.ScrapeQuery{Module: "http_2xx", Target: "t"}},
		{"target=t", "1e300", 200, "", daemon.ScrapeQuery{Module: "http_2xx", Target: "t", Timeout: engine.MaxTimeout}},
		{"target=t", "-1", 200, "", daemon.ScrapeQuery{Module: "http_2xx", Target: "t"}},
		{"target=t", "NaN", 400, "X-Prometheus-Scrape-Timeout-Seconds", daemon.ScrapeQuery{}},
		{"target=t", "10s", 400, "not a number of seconds", daemon.ScrapeQuery{}},
		{"module=m", "", 400, "Target parameter is missing", daemon.ScrapeQuery{}},
		{"target=", "", 400, "Target parameter is missing", daemon.ScrapeQuery{}},
		{"module=nobody&target=t", "", 400, `Unknown module "nobody"`, daemon.ScrapeQuery{}},
		{"target=t&target=u", "", 400, "more than once", daemon.ScrapeQuery{}},
		{"target=t&hostname=h", "", 400, "unknown parameter", daemon.ScrapeQuery{}},
		{"target=t&debug=true", "", 400, "does not show settings", daemon.ScrapeQuery{}},
		{"target=invalid", "", 400, "the target is not valid", daemon.ScrapeQuery{}},
		{"module=m&target=denied", "", 403, `add it to targets of scrape_module "m"`, daemon.ScrapeQuery{}},
		{"target=busy", "", 503, "20 checks", daemon.ScrapeQuery{}},
		{"target=closing", "", 503, "shutting down", daemon.ScrapeQuery{}},
		{"target=unknown", "", 503, "vega can't tell: the disk is full", daemon.ScrapeQuery{}},
		{"target=breaks", "", 500, "internal error", daemon.ScrapeQuery{}},
	} {
		f.scrape = daemon.ScrapeQuery{}
		got := send(t, a, "GET", "/probe?"+tt.query, "Authorization", "Bearer "+key, timeoutHeader, tt.timeout)
		if got.Code != tt.status {
			t.Errorf("%s %q: %d %s", tt.query, tt.timeout, got.Code, got.Body)
			continue
		}
		if tt.status == 200 {
			if f.scrape != tt.want || got.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" || !strings.Contains(got.Body.String(), "probe_success 1") {
				t.Errorf("%s: %+v %v %s", tt.query, f.scrape, got.Header(), got.Body)
			}
			continue
		}
		var p document
		if err := json.Unmarshal(got.Body.Bytes(), &p); err != nil || !strings.Contains(p.Detail, tt.detail) || strings.Contains(got.Body.String(), "inside") {
			t.Errorf("%s: %v %s", tt.query, err, got.Body)
		}
		if (tt.status == 503) != (got.Header().Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After %q", tt.query, got.Header().Get("Retry-After"))
		}
	}
}

// Without a key, a probe runs for nobody, not even from this machine.
func TestProbeNeedsAKey(t *testing.T) {
	f := &fake{}
	a := New(f, discard)
	a.SetKeys([]Key{{Name: "reads", Value: key, Scopes: []Scope{Read, Metrics, Write}}})
	for _, header := range [][]string{nil, {"Authorization", "Bearer x"}, {"X-API-Key", key}} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			if got := send(t, a, method, "/probe?target=t", header...); got.Code == 200 || f.scrape.Target != "" {
				t.Errorf("%v: %d %+v", header, got.Code, f.scrape)
			}
		}
	}
}
