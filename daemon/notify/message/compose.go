package message

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/policies/check"
	"vega/policies/incident"
)

// Text is a message in words.
type Text struct {
	Title   string // one line, about everything
	Notices []Notice
	More    int // notices that are left out
	// Severity is the highest of the notices that are not over; "" if all are.
	Severity incident.Severity
	Test     bool
}

// Notice is one incident of a message.
type Notice struct {
	Head   string // one line
	Fields []Field
	Links  []Link

	Source *incident.Notice
}

// Field is a fact about an incident.
type Field struct{ Name, Value string }

// Link is a URL that the operator configured, with nothing in it that markup could
// interpret.
type Link struct{ Name, URL string }

// The names of links.
const (
	IncidentLink = "Incident"
	RunbookLink  = "Runbook"
)

// Over reports whether the notice says that an incident is over.
func (n *Notice) Over() bool {
	return n.Source.Kind == incident.Resolve || n.Source.Kind == incident.Missed
}

// Compose says in words what a message is about.
func Compose(m *incident.Message) *Text {
	t := &Text{More: m.Storm, Test: m.Test}
	for i := range m.Notices {
		n := &m.Notices[i]
		composed := Notice{Head: head(n), Fields: fields(n), Links: links(n), Source: n}
		if m.Test {
			composed.Head = "Test: " + composed.Head
		}
		t.Notices = append(t.Notices, composed)
		if !composed.Over() && n.Incident.Severity.Rank() > t.Severity.Rank() {
			t.Severity = n.Incident.Severity
		}
	}
	t.Title = t.title()
	return t
}

// title is the head of the only notice, or counts the notices by kind and names the first
// of each.
func (t *Text) title() string {
	if len(t.Notices) == 1 && t.More == 0 {
		return t.Notices[0].Head
	}
	subjects := map[string][]string{}
	for i := range t.Notices {
		n := t.Notices[i].Source
		subjects[counted(n)] = append(subjects[counted(n)], n.Incident.Subject.Label())
	}
	var parts []string
	for _, what := range []string{opened, "escalated", "still open", "affected", "recovered", "withdrawn", "missed"} {
		all, more := subjects[what], 0
		if what == opened {
			more = t.More
		}
		if n := len(all) + more; n > 0 {
			parts = append(parts, strconv.Itoa(n)+" "+what+first(all, more))
		}
	}
	title := "Incidents: " + strings.Join(parts, ", ")
	if t.Severity != "" {
		title = "[" + string(t.Severity) + "] " + title
	}
	if t.Test {
		title = "Test: " + title
	}
	return title
}

// maxTitled limits the subjects of a kind that a title names.
const maxTitled = 3

// first names the first subjects in parentheses, and counts the others.
func first(all []string, more int) string {
	shown := all[:min(len(all), maxTitled)]
	if len(shown) == 0 {
		return ""
	}
	return " (" + names(shown, more+len(all)-len(shown)) + ")"
}

const opened = "opened"

func counted(n *incident.Notice) string {
	switch n.Kind {
	case incident.Reminder:
		return "still open"
	case incident.Escalation:
		return "escalated"
	case incident.BelowRoot:
		return "affected"
	case incident.Missed:
		return "missed"
	case incident.Resolve:
		if n.Incident.End == incident.Recovered {
			return "recovered"
		}
		return "withdrawn"
	default:
		return opened
	}
}

func head(n *incident.Notice) string {
	label := Clean(n.Incident.Subject.Label())
	mark := "[" + clean(string(n.Incident.Severity), 20) + "] "
	open := Span(n.For)
	switch n.Kind {
	case incident.Reminder:
		return mark + "Still open after " + open + ": " + summary(n)
	case incident.Escalation:
		return mark + "Escalated after " + open + ": " + summary(n)
	case incident.BelowRoot:
		return mark + "Affected by another incident: " + summary(n)
	case incident.Missed:
		return "[missed] " + label + " was in trouble for " + open + " while this notifier could not be reached"
	case incident.Resolve:
		switch n.Incident.End {
		case incident.Recovered:
			return "[recovered] " + label + " after " + open
		case incident.Withdrawn:
			return "[withdrawn] " + label + " after " + open + ": its alert or integration was removed or disabled"
		default: // still open: the notifier was removed; see Note
			return "[withdrawn] " + label + ", open for " + open
		}
	default:
		return mark + summary(n)
	}
}

// summary is the summary of an incident, with the name of its subject.
func summary(n *incident.Notice) string {
	label, text := Clean(n.Incident.Subject.Label()), Clean(n.Incident.Summary)
	switch {
	case text == "":
		return label
	case strings.Contains(text, label):
		return text
	default:
		return clean(label+": "+text, MaxField)
	}
}

