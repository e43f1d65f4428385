package alerts

import (
	"testing"
	"time"
)

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
