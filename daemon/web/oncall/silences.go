package oncall

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/alerting/respond"
	"vega/daemon/web/ui"
	"vega/policies/check"
	"vega/policies/incident"
)

// spans are the durations that forms offer.
var spans = []struct{ value, name string }{{"30m", "30 minutes"}, {"1h", "1 hour"}, {"4h", "4 hours"}, {"12h", "12 hours"}, {"1d", "1 day"}, {"7d", "7 days"}}

// SilenceForm has what was entered, to show it again if it is not valid.
type SilenceForm struct {
	integrations, alerts           string // one selector a line
	duration, from, until, comment string
	Next                           string // a path of the site
}

// SilenceFormOf returns what a form or a link says: integrations and alerts (one selector a
// line), duration, or until, which wins; from, comment, and next.
func SilenceFormOf(v url.Values) SilenceForm {
	return SilenceForm{
		strings.Join(v["integrations"], "\n"), strings.Join(v["alerts"], "\n"),
		v.Get("duration"), v.Get("from"), v.Get("until"), v.Get("comment"), v.Get("next"),
	}
}

// Request returns what the form asks for.
func (f *SilenceForm) Request(now time.Time) (in respond.Silence, err error) {
	in = respond.Silence{Integrations: textLines(f.integrations), Alerts: textLines(f.alerts), Duration: strings.TrimSpace(f.duration), Comment: f.comment}
	if in.From, err = moment("from", f.from, now); err != nil {
		return in, err
	}
	if in.Until, err = moment("until", f.until, now); err == nil && !in.Until.IsZero() {
		in.Duration = ""
	}
	return in, err
}

// textLines returns the lines of a text that are not empty.
func textLines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// Silences is what the page of silences shows.
type Silences struct {
	Serviced []string           // integrations in maintenance
	Current  []incident.Silence // that hold or begin later
	Ended    []incident.Silence // a page of them
	Next     string             // the cursor of the next page of those that ended
	Turned   bool               // the viewer asked for a further page
	Form     SilenceForm
	Wrong    string // what is wrong with the form
}

// Silences returns what holds, the form that adds a silence, and what ended.
func (v View) Silences(s *Silences) g.Node {
	now := time.Now()
	current := slices.Clone(s.Current)
	slices.SortStableFunc(current, func(a, b incident.Silence) int {
		return cmp.Or(cmp.Compare(later(&a, now), later(&b, now)), a.Until.Compare(b.Until))
	})
	return g.Group{
		h.H1(g.Text("Silences")),
		g.Iff(s.Wrong != "", func() g.Node {
			return ui.Notice(ui.Bad, h.P(h.Role("alert"), g.Text("Nothing was silenced. "+s.Wrong)))
		}),
		h.P(g.Text("A silence holds back messages. Checks go on, and incidents still open and close.")),
		v.currentSilences(current, now),
		v.maintenance(s.Serviced),
		g.Iff(v.Write, func() g.Node { return v.silenceForm(&s.Form) }),
		v.pastSilences(s),
	}
}

// later returns 1 for a silence that has not begun, and 0 for others.
func later(s *incident.Silence, now time.Time) int {
	if respond.StateOf(s, now) == respond.Pending {
		return 1
	}
	return 0
}

// Silenced says what a silence is about, in at most 100 bytes.
func Silenced(s *incident.Silence) string { return brief(silenced(s), 100) }

// silenced says what a silence is about.
func silenced(s *incident.Silence) string {
	var parts []string
	if len(s.Integrations) > 0 {
		parts = append(parts, strings.Join(s.Integrations, ", "))
	}
	if len(s.Alerts) > 0 {
		parts = append(parts, "alerts "+strings.Join(s.Alerts, ", "))
	}
	return check.OneLine(strings.Join(parts, "; "))
}

func (v View) currentSilences(all []incident.Silence, now time.Time) g.Node {
	if len(all) == 0 {
		return ui.Empty("Nothing is silenced.")
	}
	columns := []string{"Silenced", "State", "Until", "By", "Comment", "Change"}
	rows := make([]ui.Row, len(all))
	for n := range all {
		s := &all[n]
		rows[n] = ui.Row{ui.Text(silenced(s)), silenceState(s, now), ui.At(s.Until), ui.Text(s.By), ui.Text(s.Comment), v.endButton(s, "/silences")}
	}
	return g.Group{h.H2(g.Textf("Now: %d", len(all))), ui.Table("Silences that hold or begin later", columns, rows)}
}

