package daemon

import (
	"errors"
	"strings"
	"testing"
	"time"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/annotation"
	"vega/policies/alert"
	"vega/policies/incident"
	"vega/store"
)

// TestMaintenanceInAPeriod counts the windows of two weeks in which Berlin sets its clocks
// forward, at the end of which one is open.
func TestMaintenanceInAPeriod(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil { // vega embeds the time zones
		t.Fatal(err)
	}
	c := &config.Config{Windows: []alert.Window{
		{Name: "backup", Integrations: []alert.Selector{"orders"}, Days: []time.Weekday{time.Sunday}, From: time.Hour, To: 5 * time.Hour, Location: berlin},
		{Name: "night", Integrations: []alert.Selector{"*"}, Days: []time.Weekday{time.Sunday}, From: 4 * time.Hour, To: 6 * time.Hour, Location: berlin},
		{Name: "other", Integrations: []alert.Selector{"shop"}, From: 0, To: 12 * time.Hour},
	}}
	since := time.Date(2026, 3, 21, 12, 0, 0, 0, berlin) // a Saturday
	until := time.Date(2026, 4, 5, 3, 0, 0, 0, berlin)   // within the third window
	all := openPeriods(windowsOf(c, &alert.Integration{Name: "orders"}), since, until)
	if len(all) != 3 {
		t.Fatalf("%v", all)
	}
	for n, want := range []time.Duration{5 * time.Hour, 4 * time.Hour} { // the second Sunday has 23 hours
		if got := all[n].To.Sub(all[n].From); got != want {
			t.Errorf("%v: %v, want %v", all[n], got, want)
		}
	}
}

// TestHistoryRulesBeforeTheFirstConfiguration asks for the rules while the store is open and
// the configuration is not installed yet: the history is built from then on.
func TestHistoryRulesBeforeTheFirstConfiguration(t *testing.T) {
	begins := &config.Config{
		Integrations: []config.Integration{{Name: "orders", Enabled: true, Interval: 5 * time.Minute}},
		Windows:      []alert.Window{{Name: "always", Integrations: []alert.Selector{"*"}, From: 0, To: 12 * time.Hour, Location: time.UTC}},
	}
	d := &Daemon{now: &state{Set: &catalog.Set{Config: &config.Config{}}}}
	rules := newHistoryRules(d, begins)
	since := time.Date(2026, 3, 21, 0, 0, 0, 0, time.UTC)
	if got := rules.Speaks("orders"); got != 10*time.Minute {
		t.Errorf("a run speaks for %v", got)
	}
	if got := rules.Paused("orders", since, since.Add(24*time.Hour)); len(got) != 1 {
		t.Errorf("maintenance: %v", got)
	}
	d.now = &state{Set: &catalog.Set{Config: &config.Config{}}}
	if got := rules.Speaks("orders"); got != 0 {
		t.Errorf("without the integration, a run speaks for %v", got)
	}
}

func TestSilenceMustSelectSomething(t *testing.T) {
	c := &config.Config{
		Integrations: []config.Integration{{Name: "orders-eu", Annotations: annotation.Annotations{Group: "payments/eu", Labels: map[string]string{"team": "core"}}}, {Name: "shop"}},
		Alerts:       []alert.Alert{{Name: "memory"}, {Name: "cpu"}},
	}
	for _, tt := range []struct {
		integrations, alerts []string
		want                 string // part of the error; "" for none
	}{
		{[]string{"orders-*", "group:payments/*", "label:team=core", "*"}, []string{"memory", "c*"}, ""},
		{[]string{"ordres"}, nil, `"ordres" selects no integration; the configured ones are: orders-eu, shop`},
		{[]string{"shop", "group:x"}, nil, `"group:x" selects no integration`},
		{[]string{"label:team"}, nil, "a label is selected with its value"},
		{nil, []string{"disk"}, `"disk" selects no alert; the configured ones are: memory, cpu`},
	} {
		err := expectSelection(c, &incident.Silence{Integrations: tt.integrations, Alerts: tt.alerts})
		invalid, isInvalid := errors.AsType[*store.InvalidError](err)
		if tt.want == "" && err != nil || tt.want != "" && (!isInvalid || !strings.Contains(invalid.Reason, tt.want)) {
			t.Errorf("%v %v: %v", tt.integrations, tt.alerts, err)
		}
	}
	if err := expectSelection(&config.Config{}, &incident.Silence{Alerts: []string{"x"}}); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Error(err)
	}
}
