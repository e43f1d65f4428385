package console

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Key is an API key, without its value.
type Key struct {
	Name    string    `json:"name"`
	Scopes  []string  `json:"scopes"` // "admin" for everything
	Created time.Time `json:"created,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Expired bool      `json:"expired"`
	Foreign bool      `json:"foreign"` // a newer version wrote it, and this one does not accept it
	// Previous says until when values from before a rotation are accepted.
	Previous []time.Time `json:"previous"`
	Where    string      `json:"where"` // the file that has it
}

// WriteKeys writes one line per key.
func WriteKeys(out io.Writer, all []Key, now time.Time) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no keys; vega creates one for its own commands when it starts")
		return err
	}
	var t table
	t.row("NAME", "SCOPES", "CREATED", "EXPIRES", "WHERE")
	for _, k := range all {
		t.row(OneLine(k.Name), OneLine(strings.Join(k.Scopes, ",")), Moment(k.Created), expiry(k, now), RelativePath(k.Where))
	}
	return t.write(out, width(out))
}

func expiry(k Key, now time.Time) string {
	text := "never"
	switch {
	case k.Foreign:
		return "not accepted: from a newer version"
	case k.Expired:
		text = "expired " + Span(now.Sub(k.Expires)) + " ago"
	case !k.Expires.IsZero():
		text = "in " + Span(nearly(k.Expires.Sub(now)))
	}
	for _, until := range k.Previous {
		text += "; the previous one in " + Span(nearly(until.Sub(now)))
	}
	return text
}

// nearly rounds a time that is left to minutes, unless it is short: a key of 30 days has
// 30 days left for a while, not 29 days and 23 hours.
func nearly(left time.Duration) time.Duration {
	if left < time.Hour {
		return left
	}
	return left.Round(time.Minute)
}
