package oncall

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting"
	"vega/daemon/alerting/respond"
	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/policies/incident"
)

// Incident returns everything that is known of an incident. notifiers counts those that are
// configured.
func (v View) Incident(i *alerting.IncidentReport, notifiers int) g.Node {
	now := time.Now()
	return g.Group{
		h.H1(g.Textf("Incident %d: ", i.ID), g.El("bdi", g.Text(brief(i.Subject.Label(), 200)))),
		h.P(ui.Text(i.Summary)),
		v.incidentFacts(i, now),
		v.incidentActions(i, now),
		v.notified(i, notifiers),
		v.evidence(&i.Evidence, i.Opened),
		v.explains(i),
		timeline(i.Timeline),
	}
}

// incidentFacts returns what an incident is, and who takes care of it.
func (v View) incidentFacts(i *alerting.IncidentReport, now time.Time) g.Node {
	lasted := time.Duration(i.DurationMS * float64(time.Millisecond)).Round(time.Second)
	state := g.Group{ui.Mark(ui.Bad, "open"), g.Text(" for " + ui.Duration(lasted))}
	if !i.Open() {
		state = g.Group{ended(i.End), g.Text(" after " + ui.Duration(lasted) + ", "), ui.Time(i.Ended)}
	}
	facts := []ui.Fact{
		{Name: "State", Value: state},
		{Name: "Severity", Value: severity(i.Severity)},
		{Name: "Subject", Value: v.subject(i.Subject)},
		{Name: "Opened", Value: ui.Time(i.Opened)},
		{Name: "Alerts", Value: ui.Text(strings.Join(i.Alerts, ", "))},
	}
	add := func(name string, value g.Node) { facts = append(facts, ui.Fact{Name: name, Value: value}) }
	if i.Reopened > 0 {
		add("Began again", g.Text(ui.Count(i.Reopened, "time")))
	}
	if i.Root != 0 {
		add("Explained by", v.incidentRef(i.Root))
	}
	if i.Group != "" {
		add("Group", ui.Text(i.Group))
	}
	if i.Runbook != "" {
		add("Runbook", ui.Link(ui.Cut(i.Runbook, 2000), brief(i.Runbook, 200)))
	}
	if a := i.Acknowledged; a != nil {
		add("Acknowledged", acknowledged(a))
	}
	for n := range i.Silences {
		add("Silenced", v.silencedBy(&i.Silences[n], now))
	}
	return ui.Facts(facts...)
}

// subject names what an incident is about, with a link to its page if it has one.
func (v View) subject(s incident.Subject) g.Node {
	name := g.El("bdi", g.Text(brief(s.Label(), 200)))
	switch s.Kind {
	case incident.OfIntegration:
		return g.Group{h.A(h.Href(v.Link("/integrations/%s", s.Name)), name)}
	case incident.OfMetric:
		return g.Group{g.Text("figure "), name}
	default:
		return g.Group{g.Text("event of vega: "), name}
	}
}

func acknowledged(a *incident.Acknowledgement) g.Node {
	all := g.Group{g.Text("by "), ui.Text(a.By), g.Text(", "), ui.Time(a.At)}
	if !a.Until.IsZero() {
		all = append(all, g.Text(", until "), ui.At(a.Until))
	}
	if a.Comment != "" {
		all = append(all, g.Text(": "), ui.Text(a.Comment))
	}
	return all
}

func (v View) silencedBy(s *incident.Silence, now time.Time) g.Node {
	return g.Group{silenceState(s, now), g.Text(" by "), ui.Text(s.By), g.Text(": "), ui.Text(s.Comment), g.Text(" ")}
}

