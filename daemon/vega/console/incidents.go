package console

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"vega/daemon/alerting"
	"vega/policies/check"
	"vega/policies/incident"
)

// WriteIncidents writes one line per incident.
func WriteIncidents(out io.Writer, page alerting.IncidentPage, now time.Time) error {
	if len(page.Incidents) == 0 {
		_, err := fmt.Fprintln(out, "no incidents")
		return err
	}
	var t table
	t.row("ID", "SEVERITY", "SUBJECT", "OPENED", "STATE", "SUMMARY")
	for n := range page.Incidents {
		i := &page.Incidents[n]
		t.row(fmt.Sprint(i.ID), string(i.Severity), OneLine(i.Subject.Label()), Moment(i.Opened), state(i, now), OneLine(i.Summary))
	}
	return t.write(out, width(out))
}

// state says in a few words how an incident stands.
func state(i *incident.Incident, now time.Time) string {
	switch {
	case !i.Open():
		return fmt.Sprintf("%s after %s", i.End, Span(i.Ended.Sub(i.Opened)))
	case i.Root != 0:
		return fmt.Sprintf("open for %s, because of incident %d", Span(now.Sub(i.Opened)), i.Root)
	case i.Acknowledged != nil:
		return fmt.Sprintf("open for %s, acknowledged by %s", Span(now.Sub(i.Opened)), OneLine(i.Acknowledged.By))
	case i.Muted != nil:
		return fmt.Sprintf("open for %s, %s until %s", Span(now.Sub(i.Opened)), OneLine(i.Muted.By), Moment(i.Muted.Until))
	default:
		return "open for " + Span(now.Sub(i.Opened))
	}
}

// Moment formats a time in UTC, "-" for none.
func Moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// units are those of durations in tables.
var units = check.Units{Day: "d", Hour: "h", Minute: "m", Second: "s"}

// Span formats a duration with its two largest units, without spaces: 3d4h,
// 2h5m, 45s. Less than a second is in milliseconds.
func Span(d time.Duration) string {
	if d = max(d, 0); d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return units.Elapsed(d)
}

// details writes an incident.
type details struct{ *bufio.Writer }

// WriteIncident writes everything that is known of an incident.
func WriteIncident(out io.Writer, r alerting.IncidentReport, now time.Time) error {
	w := details{bufio.NewWriter(out)}
	w.head(&r, now)
	w.evidence(&r.Evidence)
	w.timeline(r.Timeline)
	w.deliveries(r.Deliveries, r.Ended.IsZero())
	return w.Flush()
}

// line writes a name and a text, unless the text is empty.
func (w details) line(name, text string) {
	if text = OneLine(text); text != "" {
		fmt.Fprintf(w, "%-14s  %s\n", name, text)
	}
}

func (w details) head(r *alerting.IncidentReport, now time.Time) {
	fmt.Fprintf(w, "incident %d: %s\n\n", r.ID, OneLine(r.Summary))
	w.line("state", state(&r.Incident, now))
	w.line("severity", string(r.Severity))
	w.line("subject", string(r.Subject.Kind)+" "+r.Subject.Label())
	w.line("alerts", strings.Join(r.Alerts, ", "))
	w.line("opened", Moment(r.Opened))
	if !r.Open() {
		w.line("ended", Moment(r.Ended))
	}
	if r.Reopened > 0 {
		w.line("reopened", Count(r.Reopened, "time"))
	}
	if a := r.Acknowledged; a != nil {
		w.line("acknowledged", "by "+a.By+" at "+Moment(a.At)+colon(a.Comment))
		if !a.Until.IsZero() {
			w.line("", "until "+Moment(a.Until))
		}
	}
	w.line("runbook", r.Runbook)
	if r.Root != 0 {
		w.line("because of", fmt.Sprintf("incident %d", r.Root))
	}
	for n := range r.Explains {
		name := ""
		if n == 0 {
			name = "explains"
		}
		w.line(name, fmt.Sprintf("incident %d: %s", r.Explains[n].ID, r.Explains[n].Subject.Label()))
	}
	for _, s := range r.Silences {
		w.line("silenced", fmt.Sprintf("by %s until %s%s (silence %d)", s.By, Moment(s.Until), colon(s.Comment), s.ID))
	}
}

