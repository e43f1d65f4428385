package sdk_test

import (
	"math"
	"testing"
	"time"

	"vega/sdk"
)

// FuzzTime compares durations and moments with those of package time.
func FuzzTime(f *testing.F) {
	for _, d := range []int64{0, 1, -1, 999, 1000, 1500, 999_999, 1_500_000, 999_999_999, 1e9, 59_999_999_999, 6e10, 3_599_999_999_999, 36e11, 45_296_789_000_000, math.MaxInt64, math.MinInt64} {
		f.Add(d, int64(1000), d)
		f.Add(d, d, int64(math.MaxInt64))
	}
	f.Fuzz(func(t *testing.T, nanos, unit, seconds int64) {
		d, want := sdk.Duration(nanos), time.Duration(nanos)
		if d.String() != want.String() || d.Milliseconds() != want.Milliseconds() || math.Abs(d.Seconds()-want.Seconds()) > 1e-6 {
			t.Errorf("%q, %d and %v of %v", d, d.Milliseconds(), d.Seconds(), want)
		}
		if got, want := d.Round(sdk.Duration(unit)), want.Round(time.Duration(unit)); got != sdk.Duration(want) && want != math.MaxInt64 && want != math.MinInt64 {
			t.Errorf("%v in units of %d is %v, not %v", nanos, unit, got, want)
		}
		seconds %= 1 << 40 // tens of thousands of years
		moment, other := sdk.UnixTime(seconds, nanos), sdk.UnixTime(0, unit)
		if moment.Unix() != time.Unix(seconds, nanos).Unix() {
			t.Errorf("%d s and %d ns: %d", seconds, nanos, moment.Unix())
		}
		between := time.Unix(seconds, nanos).Sub(time.Unix(0, unit))
		if got := time.Duration(moment.Sub(other)); got != between && between.Abs() < math.MaxInt64-2*time.Second || (got < 0) != (between < 0) {
			t.Errorf("%v - %v = %v, not %v", moment, other, got, between)
		}
		if moment.IsZero() != (seconds == 0 && nanos == 0) && moment.Unix() != 0 {
			t.Errorf("%v: zero is %v", moment, moment.IsZero())
		}
	})
}
