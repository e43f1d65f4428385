package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon"
	"vega/daemon/api/scope"
	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/web/ui"
)

// configPages show the configuration on disk next to the active one, and reload it.
type configPages struct{ *Site }

func (s configPages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/config", Scope: scope.Admin, serve: s.show},
		{Method: http.MethodPost, Path: "/config/reload", Scope: scope.Admin, MaxBody: maxForm, Waits: true, serve: s.reload},
	}
}

// reload applies the configuration on disk. What keeps it from being applied is on the
// page that follows.
func (s configPages) reload(r *Request) error {
	done, err := s.sources.Reload(r.Context(), daemon.ByHTTP)
	_, invalid := errors.AsType[*config.InvalidError](err)
	_, restart := errors.AsType[*daemon.RestartError](err)
	_, rejected := errors.AsType[*daemon.RejectedError](err)
	switch {
	case invalid, restart, rejected:
		return r.Done("/config", "Not reloaded. The reason is below.")
	case err != nil:
		return err
	case done.Outcome == daemon.Unchanged:
		return r.Done("/config", "Nothing to reload: the configuration on disk was active already.")
	default:
		sum := done.Summary
		return r.Done("/config", "Reloaded. Integrations: "+totals{Added: sum.Added, Changed: sum.Changed, Removed: sum.Removed, Kept: sum.Kept}.past())
	}
}

func (s configPages) show(r *Request) error {
	v, err := s.sources.Validate(r.Context())
	if err != nil {
		return err
	}
	var changes g.Node
	restart := v.Changes.Restart
	if v.Valid && !v.Running.SameAsDisk {
		p, err := s.sources.Plan(r.Context())
		_, edited := errors.AsType[*config.InvalidError](err) // since it was validated
		if err != nil && !edited {
			return err
		}
		if err == nil {
			changes = planned(p.Plan)
		}
	}
	return r.Show(Page{Title: "Configuration", Nav: "/config", Body: g.Group{
		h.H1(g.Text("Configuration")),
		verdict(v, restart),
		h.Div(h.Class("actions"), ui.Button(r.Link("/config/reload"), "Reload the configuration")),
		reported(v.Diagnostics, diag.Error, v.ErrorCount),
		changes,
		reported(v.Diagnostics, diag.Warning, v.WarningCount),
		h.H2(g.Text("Active configuration")),
		ui.Facts(
			ui.Fact{Name: "File", Value: h.Code(g.Text(v.Running.Path))},
			ui.Fact{Name: "Loaded", Value: ui.Time(v.Running.LoadedAt)},
			ui.Fact{Name: "SHA-256 of the files", Value: h.Code(g.Text(v.Running.Digest))},
		),
		lastReload(v.LastReload),
	}})
}

// verdict says how the files on disk and the active configuration compare.
func verdict(v daemon.Validation, restart []string) g.Node {
	switch {
	case !v.Valid:
		return ui.Notice(ui.Bad, h.P(h.Strong(g.Text("The configuration on disk is not valid: "+ui.Count(v.ErrorCount, "error")+".")),
			g.Text(" vega continues with the one that was loaded "), ui.Time(v.Running.LoadedAt), g.Text(".")))
	case len(restart) > 0:
		return ui.Notice(ui.Warning, h.P(h.Strong(g.Text("vega must be restarted for the configuration on disk.")), g.Text(" A reload can't change "+strings.Join(restart, ", ")+".")))
	case !v.Running.SameAsDisk && v.LastReload.Outcome == daemon.Rejected:
		return ui.Notice(ui.Bad, h.P(h.Strong(g.Text("The last reload was rejected.")), g.Text(" The configuration on disk is valid, but not active.")), h.P(ui.Text(v.LastReload.Reason)))
	case !v.Running.SameAsDisk:
		return ui.Notice(ui.Warning, h.P(h.Strong(g.Text("The configuration on disk is valid, but not active yet."))))
	case v.WarningCount > 0:
		return ui.Notice(ui.Good, h.P(h.Strong(g.Text("The configuration on disk is active.")), g.Text(" It has "+ui.Count(v.WarningCount, "warning")+".")))
	default:
		return ui.Notice(ui.Good, h.P(h.Strong(g.Text("The configuration on disk is active."))))
	}
}

