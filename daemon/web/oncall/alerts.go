package oncall

import (
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting"
	"vega/daemon/web/ui"
	"vega/policies/incident"
)

// Alerts returns the notifiers and the alerts.
func (v View) Alerts(notifiers []alerting.NotifierReport, alerts []alerting.AlertReport) g.Node {
	return g.Group{v.notifiers(slices.Clone(notifiers)), v.alerts(alerts)}
}

// Tested shows the result of a test.
func Tested(report *alerting.TestReport) g.Node {
	kind, text := ui.Good, "The test of "+brief(report.Notifier, 100)+" arrived."
	if !report.OK {
		kind, text = ui.Bad, "The test of "+brief(report.Notifier, 100)+" failed."
	}
	return ui.Notice(kind, h.P(h.Role("status"), g.Text(text)), h.Ul(g.Map(report.Steps, func(s alerting.TestStep) g.Node {
		took := ui.Duration(time.Duration(s.DurationMS * float64(time.Millisecond)))
		if s.OK {
			return h.Li(g.Text(noticeWord(s.Kind) + ": arrived in " + took))
		}
		return h.Li(g.Text(noticeWord(s.Kind)+": failed after "+took+": "), ui.Text(s.Error))
	})))
}

// notifiers returns the notifiers, those that fail first.
func (v View) notifiers(all []alerting.NotifierReport) g.Node {
	head := h.H2(h.ID("notifiers"), g.Text("Notifiers"))
	if len(all) == 0 {
		return g.Group{head, ui.Empty("No notifier is configured, so nobody is notified of incidents. Add one to the configuration, such as ", h.Code(g.Text(`notifier "chat" { type = "slack" … }`)), g.Text("; vega docs config describes them."))}
	}
	slices.SortStableFunc(all, func(a, b alerting.NotifierReport) int { return rankNotifier(&a) - rankNotifier(&b) })
	columns := []string{"Notifier", "State", "#Waiting", "#Given up", "#Sent since the start", "#Failed", "Last arrived", "Last error"}
	may := v.Write
	if may {
		columns = append(columns, "Change")
	}
	rows := make([]ui.Row, len(all))
	for n := range all {
		rows[n] = v.notifier(&all[n], may)
	}
	return g.Group{head, ui.Table("Notifiers", columns, rows)}
}

// rankNotifier orders notifiers: what fails first.
func rankNotifier(n *alerting.NotifierReport) int {
	if n.Status == alerting.Failing {
		return 0
	}
	return 1
}

func (v View) notifier(n *alerting.NotifierReport, may bool) ui.Row {
	last := ui.None()
	if n.LastSent != nil {
		last = ui.Time(*n.LastSent)
	}
	row := ui.Row{
		g.Group{ui.Text(n.Name), g.Text(" (" + brief(n.Type, 40) + ")")},
		notifierState(n),
		g.Text(strconv.Itoa(n.Waiting)), g.Text(strconv.Itoa(n.Dead)), g.Text(strconv.FormatInt(n.Sent, 10)), g.Text(strconv.FormatInt(n.Failed, 10)),
		last, orNone(n.LastError),
	}
	if !may {
		return row
	}
	return append(row, h.Div(h.Class("actions"),
		ui.Button(v.Link("/notifiers/%s/test", n.Name), "Test"),
		g.Iff(n.Dead > 0, func() g.Node {
			return ui.Button(v.Link("/notifiers/%s/retry", n.Name), "Retry "+ui.Count(n.Dead, "message"))
		}),
	))
}

func notifierState(n *alerting.NotifierReport) g.Node {
	var state g.Node
	switch n.Status {
	case alerting.Failing:
		state = ui.Mark(ui.Bad, "failing")
	case alerting.Working:
		state = ui.Mark(ui.Good, "working")
	default:
		state = ui.Mark(ui.Info, "nothing sent since the start")
	}
	if n.NextTry == nil {
		return state
	}
	return g.Group{state, g.Text("; next try "), ui.Time(*n.NextTry)}
}

