package shipped

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"testing"

	"vega/daemon/realtest"
)

// prometheus is a running Prometheus.
type prometheus struct {
	t   *testing.T
	url string
}

// scrapeConfig scrapes a vega with a key, as daemon/docs/prometheus.md shows, but more
// often.
const scrapeConfig = `global:
  scrape_interval: %[1]s
  evaluation_interval: %[1]s
rule_files: [rules.yml]
scrape_configs:
  - job_name: vega
    authorization:
      credentials: %[2]q
    static_configs:
      - targets: [%[3]q]
`

// alerting makes Prometheus send alerts to an Alertmanager.
const alerting = `alerting:
  alertmanagers:
    - static_configs:
        - targets: [%q]
`

// scraping starts a Prometheus that scrapes a vega and has the shipped rules. more is the
// rest of its configuration.
func scraping(t *testing.T, d *daemon, interval, more string, flags ...string) *prometheus {
	t.Helper()
	config := fmt.Sprintf(scrapeConfig, interval, apiKey, d.address) + more
	return &prometheus{t, realtest.Prometheus(t, config, map[string]string{"rules.yml": read(t, "rules.yml")}, flags...)}
}

// series is an element of a vector: its labels, and its value as text.
type series struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"`
}

// query evaluates an expression now. The error is that of Prometheus, such as a parse
// error.
func (p *prometheus) query(expr string) ([]series, error) {
	p.t.Helper()
	var answer struct {
		Status, Error string
		Data          struct{ Result []series }
	}
	status, body := get(p.t, p.url+"/api/v1/query?query="+url.QueryEscape(expr))
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil, fmt.Errorf("%d %s: %w", status, body, err)
	}
	if answer.Status != "success" {
		return nil, fmt.Errorf("%d: %s", status, answer.Error)
	}
	return answer.Data.Result, nil
}

// number returns the value of an expression with one series, and whether there is one.
func (p *prometheus) number(expr string) (float64, bool) {
	p.t.Helper()
	result, err := p.query(expr)
	if err != nil || len(result) > 1 {
		p.t.Fatalf("%s: %v, %d series", expr, err, len(result))
	}
	if len(result) == 0 {
		return 0, false
	}
	n, err := strconv.ParseFloat(fmt.Sprint(result[0].Value[1]), 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return n, true
}

// reaches waits until an expression with one series has at least a value.
func (p *prometheus) reaches(expr string, least float64) {
	p.t.Helper()
	realtest.Until(p.t, fmt.Sprintf("%s does not reach %v", expr, least), func() bool {
		n, ok := p.number(expr)
		return ok && n >= least
	})
}

// found waits until an expression has a result, and returns it.
func (p *prometheus) found(expr string) (result []series) {
	p.t.Helper()
	realtest.Until(p.t, "an empty result: "+expr, func() bool {
		var err error
		if result, err = p.query(expr); err != nil {
			p.t.Fatalf("%s: %v", expr, err)
		}
		return len(result) > 0
	})
	return result
}
