package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"vega/daemon/engine"
	"vega/policies/check"
)

// symbols are one character each, so that the columns stay aligned.
var symbols = map[check.Status]string{
	check.Healthy:   "✅ ",
	check.Degraded:  "🟡 ",
	check.Unhealthy: "❌ ",
	check.Unknown:   "❓ ",
	check.Disabled:  "⚪ ",
}

// writeTable shows each integration on a line, and the whole on the last.
func writeTable(out io.Writer, h engine.Health) error {
	people := onTerminal(out)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	head := "STATUS"
	if people {
		head = "   STATUS"
	}
	fmt.Fprintf(w, "%s\tNAME\tTIME\tMESSAGE\n", head)
	for _, r := range h.Integrations {
		status := standing(r)
		if people {
			status = symbols[r.Status] + status
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", status, r.Name, took(r), message(r))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s: %s in %s\n", h.Status, counts(h.Summary), milliseconds(h.DurationMS))
	return err
}

// standing is the status, with the cause where that is not the target.
func standing(r engine.Report) string {
	if r.Cause == check.NoCause || r.Cause == check.Target {
		return string(r.Status)
	}
	return fmt.Sprintf("%s (%s)", r.Status, r.Cause)
}

// message is the run's, and where the trouble comes from if that is elsewhere.
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
	return milliseconds(r.ResponseTimeMS)
}

func milliseconds(ms float64) string {
	d := time.Duration(ms * float64(time.Millisecond))
	if d < time.Second {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

func counts(s engine.Summary) string {
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
		return "no integration"
	}
	return strings.Join(parts, ", ")
}
