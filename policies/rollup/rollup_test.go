package rollup_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"testing"
	"time"

	"vega/policies/check"
	"vega/policies/rollup"
)

var noon = time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)

func TestBucketsAreEncoded(t *testing.T) {
	for _, step := range []time.Duration{rollup.FiveMinutes, rollup.Hourly, rollup.Daily} {
		var all []rollup.Bucket
		at := rollup.RowStart(noon, step)
		for n, b := range []rollup.Bucket{
			{Runs: 5, Up: step, Mean: 1.5, Min: 1, Max: 2},
			{Runs: 1, Unhealthy: 1, Down: step - time.Second, Unknown: time.Second, Mean: 3, Min: 3, Max: 3},
			{Up: time.Minute, Maintenance: step - time.Minute},
			{Runs: 1 << 40, Mean: -1e300, Min: -math.MaxFloat64, Max: 1e300},
			{Runs: 2, Undecided: 2, Unknown: time.Millisecond},
			{Runs: 3, Mean: 0.5, Min: 0, Max: 1},
		} {
			b.At = at.Add(time.Duration(n*4) * step)
			all = append(all, b)
		}
		got, err := rollup.Decode(rollup.Encode(all, step), at, step)
		if err != nil || !reflect.DeepEqual(got, all) {
			t.Errorf("by %s: %+v, %v; want %+v", step, got, err, all)
		}
	}
}

// The mean of values whose difference is not finite is, and can be read again.
func TestMeansOfLargeValues(t *testing.T) {
	at := rollup.RowStart(noon, rollup.Hourly)
	var a, b rollup.Bucket
	for range 3 {
		a.Count(math.MaxFloat64)
		a.Count(-math.MaxFloat64)
		b.Count(-math.MaxFloat64)
	}
	high := rollup.Bucket{Runs: 3, Mean: math.MaxFloat64, Min: math.MaxFloat64, Max: math.MaxFloat64}
	b.Add(&high)
	a.At, b.At = at, at.Add(time.Hour)
	got, err := rollup.Decode(rollup.Encode([]rollup.Bucket{a, b}, rollup.Hourly), at, rollup.Hourly)
	if err != nil || len(got) != 2 || got[0].Runs != 6 || got[1].Runs != 6 || math.Abs(got[1].Mean) > 1e300 {
		t.Errorf("%+v, %v", got, err)
	}
}

// An unsettled bucket keeps its digits, and the last one of a time counts.
func TestTheLastBucketOfATimeCounts(t *testing.T) {
	at := rollup.RowStart(noon, rollup.FiveMinutes)
	b := rollup.Bucket{At: at.Add(rollup.FiveMinutes), Runs: 1, Mean: 1.0 / 3, Min: 1.0 / 3, Max: 1.0 / 3}
	row := rollup.Append(nil, &b, rollup.FiveMinutes, true)
	row = rollup.Append(row, &rollup.Bucket{At: at, Runs: 7}, rollup.FiveMinutes, true)
	row = rollup.Append(row, &b, rollup.FiveMinutes, false)
	got, err := rollup.Decode(row, at, rollup.FiveMinutes)
	if err != nil || len(got) != 2 || got[0].Runs != 7 || got[1] != b {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(rollup.Encode([]rollup.Bucket{{At: noon, Runs: 5, Up: time.Hour, Mean: 1.5, Min: 1, Max: 2}}, rollup.Hourly))
	f.Fuzz(func(t *testing.T, row []byte) {
		for _, step := range []time.Duration{rollup.FiveMinutes, rollup.Hourly, rollup.Daily} {
			at := rollup.RowStart(noon, step)
			all, err := rollup.Decode(row, at, step)
			if err != nil {
				continue
			}
			again, err := rollup.Decode(rollup.Encode(all, step), at, step)
			if err != nil || len(again) != len(all) {
				t.Fatalf("%+v, %v; want %+v", again, err, all)
			}
			if once := rollup.Encode(all, step); !bytes.Equal(once, rollup.Encode(again, step)) {
				t.Fatal("it differs when it is encoded again")
			}
		}
	})
}

// BenchmarkOpen reports the memory of an integration with ten metrics.
func BenchmarkOpen(b *testing.B) {
	var before, after runtime.MemStats
	const integrations = 10_000
	for b.Loop() {
		all := make([]rollup.Open, integrations)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := range all {
			for minute := range 7 {
				r := check.Run{Status: check.Healthy, Began: noon.Add(time.Duration(minute) * time.Minute), Took: time.Second}
				for m := range 10 {
					r.Metrics = append(r.Metrics, check.Metric{Name: fmt.Sprint("metric-", m), Value: float64(m)})
				}
				all[n].Add(&r, 2*time.Minute, &rollup.Rules{}, func(*rollup.Closed) {})
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(all)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/integrations+float64(reflect.TypeFor[rollup.Open]().Size()), "B/integration")
}

// TestResponseTimeIsThatOfResponses checks that runs which waited in vain do not count for
// how long responses take (gatus#426), in one bucket and in a fold of several.
func TestResponseTimeIsThatOfResponses(t *testing.T) {
	var o rollup.Open
	var all []rollup.Bucket
	began := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	emit := func(c *rollup.Closed) { all = append(all, c.Status) }
	run := func(minutes int, s check.Status, took time.Duration) {
		o.Add(&check.Run{Began: began.Add(time.Duration(minutes) * time.Minute), Status: s, Took: took}, 2*time.Minute, &rollup.Rules{}, emit)
	}
	run(0, check.Healthy, 10*time.Millisecond)
	run(1, check.Unhealthy, 10*time.Second)
	run(2, check.Unknown, 20*time.Second)
	run(3, check.Degraded, 30*time.Millisecond)
	run(5, check.Unhealthy, 10*time.Second)
	run(10, check.Healthy, 50*time.Millisecond)
	o.Advance(began.Add(15*time.Minute), &rollup.Rules{}, emit)
	if len(all) != 3 {
		t.Fatalf("%+v", all)
	}
	for n, want := range []struct {
		runs, values   int64
		mean, min, max float64
	}{{4, 2, 0.02, 0.01, 0.03}, {1, 0, 0, 0, 0}, {1, 1, 0.05, 0.05, 0.05}} {
		if b := all[n]; b.Runs != want.runs || b.Values() != want.values || !near(b.Mean, want.mean) || b.Min != want.min || b.Max != want.max {
			t.Errorf("%d: %+v; want %+v", n, b, want)
		}
	}
	if b := rollup.Fold(all, rollup.Hourly)[0]; b.Runs != 6 || b.Values() != 3 || !near(b.Mean, 0.03) || b.Min != 0.01 || b.Max != 0.05 {
		t.Errorf("folded: %+v", b)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