// incidentActions returns the forms that change an open incident.
func (v View) incidentActions(i *alerting.IncidentReport, now time.Time) g.Node {
	if !i.Open() || !v.Write {
		return nil
	}
	id := strconv.FormatInt(i.ID, 10)
	page := "/incidents/" + id
	all := g.Group{h.H2(g.Text("What to do"))}
	if i.Acknowledged == nil {
		all = append(all, h.Form(h.Method("post"), h.Action(v.Link("/incidents/%s/ack", id)), h.Class("row"),
			ui.Field("Comment", h.Input(h.Type("text"), h.Name("comment"), h.MaxLength(fmt.Sprint(respond.MaxComment)), h.Placeholder("what you do about it"))),
			ui.Field("For", durations("", "until it ends")),
			h.Button(h.Type("submit"), h.Class("main"), g.Text("Acknowledge")),
		))
	} else {
		all = append(all, ui.Button(v.Link("/incidents/%s/unack", id), "Remove the acknowledgement"))
	}
	for n := range i.Silences {
		all = append(all, h.Div(h.Class("actions"), h.Span(g.Text("Silence "), ui.Text(silenced(&i.Silences[n])), g.Text(": "), silenceState(&i.Silences[n], now)), v.endButton(&i.Silences[n], page)))
	}
	return append(all, v.silenceSubject(i, page))
}

// silenceSubject returns the form that silences what an incident is about: its integration,
// or all alerts that it is part of.
func (v View) silenceSubject(i *alerting.IncidentReport, page string) g.Node {
	name, value := "alerts", strings.Join(i.Alerts, "\n")
	label := "Silence the alert " + strings.Join(i.Alerts, ", ")
	if i.Subject.Kind == incident.OfIntegration {
		name, value, label = "integrations", i.Subject.Name, "Silence "+i.Subject.Name
	}
	if value == "" || value != field(value) { // an incident that stands for too many of a pager has no alert
		return nil
	}
	return h.Form(h.Method("post"), h.Action(v.Link("/silences")), h.Class("row"),
		h.Input(h.Type("hidden"), h.Name(name), h.Value(value)), h.Input(h.Type("hidden"), h.Name("next"), h.Value(page)),
		ui.Field("Why?", h.Input(h.Type("text"), h.Name("comment"), h.Required(), h.MaxLength(fmt.Sprint(respond.MaxComment)), h.Placeholder("others see this when nothing is sent"))),
		ui.Field("For", durations("1h", "")),
		h.Button(h.Type("submit"), g.Text(brief(label, 100))),
	)
}

// notified says which notifiers were sent what.
func (v View) notified(i *alerting.IncidentReport, notifiers int) g.Node {
	head := h.H2(g.Text("Who was notified"))
	if len(i.Deliveries) == 0 {
		return g.Group{head, v.nobodyNotified(i, notifiers)}
	}
	rows := make([]ui.Row, len(i.Deliveries))
	for n := range i.Deliveries {
		d := &i.Deliveries[n]
		rows[n] = ui.Row{ui.Text(d.Notifier), v.delivery(d), g.Text(noticeWord(d.Kind)), ui.Time(d.Sent), deliveryAttempts(d), orNone(d.Error)}
	}
	return g.Group{head, ui.Table("Who was notified", []string{"Notifier", "State", "Last message", "Arrived", "#Attempts", "Error"}, rows)}
}

// nobodyNotified says why no notifier was sent anything.
func (v View) nobodyNotified(i *alerting.IncidentReport, notifiers int) g.Node {
	switch {
	case i.Silenced != "":
		return ui.Empty("Nobody was notified: " + brief(i.Silenced, 200) + ".")
	case i.Root != 0:
		return ui.Empty("Nobody was notified of this one: ", v.incidentRef(i.Root), g.Text(" explains it, and stands for it in messages."))
	case notifiers == 0:
		return ui.Empty("Nobody was notified: no notifier is configured. Add a notifier block; see Alerts and notifiers.")
	case i.Open():
		return ui.Empty("Nobody has been notified yet: a message waits some seconds for others to join it.")
	default:
		return ui.Empty("Nobody was notified: it ended before a message was due.")
	}
}

