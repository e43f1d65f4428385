package cron

import (
	"strings"
	"testing"
	"time"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	in, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// runs returns the next times after one, in RFC 3339.
func runs(t testing.TB, text, in, after string, n int) (all []string) {
	t.Helper()
	s, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		at = s.Next(at, zone(t, in))
		all = append(all, at.Format(time.RFC3339))
	}
	return all
}

func TestNext(t *testing.T) {
	for _, c := range []struct{ name, text, in, after, want string }{
		{"daily", "30 3 * * *", "UTC", "2026-01-31T03:30:00Z", "2026-02-01T03:30:00Z 2026-02-02T03:30:00Z"},
		{"shorthand", "@weekly", "UTC", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z 2026-01-11T00:00:00Z"},
		{"step", "*/20 * * * *", "UTC", "2026-01-01T00:41:00Z", "2026-01-01T01:00:00Z 2026-01-01T01:20:00Z"},
		{"step from a number", "5/25 0 * * *", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z 2026-01-01T00:30:00Z 2026-01-01T00:55:00Z 2026-01-02T00:05:00Z"},
		{"names", "0 0 * jan-feb mon,WED", "UTC", "2026-02-26T00:00:00Z", "2027-01-04T00:00:00Z 2027-01-06T00:00:00Z"},
		{"Sunday is 7", "0 0 * * 5-7", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z 2026-01-03T00:00:00Z 2026-01-04T00:00:00Z 2026-01-09T00:00:00Z"},
		{"every second day of the week", "0 0 * * */2", "UTC", "2026-01-03T12:00:00Z", "2026-01-04T00:00:00Z 2026-01-06T00:00:00Z 2026-01-08T00:00:00Z 2026-01-10T00:00:00Z 2026-01-11T00:00:00Z"},
		{"day of the month or of the week", "0 0 13 * fri", "UTC", "2026-02-01T00:00:00Z", "2026-02-06T00:00:00Z 2026-02-13T00:00:00Z 2026-02-20T00:00:00Z 2026-02-27T00:00:00Z 2026-03-06T00:00:00Z 2026-03-13T00:00:00Z"},
		{"both, because one begins with *", "0 0 */2 * mon", "UTC", "2026-01-01T00:00:00Z", "2026-01-05T00:00:00Z 2026-01-19T00:00:00Z"},
		{"leap day", "0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z 2032-02-29T12:00:00Z"},
		{"leap day, past 2100", "0 12 29 2 *", "UTC", "2096-02-29T12:00:00Z", "2104-02-29T12:00:00Z"},
		{"leap day that is a Sunday", "0 0 29 2 */7", "UTC", "2060-02-29T00:00:00Z", "2088-02-29T00:00:00Z 2128-02-29T00:00:00Z"},
		{"the 31st", "0 0 31 * *", "UTC", "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z 2026-05-31T00:00:00Z"},
		{"the seconds count", "* * * * *", "UTC", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"},
		{"an odd offset", "0 6 * * *", "Asia/Kathmandu", "2026-01-01T00:14:00Z", "2026-01-01T06:00:00+05:45"},
		{"an odd offset, each quarter", "*/15 * * * *", "Asia/Kathmandu", "2026-01-01T00:14:00Z", "2026-01-01T06:00:00+05:45 2026-01-01T06:15:00+05:45"},

		// Berlin: 2026-03-29 02:00 → 03:00, 2026-10-25 03:00 → 02:00.
		{"Berlin, a time in the gap", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00 2026-03-30T02:30:00+02:00"},
		{"Berlin, times in and after the gap", "15,45 2,3 * * *", "Europe/Berlin", "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00 2026-03-29T03:15:00+02:00 2026-03-29T03:45:00+02:00"},
		{"Berlin, a time that exists twice", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00 2026-10-26T02:30:00+01:00"},
		{"Berlin, each half hour in the gap", "*/30 * * * *", "Europe/Berlin", "2026-03-29T01:20:00+01:00", "2026-03-29T01:30:00+01:00 2026-03-29T03:00:00+02:00 2026-03-29T03:30:00+02:00"},
		{"Berlin, each half hour twice", "*/30 * * * *", "Europe/Berlin", "2026-10-25T02:20:00+02:00", "2026-10-25T02:30:00+02:00 2026-10-25T02:00:00+01:00 2026-10-25T02:30:00+01:00 2026-10-25T03:00:00+01:00"},
		{"Berlin, @hourly", "@hourly", "Europe/Berlin", "2026-10-25T01:20:00+02:00", "2026-10-25T02:00:00+02:00 2026-10-25T02:00:00+01:00 2026-10-25T03:00:00+01:00"},
		{"Berlin, an hour with * in the minute is skipped", "* 2 * * *", "Europe/Berlin", "2026-03-28T02:59:00+01:00", "2026-03-30T02:00:00+02:00"},
		{"Berlin, daily over both", "0 12 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T12:00:00+02:00 2026-03-30T12:00:00+02:00"},
		{"Berlin, asked within the second of two hours", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:10:00+01:00", "2026-10-26T02:30:00+01:00"},

		// New York: 2026-03-08 02:00 → 03:00, 2026-11-01 02:00 → 01:00.
		{"New York, a time in the gap", "5 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00 2026-03-09T02:05:00-04:00"},
		{"New York, a time that exists twice", "30 1 * * *", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00 2026-11-02T01:30:00-05:00"},
		{"New York, @daily", "@daily", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T00:00:00-04:00 2026-11-02T00:00:00-05:00"},

		// Lord Howe, by half an hour: 2026-04-05 02:00 → 01:30, 2026-10-04 02:00 → 02:30.
		{"Lord Howe, a time in the gap", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00 2026-10-05T02:15:00+11:00"},
		{"Lord Howe, the end of the gap", "30 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00 2026-10-05T02:30:00+11:00"},
		{"Lord Howe, a time that exists twice", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00+11:00", "2026-04-05T01:45:00+11:00 2026-04-06T01:45:00+10:30"},
		{"Lord Howe, each quarter", "*/15 * * * *", "Australia/Lord_Howe", "2026-04-05T01:40:00+11:00", "2026-04-05T01:45:00+11:00 2026-04-05T01:30:00+10:30 2026-04-05T01:45:00+10:30 2026-04-05T02:00:00+10:30"},

		{"São Paulo, a day without midnight", "0 0 4 11 *", "America/Sao_Paulo", "2018-11-03T23:00:00-03:00", "2018-11-04T01:00:00-02:00"},
		{"São Paulo, after a midnight that does not exist", "0 1 4 11 *", "America/Sao_Paulo", "2018-11-03T23:00:00-03:00", "2018-11-04T01:00:00-02:00 2019-11-04T01:00:00-03:00"},
		{"Apia, a day that does not exist", "0 12 * * *", "Pacific/Apia", "2011-12-29T13:00:00-10:00", "2011-12-31T00:00:00+14:00 2011-12-31T12:00:00+14:00"},
	} {
		want := strings.Fields(c.want)
		if got := runs(t, c.text, c.in, c.after, len(want)); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %s in %s after %s:\n%s, want\n%s", c.name, c.text, c.in, c.after, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestNextNeverComes(t *testing.T) {
	for _, text := range []string{"0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30 feb */1"} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if next := s.Next(time.Unix(0, 0), time.UTC); !next.IsZero() {
			t.Errorf("%s runs at %v", text, next)
		}
	}
}

// TestNextMovesOn checks across all changes of clocks of a year that runs are later
// than asked for, and at a matching time or at the end of a gap.
func TestNextMovesOn(t *testing.T) {
	for _, in := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia"} {
		at := zone(t, in)
		for _, text := range []string{"*/30 * * * *", "17 2 * * *", "0,30 0-4 * * *", "59 23 * * 6", "0 0 1 * *"} {
			s, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for now, end := begin, begin.AddDate(1, 0, 0); now.Before(end); {
				next := s.Next(now, at)
				start, _ := next.ZoneBounds()
				if !next.After(now) || s.hours>>next.Hour()&1 == 0 && !next.Equal(start) {
					t.Fatalf("%s in %s: after %v comes %v", text, in, now, next)
				}
				if again := s.Next(next.Add(-1), at); !again.Equal(next) {
					t.Fatalf("%s in %s: just before %v comes %v", text, in, next, again)
				}
				now = next
			}
		}
	}
}

func TestLongest(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"*/5 * * * *": 5 * time.Minute, "@hourly": time.Hour, "0 3 * * *": day, "0 3,5 * * *": 22 * time.Hour,
		"0 3 * * 1-5": 3 * day, "*/10 9-17 * * 1-5": 2*day + 15*time.Hour + 10*time.Minute, "@monthly": 31 * day, "0 0 29 2 *": 1461 * day, "@yearly": 366 * day,
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Longest(); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "5 fields, not 0",
		"* * * *":             "5 fields, not 4",
		"0 0 3 * * *":         "5 fields, not 6",
		"60 * * * *":          `the minute "60"`,
		"* 24 * * *":          `"24" is not one of 0 to 23`,
		"* * 0 * *":           `"0" is not one of 1 to 31`,
		"* * * 13 *":          "1 to 12, or jan to dec",
		"* * * * 8":           "0 to 7, or sun to sat",
		"* * * * fri-mon":     `"fri-mon" ends before it begins`,
		"*/0 * * * *":         `the step "0"`,
		"*/ * * * *":          `the step ""`,
		"-5 * * * *":          `"" is not one of`,
		"1- * * * *":          `"" is not one of`,
		"1,,2 * * * *":        `"" is not one of`,
		"+1 * * * *":          `"+1" is not one of`,
		"? * * * *":           `"?" is not one of`,
		"0 0 L * *":           `"L" is not one of`,
		"@reboot":             "@reboot has no time",
		"@every 5m":           "5 fields, not 2",
		"@every":              "use interval",
		"@fortnightly":        "the name does not exist",
		"99999999999 * * * *": "is not one of 0 to 59",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want …%s…", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"*/5 * * * *", "0 0 29 2 */7", "@daily", "5/25 1-3,7 * jan-mar sun"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.String())
		if err != nil || *again != *s {
			t.Errorf("%q is read again as %+v (%v)", s, again, err)
		}
		now := time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
		if next := s.Next(now, zone(t, "Europe/Berlin")); !next.IsZero() && !next.After(now) {
			t.Errorf("%q: after %v comes %v", s, now, next)
		}
	})
}

func BenchmarkNext(b *testing.B) {
	for _, text := range []string{"0 3 * * *", "*/5 * * * *", "0 0 29 2 *"} {
		b.Run(text, func(b *testing.B) {
			s, err := Parse(text)
			if err != nil {
				b.Fatal(err)
			}
			in, now := zone(b, "Europe/Berlin"), time.Date(2026, 3, 29, 0, 30, 0, 0, time.UTC)
			for b.Loop() {
				s.Next(now, in)
			}
		})
	}
}
