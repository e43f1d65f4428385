package oncall

import (
	"fmt"
	"strings"
	"time"

	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/store"
)

// brief returns at most limit bytes of a text on one line, for titles and names.
func brief(text string, limit int) string {
	return check.Clip(check.OneLine(ui.Cut(text, 4*limit)), limit)
}

// The forms of times that moment reads, besides how long ago something was. Browsers send
// the last three.
var momentLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly}

// moment reads a time of a form or a link: UTC, or how long ago it was, such as 24h or 7d.
// It returns the zero time for "". The error is a *store.InvalidError.
func moment(field, given string, now time.Time) (time.Time, error) {
	if given = strings.TrimSpace(given); given == "" {
		return time.Time{}, nil
	}
	if ago, err := check.ParseSpan(given); err == nil && ago >= 0 {
		return latest(now.Add(-ago), time.Unix(0, 0)), nil
	}
	for _, layout := range momentLayouts {
		if t, err := time.Parse(layout, given); err == nil {
			return latest(t.UTC(), time.Unix(0, 0)), nil
		}
	}
	return time.Time{}, &store.InvalidError{Field: field, Reason: fmt.Sprintf("%q is not a time: use UTC, such as 2026-01-02T15:04, or how long ago it is, such as 24h or 7d", check.Clip(check.OneLine(given), 100))}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