// delivery says what a notifier knows of an incident.
func (v View) delivery(d *incident.Delivery) g.Node {
	switch {
	case d.Dead:
		return g.Group{ui.Mark(ui.Bad, "given up"), g.Text(" "), h.A(h.Href(v.Link("/alerts")+"#notifiers"), g.Text("retry"))}
	case d.InFlight:
		return ui.Mark(ui.Info, "being sent")
	case d.Missed:
		return ui.Mark(ui.Warning, "missed: it ended before the notifier could be reached")
	case d.Storm != 0:
		return g.Group{ui.Mark(ui.Info, "too many at once; notified of "), v.incidentRef(d.Storm), g.Text(" instead")}
	case d.Error != "" && !d.Next.IsZero():
		return g.Group{ui.Mark(ui.Warning, "failed"), g.Text("; next try "), ui.Time(d.Next)}
	case d.Unsure:
		return ui.Mark(ui.Warning, "unclear whether it arrived")
	case d.Notified:
		return ui.Mark(ui.Good, "notified that it is open")
	case d.Done && d.Sent.IsZero():
		return ui.Mark(ui.Info, "nothing to send")
	case d.Done:
		return ui.Mark(ui.Good, "notified, also of the end")
	default:
		return ui.Mark(ui.Info, "waiting")
	}
}

// noticeWord names a kind of message.
func noticeWord(k incident.NoticeKind) string {
	switch k {
	case "":
		return "–"
	case incident.Resolve:
		return "end"
	case incident.BelowRoot:
		return "an integration of this notifier fails because of it"
	default:
		return brief(string(k), 40)
	}
}

func deliveryAttempts(d *incident.Delivery) g.Node {
	if d.Attempts == 0 {
		return ui.None()
	}
	return g.Text(strconv.Itoa(d.Attempts))
}

func orNone(text string) g.Node {
	if text == "" {
		return ui.None()
	}
	return ui.Text(text)
}

// evidence returns what was known when the incident opened.
func (v View) evidence(e *incident.Evidence, opened time.Time) g.Node {
	all := g.Group{h.H2(g.Text("What vega saw"))}
	if e.Bound != "" {
		all = append(all, h.P(g.Text("Condition: "), ui.Text(e.Bound)))
	}
	all = append(all, observation("When it opened", e.Now), observation("Last good", e.LastGood), lastGoodBefore(e.LastGood, opened),
		textList("This host was under strain", e.Strain), textList("Slow queries at that time", e.Queries), v.below(e.Below))
	if e.Config != "" {
		all = append(all, h.P(h.Class("dim"), g.Text("Configuration at that time: "), h.Code(g.Text(brief(e.Config, 100)))))
	}
	return all
}

// lastGoodBefore says for how long it may have been bad before the incident opened.
func lastGoodBefore(good *incident.Observation, opened time.Time) g.Node {
	if good == nil || !good.At.Before(opened) {
		return nil
	}
	return h.P(h.Class("dim"), g.Text("It was last good "+ui.Duration(opened.Sub(good.At).Round(time.Second))+" before the incident opened."))
}

// observation returns a run or a reading.
func observation(name string, o *incident.Observation) g.Node {
	if o == nil {
		return nil
	}
	facts := []ui.Fact{{Name: "At", Value: ui.Time(o.At)}}
	add := func(name string, present bool, value g.Node) {
		if present {
			facts = append(facts, ui.Fact{Name: name, Value: value})
		}
	}
	add("Status", o.Status != "", ui.Status(o.Status))
	add("Cause", o.Cause != check.NoCause, g.Text(brief(string(o.Cause), 40)))
	add("Value", o.Value != "", ui.Text(o.Value))
	add("Response time", o.TookMS > 0, g.Text(ui.Duration(time.Duration(o.TookMS*float64(time.Millisecond)))))
	add("Message", o.Message != "", ui.Text(o.Message))
	add("Correlation ID", o.CorrelationID != "", h.Code(g.Text(brief(o.CorrelationID, 200))))
	return g.Group{h.H3(g.Text(name)), ui.Facts(facts...), observationDetails(o)}
}

