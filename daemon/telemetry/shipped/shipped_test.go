package shipped

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
)

// values are those of a dashboard's variables.
type values map[string][]string

// replace replaces variables as Grafana does.
func (v values) replace(expr string) string {
	return variableUse.ReplaceAllStringFunc(expr, func(use string) string {
		switch name := strings.Trim(use, "${}"); name {
		case "__rate_interval":
			return "1m"
		case "__interval":
			return "15s"
		case "__range":
			return "6h"
		default:
			if all := v[name]; len(all) != 1 {
				return "(" + strings.Join(all, "|") + ")"
			}
			return v[name][0]
		}
	})
}

var labelValues = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

// resolve returns the values of a dashboard's variables, as Grafana asks for them. Where
// one must be chosen, it is the integration whose target has HTTP, TLS and a name.
func (p *prometheus) resolve(d *dashboard) values {
	p.t.Helper()
	v := values{}
	for _, one := range d.Templating.List {
		if one.Type != "query" {
			continue
		}
		m := labelValues.FindStringSubmatch(one.Definition)
		if m == nil {
			p.t.Fatalf("%s: the variable %s has the query %q", d.file, one.Name, one.Definition)
		}
		for _, s := range p.found(fmt.Sprintf("count by (%s) (%s)", m[2], v.replace(m[1]))) {
			v[one.Name] = append(v[one.Name], s.Metric[m[2]])
		}
		if !one.Multi && slices.Contains(v[one.Name], complete) {
			v[one.Name] = []string{complete}
		}
	}
	return v
}

// shown is an expression that must have a result.
type shown struct{ where, expr, legend string }

// expressions returns those of all dashboards, with the values of their variables, and
// what the rules select: the rules themselves have no result while all is well.
func (p *prometheus) expressions() (all []shown) {
	p.t.Helper()
	for _, d := range dashboards(p.t) {
		v := p.resolve(&d)
		for _, panel := range d.Panels {
			for _, q := range panel.Targets {
				all = append(all, shown{d.file + ", " + panel.Title, v.replace(q.Expr), q.LegendFormat})
			}
		}
	}
	for _, r := range rules(p.t) {
		selected, _ := selectors(r.expr)
		for _, s := range selected {
			all = append(all, shown{r.name, s.text, ""})
		}
	}
	return all
}

// TestExpressionsHaveResults evaluates each expression of the rules and dashboards in a
// Prometheus that scrapes a vega with integrations of each status. A name or label that
// vega does not export is an error, and so is an empty result.
func TestExpressionsHaveResults(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := scraping(t, w.daemon, "1s", "")
	p.found("vega_build_info")
	all := p.expressions()
	empty := p.empty(slices.Clone(all))
	for _, e := range empty {
		t.Errorf("%s: the result is empty: %s", e.where, e.expr)
	}
	_, metrics := w.get("/metrics")
	names := exportedBy(t, metrics)
	for _, e := range all {
		if lacks := names.lacks(e.expr, e.legend); len(lacks) > 0 {
			t.Errorf("%s: vega does not export %s: %s", e.where, strings.Join(lacks, ", "), e.expr)
		}
	}
	for _, r := range rules(t) {
		if _, err := p.query(r.expr); err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		if lacks := names.lacks(r.expr, ""); len(lacks) > 0 {
			t.Errorf("%s: vega does not export %s", r.name, strings.Join(lacks, ", "))
		}
	}
	t.Logf("%d expressions of %d dashboards and %d rules, %d of them empty", len(all), len(dashboards(t)), len(rules(t)), len(empty))
	w.native(t)
}

// native evaluates the expressions with histograms in a Prometheus that reads native ones,
// and then drops the classic ones.
func (w *world) native(t *testing.T) {
	t.Helper()
	p := scraping(t, w.daemon, "1s", "", "--enable-feature=native-histograms")
	p.found("vega_run_duration_seconds")
	all := slices.DeleteFunc(p.expressions(), func(e shown) bool { return !strings.Contains(e.expr, "histogram_") })
	for _, e := range p.empty(slices.Clone(all)) {
		t.Errorf("%s, with native histograms: the result is empty: %s", e.where, e.expr)
	}
	if classic, err := p.query("vega_run_duration_seconds_bucket"); err != nil || len(classic) > 0 || len(all) == 0 {
		t.Errorf("%d expressions, %d classic buckets, %v", len(all), len(classic), err)
	}
	t.Logf("%d expressions with native histograms", len(all))
}

// empty waits until each expression has a result, and returns those that stay empty.
func (p *prometheus) empty(all []shown) []shown {
	p.t.Helper()
	for end := time.Now().Add(realtest.Patience); len(all) > 0 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		all = slices.DeleteFunc(all, func(e shown) bool {
			result, err := p.query(e.expr)
			if err != nil {
				p.t.Fatalf("%s: %v: %s", e.where, err, e.expr)
			}
			return len(result) > 0
		})
	}
	return all
}

// TestPromtoolAcceptsTheScrape checks that promtool has nothing to say about an answer of
// GET /metrics.
func TestPromtoolAcceptsTheScrape(t *testing.T) {
	t.Parallel()
	realtest.Program(t, "promtool", "prometheus")
	w := start(t)
	metrics := ""
	realtest.Until(t, "each integration has run", func() bool {
		_, metrics = w.get("/metrics")
		return strings.Count(metrics, "\nvega_integration_last_run_timestamp_seconds{") == strings.Count(w.config, "\nintegration ")-1 // one is disabled
	})
	if out, err := promtool(t, ".", metrics, "check", "metrics"); err != nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
	for _, line := range []string{ // a counter that begins at 1 has no increase
		`vega_sink_failed_total{sink="store"} 0`, `vega_sink_dropped_total{sink="store"} 0`,
		`vega_notifications_total{notifier="inbox",outcome="final"} 0`, `vega_notifications_total{notifier="lost",outcome="arrived"} 0`,
	} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("there is no %s", line)
		}
	}
	t.Logf("promtool check metrics: silent about %d bytes", len(metrics))
}
