package check_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"vega/policies/check"
)

func TestTransition(t *testing.T) {
	for _, c := range []struct {
		before, after check.Status
		want          bool
	}{
		{"", check.Healthy, true}, // the first run
		{check.Healthy, check.Healthy, false},
		{check.Healthy, check.Unhealthy, true},
	} {
		r := check.Run{Previous: c.before, Status: c.after}
		if got, ok := r.Transition(); ok != c.want || got != (check.Transition{From: c.before, To: c.after}) {
			t.Errorf("from %q to %q: %+v, %t; want %t", c.before, c.after, got, ok, c.want)
		}
	}
}

func TestClipCutsAtACharacter(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"short", 5, "short"},
		{"longer", 5, "longe…"},
		{"größe", 3, "gr…"}, // ö has two bytes
		{"\xff\xff", 0, "…"},
		{"", 0, ""},
	} {
		if got := check.Clip(c.in, c.limit); got != c.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("two\nlines")
	f.Add("a\x1b[31m red\u202e reversed\u2028")
	f.Add("\xff\x00")
	f.Fuzz(func(t *testing.T, s string) {
		got := check.OneLine(s)
		if !utf8.ValidString(got) {
			t.Errorf("OneLine(%q) = %q: not UTF-8", s, got)
		}
		for _, r := range got {
			if r < ' ' || r == 0x7f || r == '\u202e' || r == '\u2028' {
				t.Errorf("OneLine(%q) = %q: contains %q", s, got, r)
			}
		}
		if again := check.OneLine(got); again != got {
			t.Errorf("OneLine(%q) = %q, applied again %q", s, got, again)
		}
	})
}

func TestOneLine(t *testing.T) {
	if got, want := check.OneLine("\x1b[31mred\tand\r\ngreen\u202e\n"), "[31mred and  green"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]float64{
		0: 0, 1499 * time.Nanosecond: 0.001, 1500 * time.Nanosecond: 0.002, 2*time.Second + 500*time.Microsecond: 2000.5,
	} {
		if got := check.Milliseconds(d); got != want {
			t.Errorf("Milliseconds(%v) = %v, want %v", d, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 5 * time.Minute: "5m", 2 * time.Hour: "2h", 90 * time.Minute: "1h30m", 61 * time.Second: "1m1s", 10 * time.Second: "10s"} {
		if got := check.Span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

func TestParseSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{"90m": 90 * time.Minute, "1h30m": 90 * time.Minute, "30d": 720 * time.Hour, "2w": 336 * time.Hour, "0d": 0, "4095w": 4095 * 168 * time.Hour} {
		if got, err := check.ParseSpan(text); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "1.5d", "-1d", "1d12h", "4096w", "30", "1 d"} {
		if got, err := check.ParseSpan(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
