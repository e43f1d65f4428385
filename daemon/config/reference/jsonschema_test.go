package reference

import (
	"regexp"
	"strings"
	"testing"

	"vega/plugins/manifest"
)

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// TestPatternsOfJSONSchema compares the patterns with vega's own parsers.
func TestPatternsOfJSONSchema(t *testing.T) {
	for _, text := range []string{"0", "10s", "1h30m", "1.5s", ".5s", "1.s", "+1s", "300µs", "300μs", "1d", "", "s", "1", "10 s", "1h 30m", "1e3s"} {
		v := manifest.Option{Type: manifest.DurationType}
		_, err := v.Convert(text)
		if got := matches(durationPattern, text); got != (err == nil) {
			t.Errorf("duration %q: pattern %v, parser %v", text, got, err)
		}
	}
	for _, text := range []string{"0B", "64KiB", "1.5GiB", "10 MB", " 1TB", "1e3B", "+1B", "64", "KiB", "-1B", "64 kb", "1PiB", ".B"} {
		v := manifest.Option{Type: manifest.SizeType}
		_, err := v.Convert(text)
		if got := matches(sizePattern, text); got != (err == nil) {
			t.Errorf("size %q: pattern %v, parser %v", text, got, err)
		}
	}
	for _, text := range []string{"a", "a-b_1", "A", "1a", "", "a b", strings.Repeat("a", 64), strings.Repeat("a", 65)} {
		if got := matches(namePattern, text) && len(text) <= maxName; got != manifest.ValidName(text) {
			t.Errorf("name %q: %v", text, got)
		}
	}
	for pattern, want := range map[string]bool{
		"[a-z]+": true, `[A-Za-z0-9.:\[\]-]+`: true, "(?:a|b)": true, "": false, "(?i)a": false, `\pL+`: false, "[[:alpha:]]": false, `a\z`: false, `a\-b`: false, `a\.b`: true,
	} {
		if portable(pattern) != want {
			t.Errorf("%q: portable is not %v", pattern, want)
		}
	}
}
