package storetest

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"vega/policies/check"
	"vega/store"
)

// yesterday is a moment for which all steps are kept.
func yesterday() time.Time {
	return time.Now().UTC().Truncate(day).Add(-day).Add(10*time.Hour + 7*time.Minute)
}

// sums returns what all buckets of a series have.
func sums(t *testing.T, s store.Store, of store.Series, step time.Duration) (all []store.Bucket, sum store.Bucket) {
	t.Helper()
	all, err := s.History(t.Context(), store.HistoryQuery{Series: of, Step: step, Since: yesterday().Add(-day), Until: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	for n := range all {
		sum.Add(&all[n])
	}
	return all, sum
}

var allSteps = []time.Duration{store.FiveMinutes, store.Hourly, store.Daily}

func runsAreRolledUp(t *testing.T, d database) {
	s := d.openUnclosed(t)
	at := yesterday()
	var runs []*check.Run
	for n := range 30 {
		r := RunOf("web", at.Add(time.Duration(n)*time.Minute))
		r.Metrics = []check.Metric{{Name: "latency", Value: float64(n), Unit: "ms"}}
		switch r.Status, r.Cause = check.Healthy, check.NoCause; n {
		case 10, 11:
			r.Status, r.Cause = check.Unhealthy, check.Target
		case 20:
			r.Status, r.Cause = check.Unknown, check.Host
		}
		runs = append(runs, r)
	}
	AppendRuns(t, s, runs...)
	for range 2 { // also after a restart
		for _, step := range allSteps {
			all, sum := sums(t, s, store.Series{Integration: "web"}, step)
			if sum.Runs != 30 || sum.Unhealthy != 2 || sum.Undecided != 1 || sum.Down != 2*time.Minute || sum.Up != 28*time.Minute {
				t.Errorf("by %s: %+v", step, sum)
			}
			if !all[0].At.Equal(at.Truncate(step)) {
				t.Errorf("by %s, the first bucket begins at %s", step, all[0].At)
			}
			_, sum = sums(t, s, store.Series{Integration: "web", Metric: "latency"}, step)
			if sum.Runs != 30 || sum.Mean != 14.5 || sum.Min != 0 || sum.Max != 29 {
				t.Errorf("latency by %s: %+v", step, sum)
			}
		}
		names, err := s.Series(t.Context(), "web")
		if err != nil || len(names) != 2 || names[0].Metric != "" || names[1].Metric != "latency" {
			t.Errorf("the series are %v, %v", names, err)
		}
		closeStore(t, s)
		s = d.openUnclosed(t)
	}
	closeStore(t, s)
}

func pointsAreRolledUp(t *testing.T, d database) {
	s := d.openUnclosed(t)
	orders := store.Series{Metric: "orders", Labels: `{state="open"}`}
	at := yesterday()
	for n := range 240 { // the last of five hours come first
		p := store.Point{Series: orders, At: at.Add(time.Duration((n+120)%240) * time.Minute), Value: float64(n)}
		points := []store.Point{p, {Series: orders, At: p.At, Value: math.NaN()}, {Series: orders, At: p.At, Value: math.Inf(1)}}
		if err := s.AppendPoints(t.Context(), points); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for _, step := range allSteps {
			all, sum := sums(t, s, orders, step)
			if sum.Runs != 240 || math.Abs(sum.Mean-119.5) > 1e-3 || sum.Min != 0 || sum.Max != 239 || sum.Up != 0 {
				t.Errorf("by %s: %+v in %d buckets", step, sum, len(all))
			}
		}
		if _, sum := sums(t, s, store.Series{Metric: "orders"}, store.Hourly); sum.Runs != 0 {
			t.Errorf("without labels: %+v", sum)
		}
		closeStore(t, s)
		s = d.openUnclosed(t)
	}
	if all, err := s.Series(t.Context(), ""); err != nil || len(all) != 1 || all[0] != orders {
		t.Errorf("the series are %v, %v", all, err)
	}
	_, err := s.History(t.Context(), store.HistoryQuery{Series: orders, Step: time.Minute, Until: time.Now()})
	if _, ok := errors.AsType[*store.InvalidError](err); !ok {
		t.Errorf("a step that there is not: %v", err)
	}
	closeStore(t, s)
}

func seriesOfABlockAreBounded(t *testing.T, d database) {
	s := d.openUnclosed(t)
	at := yesterday()
	points := func(metric string, from, n int) (all []store.Point) {
		for i := range n {
			all = append(all, store.Point{Series: store.Series{Metric: metric, Labels: fmt.Sprintf(`{order="%d"}`, from+i)}, At: at, Value: 1})
		}
		return all
	}
	if err := s.AppendPoints(t.Context(), points("orders", 0, store.MaxSeries)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		mixed := append(points("orders", store.MaxSeries-2, 5), points("jobs", 0, 5)...)
		many, ok := errors.AsType[*store.ManySeriesError](s.AppendPoints(t.Context(), mixed))
		if !ok || many.Metric != "orders" || many.Left != 3 {
			t.Errorf("new series of a block that has as many as it may: %+v", many)
		}
		if _, sum := sums(t, s, mixed[1].Series, store.FiveMinutes); sum.Runs < 2 {
			t.Errorf("a series that was there has %d values", sum.Runs)
		}
		if all, err := s.Series(t.Context(), ""); err != nil || len(all) != store.MaxSeries+5 {
			t.Errorf("%d series, %v", len(all), err)
		}
		closeStore(t, s)
		s = d.openUnclosed(t)
	}
	closeStore(t, s)
}

func rollupsOutliveRuns(t *testing.T, d database) {
	s := d.open(t)
	fillDays(t, s, 300)
	_, before := sums(t, s, store.Series{Integration: "web"}, store.Daily)
	if _, err := s.Retain(t.Context(), store.Retention{Runs: time.Hour}); err != nil {
		t.Fatal(err)
	}
	if runs := allRuns(t, s, "web", 0); len(runs) != 0 {
		t.Errorf("%d runs are left", len(runs))
	}
	if _, after := sums(t, s, store.Series{Integration: "web"}, store.Daily); after.Runs != before.Runs || after.Up != before.Up || after.Runs == 0 {
		t.Errorf("%+v, before the runs were deleted %+v", after, before)
	}
}
