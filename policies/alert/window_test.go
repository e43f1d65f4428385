package alert_test

import (
	"testing"
	"time"

	"vega/policies/alert"
)

func TestWindowsOpenAndClose(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones: ", err)
	}
	utc := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	sunday := []time.Weekday{time.Sunday}
	at := func(from, to time.Duration, zone *time.Location, days []time.Weekday) alert.Window {
		return alert.Window{From: from, To: to, Location: zone, Days: days}
	}
	for _, c := range []struct {
		name   string
		window alert.Window
		now    string
		open   bool
		until  string
	}{
		{"before", at(2*time.Hour, 4*time.Hour, nil, nil), "2026-03-02 01:59", false, "2026-03-02 02:00"},
		{"begins", at(2*time.Hour, 4*time.Hour, nil, nil), "2026-03-02 02:00", true, "2026-03-02 04:00"},
		{"ends", at(2*time.Hour, 4*time.Hour, nil, nil), "2026-03-02 04:00", false, "2026-03-03 02:00"},
		{"over midnight, before", at(22*time.Hour, 4*time.Hour, nil, nil), "2026-03-02 23:00", true, "2026-03-03 04:00"},
		{"over midnight, after", at(22*time.Hour, 4*time.Hour, nil, nil), "2026-03-03 03:59", true, "2026-03-03 04:00"},
		{"the day on which it opens", at(22*time.Hour, 4*time.Hour, nil, sunday), "2026-03-02 03:00", true, "2026-03-02 04:00"}, // Monday
		{"not the day on which it ends", at(22*time.Hour, 4*time.Hour, nil, sunday), "2026-03-01 03:00", false, "2026-03-01 22:00"},
		{"next Sunday", at(2*time.Hour, 4*time.Hour, nil, sunday), "2026-03-02 02:00", false, "2026-03-08 02:00"},
		{"all day", at(0, 24*time.Hour, nil, nil), "2026-03-02 12:00", true, "2026-03-04 00:00"},
		{"in winter", at(2*time.Hour, 4*time.Hour, berlin, nil), "2026-03-02 01:00", true, "2026-03-02 03:00"},
		{"in summer", at(2*time.Hour, 4*time.Hour, berlin, nil), "2026-07-02 00:00", true, "2026-07-02 02:00"},
		// On 2026-03-29, 02:00 to 03:00 does not exist in Berlin: 01:00 UTC is 03:00.
		{"set forward", at(2*time.Hour, 4*time.Hour, berlin, nil), "2026-03-29 01:30", true, "2026-03-29 02:00"},
		{"it ends at a time that does not exist", at(time.Hour, 150*time.Minute, berlin, nil), "2026-03-29 01:15", true, "2026-03-29 01:30"},
		{"it lies in the hour that does not exist", at(130*time.Minute, 140*time.Minute, berlin, nil), "2026-03-29 00:30", true, "2026-03-29 01:20"},
		// On 2026-10-25, 02:00 to 03:00 occurs twice in Berlin: at 00:00 and at 01:00 UTC.
		{"set back, the first", at(150*time.Minute, 170*time.Minute, berlin, nil), "2026-10-25 00:30", true, "2026-10-25 01:50"},
		{"set back, the second", at(150*time.Minute, 170*time.Minute, berlin, nil), "2026-10-25 01:45", true, "2026-10-25 01:50"},
		{"set back, across", at(time.Hour, 4*time.Hour, berlin, nil), "2026-10-25 02:59", true, "2026-10-25 03:00"},
	} {
		open, until := c.window.Open(utc(c.now))
		if open != c.open || !until.Equal(utc(c.until)) {
			t.Errorf("%s: %v until %v, want %v until %s", c.name, open, until.UTC(), c.open, c.until)
		}
	}
}

// Whenever Open is asked between now and the time of its answer, the answer is the same.
func FuzzWindow(f *testing.F) {
	f.Add(int64(1774749600), uint16(120), uint16(240), uint8(0), uint8(1))
	f.Add(int64(1792890000), uint16(150), uint16(170), uint8(1), uint8(2))
	zones := []*time.Location{time.UTC, nil, time.FixedZone("far", -12*3600)}
	for _, name := range []string{"Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia"} {
		if zone, err := time.LoadLocation(name); err == nil {
			zones = append(zones, zone)
		}
	}
	f.Fuzz(func(t *testing.T, now int64, from, to uint16, days, zone uint8) {
		w := alert.Window{From: time.Duration(from%1440) * time.Minute, To: time.Duration(to%1441) * time.Minute, Location: zones[int(zone)%len(zones)]}
		for d := range time.Saturday + 1 {
			if days>>d&1 == 1 {
				w.Days = append(w.Days, d)
			}
		}
		at := time.Unix(now%(1<<33), 0)
		open, until := w.Open(at)
		if !until.After(at) {
			t.Fatalf("%+v at %v: until %v", w, at, until)
		}
		for n := range 20 {
			between := at.Add(until.Sub(at) / 20 * time.Duration(n))
			if o, u := w.Open(between); o != open || u.Before(until) {
				t.Fatalf("%+v: %v until %v at %v, but %v until %v at %v", w, open, until, at, o, u, between)
			}
		}
	})
}
