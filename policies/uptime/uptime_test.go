package uptime_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/uptime"
)

var start = time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }

type run struct {
	minute int
	status check.Status
}

func TestBounds(t *testing.T) {
	for _, tt := range []struct {
		name        string
		runs        []run
		maintenance []uptime.Period
		want        uptime.Report // in minutes of the ten; the limit is 2 minutes
		low, high   float64
	}{
		{"always up", []run{{0, "healthy"}, {1, "healthy"}, {2, "healthy"}, {4, "degraded"}, {6, "healthy"}, {8, "healthy"}}, nil, uptime.Report{Runs: 6, Up: 10}, 100, 100},
		{"no runs", nil, nil, uptime.Report{Unknown: 10}, 0, 100},
		{"a run speaks for two intervals", []run{{0, "healthy"}}, nil, uptime.Report{Runs: 1, Up: 2, Unknown: 8}, 20, 100},
		{"a run before the period", []run{{-1, "unhealthy"}, {1, "healthy"}}, nil, uptime.Report{Runs: 1, Down: 1, Up: 2, Unknown: 7}, 20, 90},
		{"a run long before the period", []run{{-3, "unhealthy"}}, nil, uptime.Report{Unknown: 10}, 0, 100},
		{"down in between", []run{{0, "healthy"}, {2, "unhealthy"}, {3, "unhealthy"}, {5, "healthy"}, {7, "healthy"}, {9, "healthy"}}, nil, uptime.Report{Runs: 6, Up: 7, Down: 3}, 70, 70},
		{"an unknown run", []run{{0, "healthy"}, {2, "unknown"}, {4, "healthy"}, {6, "healthy"}, {8, "healthy"}}, nil, uptime.Report{Runs: 5, Up: 8, Unknown: 2}, 80, 100},
		{"down at the end only", []run{{8, "unhealthy"}}, nil, uptime.Report{Runs: 1, Down: 2, Unknown: 8}, 0, 80},
		{"a run after the period", []run{{9, "healthy"}, {10, "unhealthy"}, {11, "unhealthy"}}, nil, uptime.Report{Runs: 1, Up: 1, Unknown: 9}, 10, 100},
		{"two runs at once", []run{{0, "unhealthy"}, {0, "healthy"}, {2, "healthy"}}, nil, uptime.Report{Runs: 3, Up: 4, Unknown: 6}, 40, 100},
		{"maintenance hides a failure", []run{{0, "healthy"}, {2, "unhealthy"}, {4, "healthy"}, {6, "healthy"}, {8, "healthy"}}, []uptime.Period{{at(2), at(4)}}, uptime.Report{Runs: 5, Up: 8, Maintenance: 2}, 100, 100},
		{"maintenance over everything", []run{{0, "healthy"}}, []uptime.Period{{at(-5), at(20)}}, uptime.Report{Runs: 1, Maintenance: 10}, 0, 0},
		{"maintenance at the borders of spans", []run{{0, "healthy"}, {5, "unhealthy"}}, []uptime.Period{{at(-1), at(1)}, {at(3), at(6)}, {at(9), at(11)}}, uptime.Report{Runs: 2, Up: 1, Down: 1, Unknown: 3, Maintenance: 5}, 20, 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := uptime.Tally{Since: start, Until: at(10), Limit: 2 * time.Minute, Maintenance: tt.maintenance}
			for _, r := range tt.runs {
				u.Add(at(r.minute), r.status)
			}
			got := u.Report()
			low, high, ok := got.Percent()
			want := tt.want
			for _, d := range []*time.Duration{&want.Up, &want.Down, &want.Unknown, &want.Maintenance} {
				*d *= time.Minute
			}
			if got != want || low != tt.low || high != tt.high || ok != (got.Counted() > 0) {
				t.Errorf("%+v %v %v, want %+v %v %v", got, low, high, want, tt.low, tt.high)
			}
		})
	}
}

// TestSumsMatchASecondHand compares the sums with those of a clock that looks each second
// at what holds.
func TestSumsMatchASecondHand(t *testing.T) {
	const seconds, limit = 900, 40
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var runs []int
		for range r.IntN(40) {
			runs = append(runs, r.IntN(seconds+200)-100)
		}
		slices.Sort(runs)
		status := map[int]check.Status{}
		var raw []uptime.Period
		for range r.IntN(6) {
			from := r.IntN(seconds+200) - 100
			raw = append(raw, uptime.Period{From: start.Add(time.Duration(from) * time.Second), To: start.Add(time.Duration(from+r.IntN(100)-5) * time.Second)})
		}
		u := uptime.Tally{Since: start, Until: start.Add(seconds * time.Second), Limit: limit * time.Second, Maintenance: uptime.Merge(raw)}
		for _, s := range runs {
			status[s] = []check.Status{check.Healthy, check.Degraded, check.Unhealthy, check.Unknown}[r.IntN(4)]
			u.Add(start.Add(time.Duration(s)*time.Second), status[s])
		}
		var want uptime.Report
		for s := range seconds {
			now := start.Add(time.Duration(s) * time.Second)
			held := check.Unknown
			for back := range limit {
				if k, ok := status[s-back]; ok {
					held = k
					break
				}
			}
			paused := slices.ContainsFunc(raw, func(p uptime.Period) bool { return !now.Before(p.From) && now.Before(p.To) })
			switch {
			case paused:
				want.Maintenance += time.Second
			case held == check.Healthy || held == check.Degraded:
				want.Up += time.Second
			case held == check.Unhealthy:
				want.Down += time.Second
			default:
				want.Unknown += time.Second
			}
		}
		got := u.Report()
		if got.Runs = 0; got != want {
			t.Fatalf("seed %d: %+v, want %+v", seed, got, want)
		}
	}
}

func TestRoundingKeepsTheBounds(t *testing.T) {
	r := uptime.Report{Up: 999_999 * time.Second, Down: time.Second}
	if low, high, _ := r.Percent(); low != 99.999 || high != low {
		t.Errorf("%v %v: down for a second of a million", low, high)
	}
	r = uptime.Report{Up: 999_999 * time.Second, Unknown: time.Second}
	if low, high, _ := r.Percent(); low != 99.999 || high != 100 {
		t.Errorf("%v %v: unknown for a second of a million", low, high)
	}
}
