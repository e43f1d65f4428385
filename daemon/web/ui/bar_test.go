package ui_test

import (
	"strings"
	"testing"

	"vega/daemon/web/ui"
	"vega/policies/check"
)

func TestBeatsJoinEqualNeighbours(t *testing.T) {
	const ok, bad = check.Healthy, check.Unhealthy
	got := html(t, ui.Beats(5, []check.Status{bad, ok, ok, bad, ok, ok}))
	want := `<svg class="bar" role="img" viewBox="0 0 5 10" preserveAspectRatio="none" data-b="33033"><title>last 5 runs: 1 unhealthy, 4 healthy</title>` +
		`<path class="unhealthy" d="M2 0H3V10H2z"></path><path class="healthy" d="M0 4H2V10H0zM3 4H5V10H3z"></path></svg>`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBeatsStandAtTheRightEnd(t *testing.T) {
	got := html(t, ui.Beats(30, []check.Status{"new status"}))
	if !strings.Contains(got, `<path class="unknown" d="M29 6H30V10H29z">`) || !strings.Contains(got, `data-b="2"`) || !strings.Contains(got, "last 1 run: 1 unknown") {
		t.Error(got)
	}
	if got := html(t, ui.Beats(30, nil)); strings.Contains(got, "<path") || !strings.Contains(got, `data-b=""`) || !strings.Contains(got, "last 0 runs") {
		t.Error(got)
	}
}

func TestUptimeShowsWhatWasNotUpAboveTheRest(t *testing.T) {
	day := func(up float64, worst check.Status) ui.Day { return ui.Day{Known: true, Up: up, Worst: worst} }
	for _, c := range []struct {
		days []ui.Day
		want []string
	}{
		{[]ui.Day{day(1, check.Healthy), day(1, check.Healthy)}, []string{`<path class="healthy" d="M0 0H2V100H0z">`, "last 2 days: 2 healthy"}},
		{[]ui.Day{day(0, check.Unhealthy)}, []string{`<path class="unhealthy" d="M0 0H1V100H0z">`}},
		{[]ui.Day{day(0.6, check.Unhealthy)}, []string{`<path class="unhealthy" d="M0 0H1V40H0z">`, `<path class="healthy" d="M0 40H1V100H0z">`}},
		{[]ui.Day{day(0.9999, check.Unhealthy)}, []string{`<path class="unhealthy" d="M0 0H1V15H0z">`}},
		{[]ui.Day{day(1, check.Unhealthy)}, []string{`<path class="unhealthy" d="M0 0H1V15H0z">`}},
		{[]ui.Day{day(0.5, check.Unknown)}, []string{`<path class="unknown" d="M0 0H1V50H0z">`}},
		{[]ui.Day{day(1, check.Degraded)}, []string{`<path class="degraded" d="M0 0H1V100H0z">`}},
		{[]ui.Day{day(-3, check.Unhealthy), day(7, check.Healthy)}, []string{`<path class="unhealthy" d="M0 0H1V100H0z">`, `<path class="healthy" d="M1 0H2V100H1z">`}},
		{[]ui.Day{{}, day(1, check.Healthy)}, []string{`<path class="disabled" d="M0 95H1V100H0z">`, "last 2 days: 1 healthy, 1 without runs"}},
		{nil, []string{`viewBox="0 0 0 100"`, "last 0 days"}},
	} {
		got := html(t, ui.Uptime(c.days))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%+v: %s, want %s", c.days, got, want)
			}
		}
	}
}