func fields(n *incident.Notice) []Field {
	var all []Field
	add := func(name, value string) {
		if value = Clean(value); value != "" {
			all = append(all, Field{name, value})
		}
	}
	e := &n.Incident.Evidence
	add("Note", n.Note)
	over := n.Kind == incident.Resolve || n.Kind == incident.Missed
	if over {
		add("Was", summary(n))
	} else if now := e.Now; now != nil {
		if now.Message != "" && !strings.Contains(Clean(n.Incident.Summary), Clean(now.Message)) {
			add("Message", now.Message)
		}
		add("Cause", string(now.Cause))
	}
	add("Since", stamp(n.Incident.Opened))
	add("Until", stamp(n.Incident.Ended))
	if n.Incident.Reopened > 0 && !strings.Contains(n.Note, incident.BeganAgain) {
		add("Began again", plural(n.Incident.Reopened, "time"))
	}
	if a := n.Incident.Acknowledged; a != nil && n.Incident.Open() {
		add("Acknowledged", strings.TrimSpace("by "+clean(a.By, 100)+" "+clean(a.Comment, 400)))
	}
	add("Fails because of it", names(n.Below, n.More))
	if over {
		return all
	}
	return append(all, evidence(e)...)
}

// evidence is what was known when the incident opened.
func evidence(e *incident.Evidence) []Field {
	var all []Field
	add := func(name, value string) {
		if value = Clean(value); value != "" {
			all = append(all, Field{name, value})
		}
	}
	add("At opening", observation(e.Now, e.Bound))
	add("Last good", observation(e.LastGood, ""))
	add("Host", sentences(cleanAll(e.Strain)))
	add("Slow queries", sentences(cleanAll(e.Queries)))
	if e.Now != nil {
		add("Correlation ID", e.Now.CorrelationID)
	}
	return all
}

// observation says what a run or a reading was: its status, its value, and its duration
// with that of its phases. It returns "" if none of these is known.
func observation(o *incident.Observation, bound string) string {
	if o == nil {
		return ""
	}
	parts := []string{clean(string(o.Status), 40), clean(o.Value, 100), clean(bound, 100)}
	if o.TookMS > 0 {
		parts = append(parts, "took "+millis(o.TookMS))
	}
	for _, m := range o.Metrics[:min(len(o.Metrics), maxMetrics)] {
		parts = append(parts, clean(m.Name, 60)+" "+metric(m))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Details))[:min(len(o.Details), maxMetrics)] {
		parts = append(parts, clean(name, 60)+": "+clean(o.Details[name], 200))
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return "" // an event: its time is that of the opening
	}
	return strings.TrimPrefix(stamp(o.At)+": ", ": ") + strings.Join(parts, ", ")
}

// maxMetrics limits the metrics, and the details, of an observation.
const maxMetrics = 10

func metric(m check.Metric) string {
	if m.Unit == "ms" {
		return millis(m.Value)
	}
	return strings.TrimSpace(strconv.FormatFloat(m.Value, 'g', 6, 64) + " " + clean(m.Unit, 20))
}

func millis(ms float64) string {
	if ms >= 10000 {
		return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
	}
	if ms >= 100 {
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms, 'g', 3, 64) + " ms"
}

func links(n *incident.Notice) []Link {
	var all []Link
	for _, l := range []Link{{IncidentLink, n.Link}, {RunbookLink, n.Incident.Runbook}} {
		if l.URL = safeURL(l.URL); l.URL != "" {
			all = append(all, l)
		}
	}
	return all
}

// names lists integrations, and counts those that are left out.
func names(all []string, more int) string {
	if len(all) > incident.MaxNames {
		more += len(all) - incident.MaxNames
		all = all[:incident.MaxNames]
	}
	var b strings.Builder
	for i, name := range all {
		name = clean(name, 100)
		if b.Len()+len(name) > MaxField-40 {
			more += len(all) - i
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(name)
	}
	if more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return strings.TrimSpace(b.String())
}

// sentences joins texts, some of them sentences.
func sentences(all []string) string {
	var b strings.Builder
	for n, s := range all {
		switch {
		case n == 0:
		case strings.HasSuffix(all[n-1], "."):
			b.WriteString(" ")
		default:
			b.WriteString("; ")
		}
		b.WriteString(s)
	}
	return b.String()
}

func cleanAll(all []string) []string {
	out := make([]string, 0, len(all))
	for _, s := range all {
		out = append(out, clean(s, 300))
	}
	return out
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// units are those of durations in messages.
var units = check.Units{Day: "d", Hour: "h", Minute: "m", Second: "s", Between: " "}

// Span returns a duration in its two largest units, such as "2h 5m".
func Span(d time.Duration) string { return units.Elapsed(d) }

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
