package console

import (
	"strings"
	"testing"
	"time"

	"vega/daemon/trends"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func hours(n int) trends.Span {
	return trends.Span{From: noon, To: noon.Add(time.Duration(n) * time.Hour), StepMS: 3_600_000}
}

func TestHistoryIsALineAndATable(t *testing.T) {
	h := trends.IntegrationHistory{Name: "web", Span: hours(4), Points: []trends.Point{
		{At: noon, Count: 60, Mean: new(12.0), Max: new(1500.0), Status: &trends.StatusPoint{UpMS: 3_600_000}},
		{At: noon.Add(time.Hour), Count: 30, Mean: new(12.0), Max: new(20.0), Status: &trends.StatusPoint{UpMS: 900_000, DownMS: 900_000, UnknownMS: 1_800_000}},
		{At: noon.Add(3 * time.Hour), Open: true, Status: &trends.StatusPoint{MaintenanceMS: 60_000}},
	}}
	var b strings.Builder
	if err := WriteHistory(&b, &h); err != nil {
		t.Fatal(err)
	}
	want := `web, from 2026-03-01 12:00:00Z to 2026-03-01 16:00:00Z in steps of 1h

up  84..

BEGIN                        UP        DOWN  UNKNOWN  MAINTENANCE  RUNS  MEAN   MAX
2026-03-01 12:00:00Z         100.00 %  -     -        -            60    12 ms  1.5 s
2026-03-01 13:00:00Z         50.00 %   15m   30m      -            30    12 ms  20 ms
2026-03-01 15:00:00Z (open)  -         -     -        1m           0     -      -
`
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
}

func TestHistoryOfAMetricHasItsUnit(t *testing.T) {
	h := trends.IntegrationHistory{Name: "web", Metric: "certificate_days", Unit: "days", Span: hours(3), Points: []trends.Point{
		{At: noon, Count: 1, Mean: new(30.0), Min: new(30.0), Max: new(30.0)},
		{At: noon.Add(time.Hour), Count: 2, Mean: new(28.5), Min: new(28.0), Max: new(29.0)},
	}}
	var b strings.Builder
	if err := WriteHistory(&b, &h); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"certificate_days of web, from ", "\n81.  28.5 days to 30 days\n", "2026-03-01 13:00:00Z  2       28.5 days  28 days  29 days\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

// TestHistoryOfWhatIsHostile gives names and labels of a far end, and nothing at all.
func TestHistoryOfWhatIsHostile(t *testing.T) {
	var b strings.Builder
	series := []trends.SeriesHistory{{Labels: map[string]string{"state": "\x1b[2J\n\""}, Points: []trends.Point{{At: noon.Add(-time.Hour), Count: 1, Mean: new(1.0)}}}}
	for _, h := range []trends.MetricHistory{{Name: "a\x1b[31m"}, {Name: "b", Span: hours(1)}, {Name: "c", Span: hours(100_000), Series: series, More: 3}} {
		if err := WriteMetricHistory(&b, &h); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteHistory(&b, &trends.IntegrationHistory{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b") || !strings.Contains(b.String(), `metric.c{state="[2J \""}`) || !strings.Contains(b.String(), "3 more series") {
		t.Errorf("%q", b.String())
	}
}

func TestMetricBlocksAreListed(t *testing.T) {
	all := []trends.Metric{
		{Name: "orders_open", State: "up", Database: "app", IntervalMS: 60_000, LastRun: &noon, Values: []trends.Value{{Labels: map[string]string{"state": "open"}, Value: 7, At: noon}}},
		{Name: "slow", State: "down", Error: "relation \"x\"\ndoes not exist", Database: "app", IntervalMS: 60_000, Values: []trends.Value{}},
	}
	var b strings.Builder
	if err := WriteMetrics(&b, all, true); err != nil {
		t.Fatal(err)
	}
	want := `NAME         STATE  SERIES  DATABASE  EVERY  LAST QUERY            ERROR
orders_open  up     1       app       1m     2026-03-01 12:00:00Z  
slow         down   0       app       1m     -                     relation "x" does not exist

SERIES                            VALUE  MEASURED
metric.orders_open{state="open"}  7      2026-03-01 12:00:00Z
`
	if b.String() != want {
		t.Errorf("%s", b.String())
	}
	b.Reset()
	if err := WriteMetrics(&b, nil, false); err != nil || b.String() != "no metric blocks\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}
