package shipped

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// inbox receives what Alertmanager sends.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	alerts []notified
}

// notified is an alert in a message of Alertmanager.
type notified struct {
	Status              string
	Labels, Annotations map[string]string
}

func openInbox(t *testing.T) *inbox {
	b := &inbox{}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var message struct{ Alerts []notified }
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.alerts = append(b.alerts, message.Alerts...)
	}))
	t.Cleanup(b.Close)
	return b
}

// has returns an alert that arrived with a name and status.
func (b *inbox) has(name, status string) (found notified, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range b.alerts {
		if a.Labels["alertname"] == name && a.Status == status {
			return a, true
		}
	}
	return notified{}, false
}

// flapping is a configuration with one integration, whose target the test breaks and
// repairs.
const flapping = `
integration "flap" {
  probe    = core.http
  interval = "1s"
  timeout  = "1s"
  config {
    url = "%s/flap"
  }
}
`

// TestAlertReachesItsReceiver breaks and repairs a target until the shipped rule about
// that fires, and waits for it behind a real Alertmanager.
func TestAlertReachesItsReceiver(t *testing.T) {
	t.Parallel()
	realtest.Program(t, "prometheus", "prometheus")
	b, w := openInbox(t), startTargets(t)
	manager := realtest.Alertmanager(t, b.URL)
	d := serve(t, fmt.Sprintf(flapping, w.plain.URL), nil)
	p := scraping(t, d, "1s", fmt.Sprintf(alerting, strings.TrimPrefix(manager, "http://")))
	p.found("vega_integration_runs_total")
	for down, firing := true, 0; firing == 0; down = !down {
		w.flap.Store(down)
		p.found(fmt.Sprintf(`vega_integration_status{status="%s"} == 1 or ALERTS{alertname="VegaIntegrationFlapping"}`, map[bool]string{true: "unhealthy", false: "healthy"}[down]))
		result, err := p.query(`ALERTS{alertname="VegaIntegrationFlapping", alertstate="firing"}`)
		if err != nil {
			t.Fatal(err)
		}
		firing = len(result)
	}
	realtest.Until(t, "the alert does not arrive", func() bool { _, ok := b.has("VegaIntegrationFlapping", "firing"); return ok })
	got, _ := b.has("VegaIntegrationFlapping", "firing")
	if got.Labels["integration"] != "flap" || got.Labels["severity"] != "warning" || got.Annotations["summary"] != "flap fails again and again" {
		t.Errorf("%+v", got)
	}
	t.Logf("%s, %s: %s", got.Labels["alertname"], got.Status, got.Annotations["summary"])
}

// thousand is a configuration of 1,000 integrations, one of which is down.
const thousand = `
integration "up" {
  probe    = core.http
  interval = "30s"
  timeout  = "10s"
  for_each = [%s]
  config {
    url = "%s/"
  }
}
integration "down" {
  probe    = core.http
  interval = "30s"
  timeout  = "10s"
  config {
    url = "%[2]s/down"
  }
}
`

// TestThousandIntegrations lets Prometheus scrape a vega with 1,000 integrations, by
// default five times. With VEGA_SCRAPE_FOR, it scrapes for that long, 2 minutes at least,
// and also waits for the alert on the integration that is down.
func TestThousandIntegrations(t *testing.T) {
	realtest.Program(t, "prometheus", "prometheus")
	b, w := openInbox(t), startTargets(t)
	manager := realtest.Alertmanager(t, b.URL)
	keys := make([]string, 999)
	for n := range keys {
		keys[n] = fmt.Sprintf(`"t%03d"`, n)
	}
	d := serve(t, fmt.Sprintf(thousand, strings.Join(keys, ", "), w.plain.URL), nil)
	p := scraping(t, d, "2s", fmt.Sprintf(alerting, strings.TrimPrefix(manager, "http://")))
	lasts, long := time.ParseDuration(os.Getenv("VEGA_SCRAPE_FOR"))
	if long == nil {
		time.Sleep(lasts)
		realtest.Until(t, "the alert does not arrive", func() bool { _, ok := b.has("VegaIntegrationUnhealthy", "firing"); return ok })
		got, _ := b.has("VegaIntegrationUnhealthy", "firing")
		t.Logf("Alertmanager's receiver: %s, %s: %s", got.Labels["alertname"], got.Status, got.Annotations["summary"])
	}
	p.reaches(`sum(vega_integration_status{status="healthy"})`, 999)
	p.reaches(`sum(vega_integration_status{status="unhealthy"})`, 1)
	p.reaches(`count_over_time(up{job="vega"}[1h])`, 5)
	p.reaches(`count(vega_integration_last_run_timestamp_seconds)`, 1000)
	p.healthy()
	_, metrics := d.get("/metrics")
	if out, err := promtool(t, ".", metrics, "check", "metrics"); err != nil || out != "" {
		t.Errorf("promtool check metrics: %v: %s", err, out)
	}
	t.Logf("promtool check metrics: silent about %d bytes", len(metrics))
	for _, f := range []struct{ what, expr string }{
		{"scrapes", `count_over_time(up{job="vega"}[1h])`},
		{"scrapes without an answer", `count_over_time(up{job="vega"}[1h]) - sum_over_time(up{job="vega"}[1h])`},
		{"samples a scrape", `scrape_samples_scraped{job="vega"}`},
		{"seconds a scrape, on average", `avg_over_time(scrape_duration_seconds{job="vega"}[1h])`},
		{"seconds, the longest scrape", `max_over_time(scrape_duration_seconds{job="vega"}[1h])`},
		{"MB of memory", `process_resident_memory_bytes{job="vega"} / 1e6`},
	} {
		n, _ := p.number(f.expr)
		t.Logf("%s: %.4g", f.what, n)
	}
}

// healthy checks that no rule has failed.
func (p *prometheus) healthy() {
	p.t.Helper()
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	_, body := get(p.t, p.url+"/api/v1/rules")
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		p.t.Fatal(err)
	}
	count := 0
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			count++
			if r.Health != "ok" || r.LastError != "" {
				p.t.Errorf("%s: %s: %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if count == 0 {
		p.t.Error("no rules are loaded")
	}
	p.t.Logf("%d rules loaded, all evaluated without an error", count)
}
