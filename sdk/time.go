package sdk

import (
	"math"
	"strconv"
)

// Duration is a length of time in nanoseconds, as Duration is, and converts to it.
// The SDK does not import package time: this alone adds 250 KB to a module.
type Duration int64

// Common lengths of time.
const (
	Nanosecond  Duration = 1
	Microsecond          = 1000 * Nanosecond
	Millisecond          = 1000 * Microsecond
	Second               = 1000 * Millisecond
	Minute               = 60 * Second
	Hour                 = 60 * Minute
)

// Round returns d rounded to the nearest multiple of unit, half away from zero. It
// returns d if unit is not positive, or if the multiple is out of range.
func (d Duration) Round(unit Duration) Duration {
	if unit <= 0 {
		return d
	}
	over := d % unit
	down := d - over
	switch {
	case over < 0 && over <= -unit-over && down >= math.MinInt64+unit:
		return down - unit
	case over > 0 && over >= unit-over && down <= math.MaxInt64-unit:
		return down + unit
	case over == 0, over < 0 && over > -unit-over, over > 0 && over < unit-over:
		return down
	}
	return d
}

// Milliseconds returns d in whole milliseconds.
func (d Duration) Milliseconds() int64 { return int64(d / Millisecond) }

// Seconds returns d in seconds.
func (d Duration) Seconds() float64 { return float64(d) / float64(Second) }

// String returns d as "1h2m3.5s", "1.5ms" or "0s", as Duration does.
func (d Duration) String() string {
	sign, n := "", uint64(d)
	if d < 0 {
		sign, n = "-", -n
	}
	in := func(unit Duration, name string) string {
		return strconv.FormatFloat(float64(n)/float64(unit), 'f', -1, 64) + name
	}
	switch {
	case n == 0:
		return "0s"
	case n < uint64(Microsecond):
		return sign + in(Nanosecond, "ns")
	case n < uint64(Millisecond):
		return sign + in(Microsecond, "µs")
	case n < uint64(Second):
		return sign + in(Millisecond, "ms")
	}
	if hours := n / uint64(Hour); hours > 0 {
		sign += strconv.FormatUint(hours, 10) + "h"
	}
	if n >= uint64(Minute) {
		sign += strconv.FormatUint(n/uint64(Minute)%60, 10) + "m"
	}
	n %= uint64(Minute)
	return sign + in(Second, "s")
}

// Time is a moment, with the precision of a nanosecond. The zero Time stands for none.
type Time struct {
	seconds int64 // since 1970-01-01 UTC
	nanos   int64 // 0 to 999,999,999
}

// UnixTime returns the moment that many seconds, and nanoseconds, after 1970-01-01 UTC.
func UnixTime(seconds, nanos int64) Time {
	seconds, nanos = seconds+nanos/int64(Second), nanos%int64(Second)
	if nanos < 0 {
		seconds, nanos = seconds-1, nanos+int64(Second)
	}
	return Time{seconds, nanos}
}

// IsZero reports whether t stands for none.
func (t Time) IsZero() bool { return t == Time{} }

// Unix returns the seconds since 1970-01-01 UTC. time.Unix(t.Unix(), 0) makes a
// Time of them.
func (t Time) Unix() int64 { return t.seconds }

// Sub returns the time from u to t: at most 292 years, as a Duration has no room for more.
func (t Time) Sub(u Time) Duration {
	seconds := t.seconds - u.seconds
	const most = math.MaxInt64/int64(Second) - 1
	return Duration(min(max(seconds, -most), most))*Second + Duration(t.nanos-u.nanos)
}