// colon precedes a comment with a colon, unless it is empty.
func colon(comment string) string {
	if comment == "" {
		return ""
	}
	return ": " + comment
}

func (w details) evidence(e *incident.Evidence) {
	fmt.Fprintln(w)
	w.observation("at opening", e.Now)
	w.observation("last good", e.LastGood)
	w.line("condition", e.Bound)
	w.line("below", strings.Join(e.Below, ", "))
	for n, s := range e.Strain {
		w.line(onlyFirst(n, "host"), s)
	}
	for n, q := range e.Queries {
		w.line(onlyFirst(n, "slow queries"), q)
	}
	w.line("configuration", e.Config)
}

// onlyFirst returns the name for the first line of a list, "" for the others.
func onlyFirst(n int, name string) string {
	if n == 0 {
		return name
	}
	return ""
}

// observation writes a run or a reading, with its details on further lines.
func (w details) observation(name string, o *incident.Observation) {
	if o == nil {
		return
	}
	text := Moment(o.At)
	if o.Status != "" {
		text += " " + string(o.Status)
	}
	if o.Cause != check.NoCause {
		text += " (" + string(o.Cause) + ")"
	}
	if o.TookMS > 0 {
		text += " in " + Milliseconds(o.TookMS)
	}
	if o.Value != "" {
		text += " " + o.Value
	}
	w.line(name, text+colon(o.Message))
	var parts []string
	for _, m := range o.Metrics {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%s %.6g %s", m.Name, m.Value, m.Unit)))
	}
	for _, k := range slices.Sorted(maps.Keys(o.Details)) {
		parts = append(parts, k+" "+o.Details[k])
	}
	w.line("", strings.Join(parts, ", "))
	if o.CorrelationID != "" {
		w.line("", "correlation ID "+o.CorrelationID)
	}
}

func (w details) timeline(all []incident.Event) {
	fmt.Fprintln(w)
	var t table
	t.row("TIME", "EVENT", "BY", "TEXT")
	for _, e := range all {
		t.row(Moment(e.At), OneLine(e.Kind), cmp.Or(OneLine(e.By), "-"), cmp.Or(OneLine(e.Text), "-"))
	}
	_ = t.write(w, 0) // Flush returns the error
}

// deliveries writes what each notifier knows. There is none at first, because an
// opening waits for others to join it.
func (w details) deliveries(all []incident.Delivery, open bool) {
	fmt.Fprintln(w)
	switch {
	case len(all) > 0:
	case open:
		fmt.Fprintln(w, "nobody has been notified yet")
		return
	default:
		fmt.Fprintln(w, "nobody was notified")
		return
	}
	var t table
	t.row("NOTIFIER", "STATE", "LAST", "SENT", "ATTEMPTS", "ERROR")
	for n := range all {
		d := &all[n]
		t.row(OneLine(d.Notifier), deliveryState(d), cmp.Or(string(d.Kind), "-"), Moment(d.Sent), attempts(d), cmp.Or(OneLine(d.Error), "-"))
	}
	_ = t.write(w, 0)
}

// attempts counts the attempts for what is being sent; "-": nothing is.
func attempts(d *incident.Delivery) string {
	if d.Attempts == 0 {
		return "-"
	}
	return fmt.Sprint(d.Attempts)
}

// deliveryState says what a notifier knows of an incident.
func deliveryState(d *incident.Delivery) string {
	switch {
	case d.Dead:
		return "given up"
	case d.InFlight:
		return "in flight"
	case d.Missed:
		return "missed"
	case d.Done:
		return "done"
	case d.Error != "" && !d.Next.IsZero():
		return "next try " + Moment(d.Next)
	case d.Notified:
		return "notified"
	default:
		return "waiting"
	}
}