// maintenance lists the integrations that have a maintenance window open.
func (v View) maintenance(names []string) g.Node {
	if len(names) == 0 {
		return g.Group{}
	}
	return h.P(g.Text("In maintenance now, by maintenance blocks of the configuration: "), ui.Text(brief(strings.Join(names, ", "), 1000)), g.Text("."))
}

func silenceState(s *incident.Silence, now time.Time) g.Node {
	if respond.StateOf(s, now) == respond.Pending {
		return g.Group{ui.Mark(ui.Info, "begins"), g.Text(" "), ui.Time(s.From)}
	}
	return ui.Mark(ui.Warning, "for another "+ui.Duration(s.Until.Sub(now).Round(time.Second)))
}

// endButton returns a button that ends a silence.
func (v View) endButton(s *incident.Silence, back string) g.Node {
	return g.Iff(v.Write, func() g.Node {
		return ui.Button(v.Link("/silences/%s/end", fmt.Sprint(s.ID)), "End", ui.Input{Name: "next", Value: back})
	})
}

// pastSilences returns those that ended, folded unless the viewer turned the page.
func (v View) pastSilences(s *Silences) g.Node {
	if len(s.Ended) == 0 && s.Next == "" && !s.Turned {
		return nil
	}
	all := s.Ended
	rows := make([]ui.Row, len(all))
	for n := range all {
		one := &all[n]
		ended, by := one.Until, ""
		if !one.Ended.IsZero() {
			ended, by = one.Ended, one.EndedBy
		}
		rows[n] = ui.Row{ui.Text(silenced(one)), ui.Time(one.From), g.Group{ui.Time(ended), g.If(by != "", g.Group{g.Text(" by "), ui.Text(by)})}, ui.Text(one.By), ui.Text(one.Comment)}
	}
	return h.Details(g.If(s.Turned, g.Attr("open")), h.ID("past"), h.Summary(h.H2(g.Text("Past"))),
		ui.Table("Silences that ended", []string{"Silenced", "Began", "Ended", "By", "Comment"}, rows),
		g.If(s.Next != "", h.P(h.A(h.Href(v.Link("/silences")+"?cursor="+url.QueryEscape(s.Next)+"#past"), g.Text("Older silences")))))
}

// maxShown is how much of a field of a form is shown again, in bytes.
const maxShown = 64 << 10

// field returns what somebody wrote, to be shown in a form again.
func field(text string) string { return ui.Clean(ui.Cut(text, maxShown)) }

// silenceForm returns the form that adds a silence.
func (v View) silenceForm(f *SilenceForm) g.Node {
	chosen := f.duration
	if chosen == "" && f.until == "" {
		chosen = "1h"
	}
	return g.Group{h.H2(h.ID("new"), g.Text("Silence something")), h.Form(h.Method("post"), h.Action(v.Link("/silences")),
		ui.Field("Integrations, one a line: a name, orders-*, group:payments/*, label:team=core; * is all", h.Textarea(h.Name("integrations"), h.Rows("2"), g.Text("\n"+field(f.integrations)))),
		ui.Field("Alerts, one a line; if there are integrations too, both must fit", h.Textarea(h.Name("alerts"), h.Rows("1"), g.Text("\n"+field(f.alerts)))),
		h.Div(h.Class("actions"),
			ui.Field("For", durations(chosen, "until the time on the right")),
			ui.Field("Or until (UTC)", h.Input(h.Type("datetime-local"), h.Name("until"), h.Value(brief(f.until, 40)))),
			ui.Field("Begins (UTC; empty: now)", h.Input(h.Type("datetime-local"), h.Name("from"), h.Value(brief(f.from, 40)))),
		),
		ui.Field("Why? Others see this when nothing is sent", h.Input(h.Type("text"), h.Name("comment"), h.Required(), h.MaxLength(fmt.Sprint(respond.MaxComment)), h.Value(field(f.comment)))),
		g.If(f.Next != "", h.Input(h.Type("hidden"), h.Name("next"), h.Value(f.Next))),
		h.Button(h.Type("submit"), h.Class("main"), g.Text("Silence")),
	)}
}

// durations returns a choice of durations. Unless it is "", none names the choice of none.
func durations(chosen, none string) g.Node {
	var all g.Group
	if none != "" {
		all = append(all, h.Option(h.Value(""), g.Text(none)))
	}
	known := chosen == ""
	for _, s := range spans {
		known = known || s.value == chosen
		all = append(all, h.Option(h.Value(s.value), g.If(s.value == chosen, h.Selected()), g.Text(s.name)))
	}
	if !known {
		all = append(all, h.Option(h.Value(brief(chosen, 40)), h.Selected(), g.Text(brief(chosen, 40))))
	}
	return h.Select(h.Name("duration"), all)
}
