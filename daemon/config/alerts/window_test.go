package alerts

import (
	"testing"
	"time"

	"vega/policies/alert"
)

func TestSkippedWindows(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	const minute = time.Minute
	for _, c := range []struct {
		zone     string
		from, to time.Duration
		days     []time.Weekday
		want     string // the day on which the window does not come
	}{
		{"Europe/Berlin", 120 * minute, 180 * minute, nil, "2027-03-28"},
		{"Europe/Berlin", 135 * minute, 165 * minute, []time.Weekday{time.Sunday}, "2027-03-28"},
		{"Europe/Berlin", 135 * minute, 165 * minute, []time.Weekday{time.Monday}, ""},
		{"Europe/Berlin", 119 * minute, 180 * minute, nil, ""}, // a minute is left
		{"Europe/Berlin", 120 * minute, 181 * minute, nil, ""},
		{"America/New_York", 120 * minute, 150 * minute, nil, "2027-03-14"},
		{"Australia/Lord_Howe", 120 * minute, 150 * minute, nil, "2027-10-03"}, // by half an hour
		{"Africa/Cairo", 0, 30 * minute, nil, "2027-04-30"},                    // at midnight
		{"Asia/Tokyo", 120 * minute, 180 * minute, nil, ""},
		{"UTC", 0, day, nil, ""},
	} {
		l, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if at, ok := skipped(alert.Window{From: c.from, To: c.to, Days: c.days, Location: l}, now); ok {
			got = at.Format(time.DateOnly)
		}
		if got != c.want {
			t.Errorf("%s from %s to %s: %q, want %q", c.zone, clock(c.from), clock(c.to), got, c.want)
		}
	}
}

func TestTimesOfDay(t *testing.T) {
	for text, want := range map[string]time.Duration{"00:00": 0, "23:59": 23*time.Hour + 59*time.Minute, "24:00": day} {
		if got, ok := timeOfDay(text); !ok || got != want {
			t.Errorf("%q is %v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "2:00", "24:01", "12:60", "-1:00", "+1:00", "1e:00", "02:00 ", "02.00", "٠٢:٠٠"} {
		if got, ok := timeOfDay(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
	for text, want := range map[string]string{"2": "02:00", "2:00": "02:00", "2 pm": "14:00", "2:30 PM": "14:30", "0200": "02:00", "02:00:00": "02:00", "noon": "", "": ""} {
		if got := usualTime(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestNearestZone(t *testing.T) {
	for text, want := range map[string]string{
		"berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "New York": "America/New_York", "america new york": "America/New_York",
		"utc": "UTC", "Tokyo": "Asia/Tokyo", "": "", "../etc/passwd": "", "Mars": "",
	} {
		if got := nearestZone(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