// observationDetails returns the details and metrics of an observation, folded if there are many.
func observationDetails(o *incident.Observation) g.Node {
	var facts []ui.Fact
	for _, k := range slices.Sorted(maps.Keys(o.Details)) {
		facts = append(facts, ui.Fact{Name: brief(k, 100), Value: ui.Text(o.Details[k])})
	}
	for _, m := range o.Metrics {
		facts = append(facts, ui.Fact{Name: brief(m.Name, 100), Value: g.Text(strings.TrimSpace(strconv.FormatFloat(m.Value, 'g', 6, 64) + " " + brief(m.Unit, 20)))})
	}
	switch {
	case len(facts) == 0:
		return nil
	case len(facts) <= 12:
		return ui.Facts(facts...)
	}
	return ui.Fold(g.Text(ui.Count(len(facts), "detail")), ui.Facts(facts...))
}

// textList returns texts below a heading, or nothing if there are none.
func textList(name string, all []string) g.Node {
	if len(all) == 0 {
		return nil
	}
	return g.Group{h.H3(g.Text(name)), h.Ul(g.Map(all, func(s string) g.Node { return h.Li(ui.Text(s)) }))}
}

// below returns the integrations that depend on the subject.
func (v View) below(names []string) g.Node {
	if len(names) == 0 {
		return nil
	}
	return ui.Fold(g.Text(ui.Count(len(names), "integration")+" below it"), h.Ul(g.Map(names, func(name string) g.Node {
		return h.Li(h.A(h.Href(v.Link("/integrations/%s", name)), g.Text(brief(name, 200))))
	})))
}

// explains returns the incidents that this one explains.
func (v View) explains(i *alerting.IncidentReport) g.Node {
	if len(i.Explains) == 0 {
		return nil
	}
	rows := make([]ui.Row, len(i.Explains))
	for n := range i.Explains {
		e := &i.Explains[n]
		state := ui.Mark(ui.Bad, "open")
		if !e.Open() {
			state = ended(e.End)
		}
		rows[n] = ui.Row{v.incidentLink(e), severity(e.Severity), ui.Time(e.Opened), state}
	}
	return g.Group{
		h.H2(g.Text("What it explains: " + strconv.Itoa(max(i.Below, len(rows))))),
		ui.Table("Incidents that this one explains", []string{"Incident", "Severity", "Opened", "State"}, rows),
		g.If(i.Below > len(rows), h.P(g.Textf("and %d more", i.Below-len(rows)))),
	}
}

// The last events of a timeline are shown, those before them are folded, and those before
// these are left out.
const (
	maxEvents = 100
	maxFolded = 1000
)

// timeline returns the events, the oldest first. Of a long one, the old part is folded.
func timeline(all []incident.Event) g.Node {
	head := h.H2(g.Text("Timeline"))
	if len(all) == 0 {
		return g.Group{head, ui.Empty("Nothing is recorded.")}
	}
	recent := max(0, len(all)-maxEvents)
	old, rest, omitted := all[:recent], all[recent:], max(0, recent-maxFolded)
	return g.Group{
		head,
		g.Iff(len(old) > 0, func() g.Node {
			return ui.Fold(g.Text(ui.Count(len(old), "earlier event")),
				g.If(omitted > 0, h.P(g.Text("The first "+ui.Count(omitted, "event")+" are left out; the API has them."))), timelineEvents(old[omitted:]))
		}),
		timelineEvents(rest),
	}
}

func timelineEvents(all []incident.Event) g.Node {
	return h.Ol(h.Class("timeline"), g.Map(all, func(e incident.Event) g.Node {
		return h.Li(ui.Time(e.At), g.Text(" "), h.B(g.Text(strings.ReplaceAll(brief(e.Kind, 40), "_", " "))),
			g.Iff(e.Text != "", func() g.Node { return g.Group{g.Text(" "), ui.Text(e.Text)} }),
			g.Iff(byOther(&e), func() g.Node { return g.Group{g.Text(" by "), ui.Text(e.By)} }))
	}))
}

// byOther reports whether an event names somebody that its text does not name.
func byOther(e *incident.Event) bool { return e.By != "" && !strings.Contains(e.Text, e.By) }
