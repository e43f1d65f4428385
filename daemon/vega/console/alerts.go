package console

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"vega/daemon/alerting"
	"vega/policies/incident"
)

// WriteSilences writes one line per silence.
func WriteSilences(out io.Writer, all []incident.Silence, now time.Time) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no silences")
		return err
	}
	var t table
	t.row("ID", "STATE", "SILENCES", "BY", "COMMENT")
	for n := range all {
		s := &all[n]
		t.row(fmt.Sprint(s.ID), silenceState(s, now), silenced(s), OneLine(s.By), OneLine(s.Comment))
	}
	return t.write(out, width(out))
}

func silenceState(s *incident.Silence, now time.Time) string {
	switch {
	case !s.Ended.IsZero():
		return "ended by " + cmp.Or(OneLine(s.EndedBy), "vega")
	case now.Before(s.From):
		return "from " + Moment(s.From) + " for " + Span(s.Until.Sub(s.From))
	case s.Active(now):
		return "for another " + Span(s.Until.Sub(now))
	default:
		return "ended at " + Moment(s.Until)
	}
}

// silenced says what a silence is about.
func silenced(s *incident.Silence) string {
	var parts []string
	if len(s.Integrations) > 0 {
		parts = append(parts, strings.Join(s.Integrations, ", "))
	}
	if len(s.Alerts) > 0 {
		parts = append(parts, "alerts "+strings.Join(s.Alerts, ", "))
	}
	return OneLine(strings.Join(parts, "; "))
}

// WriteAlerts writes one line per alert, and below it one per subject that is not good.
func WriteAlerts(out io.Writer, all []alerting.AlertReport, now time.Time) error {
	var t table
	t.row("ALERT", "SEVERITY", "NOTIFIES", "WATCHES", "CONDITION")
	for _, a := range all {
		notify := strings.Join(a.Notify, ", ")
		t.row(OneLine(a.Name), string(a.Severity), cmp.Or(notify, "-"), fmt.Sprint(a.Subjects), OneLine(a.Condition))
		for n := range a.Watches {
			w := &a.Watches[n]
			text := "since " + Moment(w.Since) + " (" + Span(now.Sub(w.Since)) + ")" + colon(w.Message)
			if w.Incident != 0 {
				text = fmt.Sprintf("incident %d, ", w.Incident) + text
			}
			t.row("  "+OneLine(w.Subject.Label()), string(w.Phase), "", "", OneLine(text))
		}
	}
	return t.write(out, width(out))
}

// WriteNotifiers writes one line per notifier.
func WriteNotifiers(out io.Writer, all []alerting.NotifierReport) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no notifier is configured; nobody is notified")
		return err
	}
	var t table
	t.row("NOTIFIER", "TYPE", "STATUS", "WAITING", "GIVEN UP", "SENT", "FAILED", "LAST ERROR")
	for _, n := range all {
		t.row(n.Name, n.Type, n.Status, fmt.Sprint(n.Waiting), fmt.Sprint(n.Dead), fmt.Sprint(n.Sent), fmt.Sprint(n.Failed), cmp.Or(OneLine(n.LastError), "-"))
	}
	return t.write(out, width(out))
}

// WriteTest writes one line per message of a test.
func WriteTest(out io.Writer, r alerting.TestReport) error {
	var t table
	for _, s := range r.Steps {
		outcome, text := "sent", "in "+Milliseconds(s.DurationMS)
		if !s.OK {
			outcome, text = "failed", OneLine(s.Error)+", after "+Milliseconds(s.DurationMS)
		}
		t.row(OneLine(r.Notifier)+" ("+r.Type+")", string(s.Kind), outcome, text)
	}
	return t.write(out, 0)
}
