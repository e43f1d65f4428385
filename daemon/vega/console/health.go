package console

import (
	"fmt"
	"io"
	"strings"

	"vega/daemon/engine"
	"vega/policies/check"
)

// symbols has one character for each status; see isWide.
var symbols = map[check.Status]string{
	check.Healthy:   "✅ ",
	check.Degraded:  "🟡 ",
	check.Unhealthy: "❌ ",
	check.Unknown:   "❓ ",
	check.Disabled:  "⚪ ",
}

// WriteHealth writes one line per integration, those of its instances and groups
// together and the disabled ones last, and the totals on the last line. On a
// terminal it wraps long messages.
func WriteHealth(out io.Writer, h engine.Health) error {
	terminal := IsTerminal(out)
	head := "STATUS"
	if terminal {
		head = "   STATUS"
	}
	var t table
	t.row(head, "NAME", "TIME", "MESSAGE")
	f := fleetOf(h.Integrations)
	rows := f.rows(h.Integrations)
	for _, off := range []bool{false, true} {
		for _, r := range rows {
			if (r.Status == check.Disabled) != off {
				continue
			}
			status := Status(r)
			if terminal {
				status = symbols[r.Status] + status
			}
			t.row(status, r.Name, took(r), message(r))
		}
	}
	if err := t.write(out, width(out)); err != nil {
		return err
	}
	fmt.Fprintln(out)
	f.write(out)
	_, err := fmt.Fprintf(out, "%s: %s in %s\n", h.Status, Counts(h.Summary), Milliseconds(h.DurationMS))
	return err
}

// Status returns the status of a report, with the cause if that is not the
// target, and whether it is that of an earlier run.
func Status(r engine.Report) string {
	var notes []string
	if r.Cause != check.NoCause && r.Cause != check.Target {
		notes = append(notes, string(r.Cause))
	}
	if r.Stored {
		notes = append(notes, "stored")
	}
	if len(notes) == 0 {
		return string(r.Status)
	}
	return fmt.Sprintf("%s (%s)", r.Status, strings.Join(notes, ", "))
}

// message returns the message of a report, with the root cause if that is another
// integration.
func message(r engine.Report) string {
	if len(r.RootCause) == 0 {
		return r.Message
	}
	return r.Message + "; root cause: " + strings.Join(r.RootCause, ", ")
}

func took(r engine.Report) string {
	if r.CheckedAt == nil {
		return "-"
	}
	return Milliseconds(r.ResponseTimeMS)
}

// Counts lists how many integrations have each status, without zeros.
func Counts(s engine.Summary) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{s.Healthy, "healthy"},
		{s.Degraded, "degraded"},
		{s.Unhealthy, "unhealthy"},
		{s.Unknown, "unknown"},
		{s.Disabled, "disabled"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) == 0 {
		return "no integrations"
	}
	return strings.Join(parts, ", ")
}
