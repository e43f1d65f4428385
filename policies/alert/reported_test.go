package alert_test

import (
	"strings"
	"testing"
	"time"

	"vega/policies"
	"vega/policies/alert"
	"vega/policies/check"
	"vega/policies/incident"
)

const (
	orders  = "metric.orders_open"
	latency = "integration.web.total_ms"
)

// onMetric returns a configuration with alerts on a metric block and on a metric of web,
// which depends on db.
func onMetric(after int) alert.Config {
	c := config(
		alert.Integration{Name: "db"},
		alert.Integration{Name: "web", DependsOn: []string{"db"}, Group: "shop", Runbook: "https://runbooks/web"},
	)
	for _, path := range []string{orders, latency} {
		c.Alerts = append(c.Alerts, alert.Alert{
			Name: path, Metric: path, Unit: policies.Count, Above: new(100.0), After: after, ClearAfter: 1,
			Severity: incident.Warning, Runbook: "https://runbooks/alert",
		})
	}
	c.Measures = map[string]time.Duration{orders: time.Minute}
	return c
}

// sample reads values that were measured now, by subject, and lets 15 seconds pass.
func (w *world) sample(path string, values map[string]float64) {
	var all []policies.Reading
	for subject, v := range values {
		all = append(all, policies.Reading{Resource: path, Subject: subject, Value: v, Measured: w.now, ReportedUnit: policies.Milliseconds})
	}
	w.read(path, all...)
}

func (w *world) read(path string, all ...policies.Reading) {
	w.m.Sample(w.now, path, all)
	w.pump()
	w.pass(alert.SampleInterval)
}

// summaries returns the open incidents.
func (w *world) summaries() string {
	var all []string
	for _, i := range w.m.Open() {
		all = append(all, i.Summary)
	}
	return strings.Join(all, "; ")
}

func TestSeriesOpenAndCloseIncidentsOfTheirOwn(t *testing.T) {
	w := newWorld(t, onMetric(1))
	open, stuck := `{state="open"}`, `{state="stuck"}`
	w.sample(orders, map[string]float64{open: 150, stuck: 7})
	if got := w.summaries(); got != `metric.orders_open{state="open"} is 150 ms (above 100 ms)` {
		t.Errorf("open: %s", got)
	}
	w.sample(orders, map[string]float64{open: 150, stuck: 700})
	w.restart()
	w.sample(orders, map[string]float64{open: 50, stuck: 700})
	if got := w.summaries(); got != `metric.orders_open{state="stuck"} is 700 ms (above 100 ms)` {
		t.Errorf("open: %s", got)
	}
	w.sample(orders, map[string]float64{open: 50, stuck: 70})
	if got := w.summaries(); got != "" {
		t.Errorf("open: %s", got)
	}
}

func TestAValueThatIsReadTwiceIsOneMeasurement(t *testing.T) {
	w := newWorld(t, onMetric(3))
	for n := range 3 {
		measured := w.now
		for range 4 { // in a minute
			w.read(orders, policies.Reading{Resource: orders, Value: 150, Measured: measured})
		}
		if got, want := len(w.m.Open()) > 0, n == 2; got != want {
			t.Errorf("open after %d measurements: %v", n+1, got)
		}
	}
}

// TestForCoversWhatIsMeasuredMoreOftenThanSampled lets a block and a probe measure every
// two seconds what is bad for a minute.
func TestForCoversWhatIsMeasuredMoreOftenThanSampled(t *testing.T) {
	for _, path := range []string{orders, latency} {
		c := onMetric(1)
		for i := range c.Alerts {
			c.Alerts[i].For = time.Minute
		}
		c.Measures[orders] = 2 * time.Second
		for i := range c.Integrations {
			c.Integrations[i].Interval = 2 * time.Second
		}
		w := newWorld(t, c)
		for n := range 5 {
			w.sample(path, map[string]float64{"": 150})
			if got, want := len(w.m.Open()) > 0, n == 4; got != want {
				t.Errorf("%s: open after %v: %v", path, time.Duration(n)*alert.SampleInterval, got)
			}
		}
	}
}

// TestWhatIsUnknownNeitherOpensNorEnds lets a value become too old, once before the alert
// is confirmed and once after.
func TestWhatIsUnknownNeitherOpensNorEnds(t *testing.T) {
	w := newWorld(t, onMetric(2))
	old := policies.Reading{Resource: orders, Unknown: "its last value is too old"}
	w.sample(orders, map[string]float64{`{state="open"}`: 150})
	for range 500 { // more than two hours
		w.read(orders, old)
	}
	if got := w.summaries(); got != "" {
		t.Errorf("open: %s", got)
	}
	w.sample(orders, map[string]float64{`{state="open"}`: 150})
	if got := w.summaries(); got == "" {
		t.Error("two measurements did not open an incident")
	}
	for range 500 {
		w.read(orders, old)
	}
	if len(w.m.Open()) != 1 {
		t.Error("what is unknown ended an incident")
	}
	w.sample(orders, map[string]float64{`{state="open"}`: 15})
	if got := w.summaries(); got != "" {
		t.Errorf("open: %s", got)
	}
}

// TestASeriesThatTheQueryNoLongerReturnsIsWithdrawn gives a query with GROUP BY that has
// nothing left to count for a state.
func TestASeriesThatTheQueryNoLongerReturnsIsWithdrawn(t *testing.T) {
	w := newWorld(t, onMetric(1))
	w.sample(orders, map[string]float64{`{state="open"}`: 5, `{state="stuck"}`: 150})
	for n := range 20 {
		w.sample(orders, map[string]float64{`{state="open"}`: 5})
		if got, want := len(w.m.Open()) == 0, n >= 12; got != want { // three intervals of a minute
			t.Fatalf("after %v: ended %v", time.Duration(n)*alert.SampleInterval, got)
		}
	}
	if w.happened("withdrawn") == 0 {
		t.Error("the timeline does not say why")
	}
}