// manyWarnings is from how many warnings on they are folded.
const manyWarnings = 5

// reported returns the diagnostics of a severity. total also counts those that are not shown.
func reported(all []diag.Diagnostic, of diag.Severity, total int) g.Node {
	var shown g.Group
	explained := map[diag.Code]bool{}
	for n := range all {
		if d := &all[n]; d.Severity == of {
			shown = append(shown, diagnostic(d, !explained[d.Code]))
			explained[d.Code] = true
		}
	}
	if len(shown) == 0 {
		return nil
	}
	title := h.H2(g.Text(ui.Count(total, string(of))))
	if of == diag.Warning && total > manyWarnings {
		return ui.Fold(title, shown)
	}
	return g.Group{title, shown}
}

// diagnostic returns a mistake in its source, as vega validate shows it.
func diagnostic(d *diag.Diagnostic, explain bool) g.Node {
	kind := ui.Bad
	if d.Severity == diag.Warning {
		kind = ui.Warning
	}
	return h.Article(h.Class("diagnostic"),
		h.H3(ui.Mark(kind, string(d.Severity)), g.Text(" "+d.Summary+" "), h.Code(g.Text(string(d.Code)))),
		g.If(d.Code != diag.More, h.P(h.Code(g.Text(d.Range.Filename+":"+strconv.Itoa(d.Range.Start.Line)+":"+strconv.Itoa(d.Range.Start.Column))))),
		source(d),
		h.P(g.Text(d.Detail)),
		g.If(d.Fix != "", h.P(h.Strong(g.Text("Fix: ")), g.Text(d.Fix))),
		g.Iff(explain && d.Code != diag.More, func() g.Node {
			return ui.Fold(g.Text("What "+string(d.Code)+" means"), h.Pre(h.TabIndex("0"), g.Text(diag.Explain(d.Code).Plain())))
		}),
	)
}

// source returns the line of a mistake, with a caret below it.
func source(d *diag.Diagnostic) g.Node {
	if d.Snippet == "" {
		return nil
	}
	line := strconv.Itoa(d.Range.Start.Line)
	before, marked, after := d.Marked()
	width := max(len([]rune(marked)), 1)
	return h.Pre(h.Class("source"), h.Role("group"), h.TabIndex("0"), h.Aria("label", "line "+line),
		h.Code(g.Text(line+" | "+before), h.Mark(g.Text(marked)), g.Text(after+"\n")),
		h.Span(h.Aria("hidden", "true"), g.Text(strings.Repeat(" ", len(line))+" | "+strings.Repeat(" ", len([]rune(before)))+strings.Repeat("^", width))),
	)
}

// outcomes say what a reload led to.
var outcomes = map[daemon.Outcome]struct {
	kind ui.Kind
	word string
}{
	daemon.Applied: {ui.Good, "applied"}, daemon.Unchanged: {ui.Good, "unchanged"}, daemon.Rejected: {ui.Bad, "rejected"},
}

// triggers say what made vega read the configuration.
var triggers = map[daemon.Trigger]string{
	daemon.ByStart: "start of vega", daemon.BySignal: "SIGHUP", daemon.ByFile: "a file changed", daemon.ByHTTP: "request by HTTP or from this page",
}

func lastReload(a daemon.Attempt) g.Node {
	o := outcomes[a.Outcome]
	var reason, id g.Node
	if a.Reason != "" {
		reason = ui.Text(a.Reason)
	}
	if a.CorrelationID != "" {
		id = h.Code(g.Text(a.CorrelationID))
	}
	return g.Group{h.H2(g.Text("Last reload")), ui.Facts(
		ui.Fact{Name: "Outcome", Value: ui.Mark(o.kind, o.word)},
		ui.Fact{Name: "Time", Value: ui.Time(a.At)},
		ui.Fact{Name: "Trigger", Value: g.Text(triggers[a.Trigger])},
		ui.Fact{Name: "Reason", Value: reason},
		ui.Fact{Name: "Correlation ID", Value: id},
	)}
}
