package history

import (
	"testing"
	"time"

	"vega/daemon"
	"vega/daemon/engine"
	"vega/daemon/trends"
	"vega/daemon/web/ui"
	"vega/policies/check"
)

func TestUptimeNeverRoundsUp(t *testing.T) {
	for v, want := range map[float64]string{100: "100 %", 99.99999: "99.999 %", 0: "0 %", 50.5: "50.5 %", 64.1: "64.1 %", 1.001: "1.001 %", 100 - 1e-8: "99.999 %", 99.9: "99.9 %"} {
		if got := percent(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestDaysOfTheBar(t *testing.T) {
	for _, tt := range []struct {
		of   *trends.StatusPoint
		want ui.Day
	}{
		{nil, ui.Day{}},
		{&trends.StatusPoint{UpMS: 10}, ui.Day{Known: true, Up: 1, Worst: check.Healthy}},
		{&trends.StatusPoint{UpMS: 10, MaintenanceMS: 90}, ui.Day{Known: true, Up: 1, Worst: check.Healthy}},
		{&trends.StatusPoint{MaintenanceMS: 90}, ui.Day{Known: true, Up: 1, Worst: check.Disabled}},
		{&trends.StatusPoint{UpMS: 75, DownMS: 20, UnknownMS: 5}, ui.Day{Known: true, Up: 0.75, Worst: check.Unhealthy}},
		{&trends.StatusPoint{UnknownMS: 5}, ui.Day{Known: true, Up: 0, Worst: check.Unknown}},
	} {
		if got := barOf(&trends.Day{StatusPoint: tt.of}); got != tt.want {
			t.Errorf("%+v: %+v, want %+v", tt.of, got, tt.want)
		}
	}
}

func TestStreaksEndWithAnotherMessage(t *testing.T) {
	run := func(s check.Status, message string) daemon.RunReport {
		return daemon.RunReport{Report: engine.Report{Status: s, Message: message}}
	}
	all := streaks([]daemon.RunReport{run("unhealthy", "a"), run("unhealthy", "a"), run("unhealthy", "b"), run("degraded", "b"), run("degraded", "b")})
	if len(all) != 3 || len(all[0]) != 2 || len(all[1]) != 1 || len(all[2]) != 2 {
		t.Errorf("%d streaks: %v", len(all), all)
	}
}

func TestEveryPeriodHasAReadableTable(t *testing.T) {
	for _, p := range periods {
		span, err := SpanOf(p.name)
		if err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		if points := span.To.Sub(span.From) / time.Duration(span.StepMS*int64(time.Millisecond)); points > 170 {
			t.Errorf("%s has %d points", p.name, points)
		}
	}
	if _, err := SpanOf("1y"); err == nil {
		t.Error("1y is a period")
	}
}