func TestTheMetricOfAnIntegrationBelongsToIt(t *testing.T) {
	w := newWorld(t, onMetric(1))
	w.sample(latency, map[string]float64{"": 1500})
	all := w.m.Open()
	if len(all) != 1 || all[0].Summary != "integration.web.total_ms is 1.5 s (above 100 ms)" || all[0].Group != "shop" || all[0].Runbook != "https://runbooks/web" {
		t.Errorf("%+v", all)
	}
	w.run("db", good) // it does not explain that
	w.pass(time.Minute)
	w.want("chat:opening:" + latency)
	w.reload(func(c *alert.Config) { c.Integrations[1].Enabled = false })
	w.pass(time.Minute)
	w.want("chat:opening:"+latency, "chat:resolve:"+latency)
	if got := w.summaries(); got != "" {
		t.Errorf("open although the integration is disabled: %s", got)
	}
}

func TestMaintenanceAndSilencesHoldBackMetrics(t *testing.T) {
	for name, hold := range map[string]func(w *world){
		"a silence of the integration": func(w *world) { w.silence(incident.Silence{Integrations: []string{"web"}}) },
		"a silence of its group":       func(w *world) { w.silence(incident.Silence{Integrations: []string{"group:shop"}}) },
		"a maintenance window": func(w *world) {
			w.reload(func(c *alert.Config) {
				c.Windows = []alert.Window{{Name: "night", Integrations: []alert.Selector{"web"}, From: 8 * time.Hour, To: 9 * time.Hour, Location: time.UTC}}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, onMetric(1))
			hold(w)
			for range 100 {
				w.sample(latency, map[string]float64{"": 1500})
			}
			w.want()
			w.until(start.Add(61 * time.Minute))
			for range 8 {
				w.run("db", good)
				w.sample(latency, map[string]float64{"": 1500})
			}
			w.want("chat:opening:" + latency)
		})
	}
}

// TestAnOutageExplainsTheMetrics lets db fail, on which web depends, or web itself. One
// message is sent, and another one if the metric is still bad when that is over.
func TestAnOutageExplainsTheMetrics(t *testing.T) {
	for _, root := range []string{"db", "web"} {
		t.Run(root, func(t *testing.T) {
			w := newWorld(t, onMetric(1))
			fail := func(s check.Status, times int) {
				for range times {
					if w.run(root, s); root != "db" {
						w.run("db", good)
					}
					w.sample(latency, map[string]float64{"": 1500})
				}
			}
			fail(bad, 4)
			w.restart()
			fail(bad, 20)
			w.want("chat:opening:" + root)
			if open := w.m.Open(); len(open) != 2 || open[0].Root == 0 && open[1].Root == 0 {
				t.Errorf("%+v", open)
			}
			fail(good, 8)
			w.want("chat:opening:"+root, "chat:resolve:"+root, "chat:opening:"+latency)
		})
	}
}

// TestAMetricDoesNotExplainTheStatusOfOthers lets db have a bad metric while web fails.
func TestAMetricDoesNotExplainTheStatusOfOthers(t *testing.T) {
	c := onMetric(1)
	c.Alerts[2].Name, c.Alerts[2].Metric = "db", "integration.db.total_ms"
	w := newWorld(t, c)
	for range 8 {
		w.run("db", good)
		w.run("web", bad)
		w.sample("integration.db.total_ms", map[string]float64{"": 1500})
	}
	if open := w.m.Open(); len(open) != 2 || open[0].Root != 0 || open[1].Root != 0 {
		t.Errorf("%+v", open)
	}
}

// TestAMetricThatIsPendingAsksForRuns wants an integration to confirm soon.
func TestAMetricThatIsPendingAsksForRuns(t *testing.T) {
	w := newWorld(t, onMetric(3))
	w.m.Sample(w.now, latency, []policies.Reading{{Resource: latency, Value: 1500, Measured: w.now}})
	if pending, _ := w.m.Wanted(); len(pending) != 1 || pending[0] != "web" {
		t.Errorf("wanted: %q", pending)
	}
}

// TestAnAlertOnInstancesFollowsEach gives an alert on a metric of an integration with
// for_each, and then on that of another one.
func TestAnAlertOnInstancesFollowsEach(t *testing.T) {
	c := config(alert.Integration{Name: "web.a"}, alert.Integration{Name: "web.10.0.0.1"}, alert.Integration{Name: "api"})
	c.Alerts = []alert.Alert{{Name: "slow", Metric: latency, Above: new(100.0), After: 1, ClearAfter: 1}}
	w := newWorld(t, c)
	w.read(latency,
		policies.Reading{Resource: "integration.web.a.total_ms", Value: 1, Measured: w.now},
		policies.Reading{Resource: "integration.web.10.0.0.1.total_ms", Value: 1500, Measured: w.now})
	w.restart()
	if got := w.summaries(); got != "integration.web.10.0.0.1.total_ms is 1500 (above 100)" {
		t.Errorf("open: %s", got)
	}
	w.reload(func(c *alert.Config) { c.Alerts[0].Metric = "integration.api.total_ms" })
	if got := w.summaries(); got != "" {
		t.Errorf("open: %s", got)
	}
}