// alerts returns the alerts: first those with subjects that are not good, and the others
// folded.
func (v View) alerts(all []alerting.AlertReport) g.Node {
	head := h.H2(g.Text("Alerts"))
	if len(all) == 0 {
		return g.Group{head, ui.Empty("No alert is configured.")}
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b alerting.AlertReport) int { return worstPhase(&a) - worstPhase(&b) })
	var raised g.Group
	var quiet []ui.Row
	for n := range all {
		if a := &all[n]; len(a.Watches) > 0 {
			raised = append(raised, v.raised(a))
		} else {
			quiet = append(quiet, ui.Row{ui.Text(a.Name), ui.Text(a.Condition), severity(a.Severity), notifies(a), g.Text(strconv.Itoa(a.Subjects)), setAt(a)})
		}
	}
	if len(raised) == 0 {
		raised = g.Group{ui.Empty("All alerts are quiet: what they watch is good.")}
	}
	return g.Group{head, raised, g.Iff(len(quiet) > 0, func() g.Node {
		return ui.Fold(g.Text(ui.Count(len(quiet), "quiet alert")), ui.Table("Quiet alerts", []string{"Alert", "Condition", "Severity", "Notifies", "#Watches", "Set at"}, quiet))
	})}
}

// worstPhase orders alerts: those that fire first, and those that are quiet last.
func worstPhase(a *alerting.AlertReport) int {
	worst := len(phases)
	for n := range a.Watches {
		worst = min(worst, phaseRank(a.Watches[n].Phase))
	}
	return worst
}

// maxWatches is how many subjects of an alert are shown.
const maxWatches = 50

// raised returns an alert with the subjects that are not good, what fires first.
func (v View) raised(a *alerting.AlertReport) g.Node {
	watches := slices.Clone(a.Watches)
	slices.SortStableFunc(watches, func(a, b incident.Watch) int { return phaseRank(a.Phase) - phaseRank(b.Phase) })
	shown := watches[:min(len(watches), maxWatches)]
	rows := make([]ui.Row, len(shown))
	for n := range shown {
		w := &shown[n]
		rows[n] = ui.Row{v.subject(w.Subject), phase(w.Phase), ui.Time(w.Since), v.watchIncident(w), orNone(w.Message)}
	}
	return g.Group{
		h.H3(ui.Text(a.Name)), alertFacts(a),
		ui.Table("What is not good for "+brief(a.Name, 100), []string{"Subject", "Phase", "Since", "Incident", "Message"}, rows),
		g.If(len(watches) > len(shown), h.P(g.Textf("and %d more", len(watches)-len(shown)))),
	}
}

func (v View) watchIncident(w *incident.Watch) g.Node {
	if w.Incident == 0 {
		return ui.None()
	}
	return v.incidentRef(w.Incident)
}

// phases are the phases that a page shows, from the worst.
var phases = []incident.Phase{incident.Firing, incident.Recovering, incident.Pending}

func phaseRank(p incident.Phase) int {
	if n := slices.Index(phases, p); n >= 0 {
		return n
	}
	return len(phases) - 1
}

// phase says what an alert makes of a subject.
func phase(p incident.Phase) g.Node {
	switch p {
	case incident.Firing:
		return ui.Mark(ui.Bad, "firing")
	case incident.Recovering:
		return ui.Mark(ui.Warning, "good again, not confirmed yet")
	case incident.Pending:
		return ui.Mark(ui.Warning, "bad, not confirmed yet")
	default:
		return ui.Mark(ui.Info, brief(string(p), 40))
	}
}

// alertFacts returns what an alert is about.
func alertFacts(a *alerting.AlertReport) g.Node {
	return ui.Facts(
		ui.Fact{Name: "Condition", Value: ui.Text(a.Condition)}, ui.Fact{Name: "Severity", Value: severity(a.Severity)},
		ui.Fact{Name: "Notifies", Value: notifies(a)}, ui.Fact{Name: "Watches", Value: g.Text(ui.Count(a.Subjects, "subject"))},
		ui.Fact{Name: "Set at", Value: setAt(a)},
	)
}

func notifies(a *alerting.AlertReport) g.Node {
	if len(a.Notify) == 0 {
		return ui.Mark(ui.Warning, "nobody")
	}
	return ui.Text(strings.Join(a.Notify, ", "))
}

func setAt(a *alerting.AlertReport) g.Node {
	if a.SetAt == "" {
		return ui.None()
	}
	return h.Code(g.Text(brief(a.SetAt, 300)))
}
