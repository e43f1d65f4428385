package web

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/engine"
	"vega/daemon/web/query"
	"vega/daemon/web/ui"
)

// overviewPage shows all integrations: what is not healthy first, with what can be done
// about it, then all groups, folded.
type overviewPage struct{ *Site }

func (s overviewPage) routes() []Route {
	return []Route{{Method: http.MethodGet, Path: "/", Scope: scope.Read, serve: s.show}}
}

// pageOfRows is how many rows a page has at most.
const pageOfRows = 2000

// overview is what the page is made of.
type overview struct {
	engine.Overview
	r      *Request
	text   string // the filter, as it was entered
	query  query.Query
	groups []group
	found  int // rows that the filter selects
	page   int // from 1
	pages  int
	others // what is not healthy besides integrations
}

// group has the integrations of a group that the page shows, the most harmful first.
type group struct {
	name   string
	rows   []row
	counts [len(ui.Statuses)]int // of all its integrations
}

// bad returns how many are not healthy.
func bad(counts [len(ui.Statuses)]int) int { return counts[0] + counts[1] + counts[2] }

func (s overviewPage) show(r *Request) error {
	seen := s.sources.Live().Generation()
	o := &overview{r: r, text: r.URL.Query().Get("q")}
	if len(o.text) > query.MaxLength {
		return &Error{http.StatusBadRequest, fmt.Sprintf("the filter has %d bytes, and its limit is %d", len(o.text), query.MaxLength)}
	}
	o.query = query.Parse(o.text)
	var err error
	if o.Overview, err = s.sources.Overview(engine.Selection{}); err != nil {
		return err
	}
	o.arrange(s.rows(o.Integrations))
	if err := o.choosePage(r.URL.Query().Get("page")); err != nil {
		return err
	}
	o.others = s.others()
	if r.URL.Query().Get("part") == "now" {
		return r.fragment(o.now())
	}
	title := "Overview"
	if n := o.bad(); n > 0 {
		title = fmt.Sprintf("(%d) Overview", n)
	}
	return r.Show(Page{Title: title, Nav: "/", Live: seen, Scripts: []string{"filter.js"}, Styles: []string{"overview.css"}, Body: g.Group{o.filter(), o.now(), o.list()}})
}

// rows adds the last runs to states.
func (s overviewPage) rows(all []engine.State) []row {
	board, out := s.sources.Live(), make([]row, len(all))
	for n := range all {
		known := board.Row(all[n].Name)
		out[n] = row{State: &all[n], group: groupOf(&all[n]), beats: known.Beats, since: known.Since}
	}
	return out
}

// arrange sorts the rows into groups, in order of name. A group that has only one
// integration, and that the configuration does not name, becomes part of "other".
func (o *overview) arrange(rows []row) {
	members := map[string]int{}
	for n := range rows {
		members[rows[n].group]++
	}
	for n := range rows {
		if rows[n].Group == "" && members[rows[n].group] == 1 {
			rows[n].group = "other"
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(ui.Harm(a.Status), ui.Harm(b.Status)), cmp.Compare(a.Name, b.Name))
	})
	for len(rows) > 0 {
		end := 1
		for end < len(rows) && rows[end].group == rows[0].group {
			end++
		}
		one := group{name: rows[0].group, rows: rows[:end:end]}
		for n := range one.rows {
			one.counts[ui.Harm(one.rows[n].Status)]++
			if one.rows[n].hidden = !o.query.Match(one.rows[n].item()); !one.rows[n].hidden {
				o.found++
			}
		}
		o.groups, rows = append(o.groups, one), rows[end:]
	}
}

// choosePage leaves the rows of one page, if there are more than fit on one. Otherwise all
// rows stay, also those that the filter hides, so that the script can show them again.
func (o *overview) choosePage(wanted string) error {
	o.page, o.pages = 1, 1
	if len(o.Integrations) <= pageOfRows {
		return nil
	}
	o.pages = max(1, (o.found+pageOfRows-1)/pageOfRows)
	if wanted != "" {
		n, err := strconv.Atoi(wanted)
		if err != nil || n < 1 || n > o.pages {
			return &Error{http.StatusNotFound, fmt.Sprintf("there is no page %q: the last one is %d", wanted, o.pages)}
		}
		o.page = n
	}
	skip, room := (o.page-1)*pageOfRows, pageOfRows
	for n := range o.groups {
		one := &o.groups[n]
		one.rows = slices.DeleteFunc(slices.Clone(one.rows), func(r row) bool { return r.hidden })
		passed := min(skip, len(one.rows))
		one.rows = one.rows[passed:]
		one.rows = one.rows[:min(room, len(one.rows))]
		skip, room = skip-passed, room-len(one.rows)
	}
	o.groups = slices.DeleteFunc(o.groups, func(one group) bool { return len(one.rows) == 0 })
	return nil
}

// bad returns how many integrations are not healthy, whatever the filter.
func (o *overview) bad() int { return o.Summary.Unhealthy + o.Summary.Degraded + o.Summary.Unknown }

// whole reports whether the page has all rows.
func (o *overview) whole() bool { return len(o.Integrations) <= pageOfRows }

// filter is the form of the filter.
func (o *overview) filter() g.Node {
	found := ""
	if !o.query.All() {
		found = fmt.Sprintf("%d found", o.found)
	}
	return h.Form(h.Method("get"), h.Action(o.r.Link("/")), h.Class("row filter"), h.Role("search"),
		ui.Field("Filter", h.Input(h.Type("search"), h.ID("q"), h.Name("q"), h.Value(o.text), h.MaxLength(strconv.Itoa(query.MaxLength)),
			h.AutoComplete("off"), g.Attr("spellcheck", "false"), h.Placeholder("word  status:unhealthy  group:payments  -probe:core.http"), g.If(o.whole(), g.Attr("data-whole")))),
		h.Button(h.Type("submit"), g.Text("Filter")),
		h.Span(h.ID("found"), h.Role("status"), g.Text(found)),
		g.If(o.text != "", h.A(h.Href(o.r.Link("/")), g.Text("Show all"))),
	)
}

// list has the groups of the page.
func (o *overview) list() g.Node {
	if len(o.Integrations) == 0 {
		return ui.Empty("The configuration has no integrations. Add an ", h.Code(g.Text("integration")), g.Text(" block to it."))
	}
	nodes := g.Group{h.H2(g.Text("All integrations"))}
	if o.found == 0 {
		nodes = append(nodes, ui.Empty("The filter selects none of them."))
	}
	for n := range o.groups {
		nodes = append(nodes, o.group(n))
	}
	return h.Section(h.ID("all"), nodes, o.pager())
}

// group shows a group. It is open if something is wrong in it, or if the filter selects
// something; what is fine in a group with something wrong is folded once more.
func (o *overview) group(n int) g.Node {
	one := &o.groups[n]
	wrong := len(one.rows)
	for m := range one.rows {
		if ui.Harm(one.rows[m].Status) > 2 {
			wrong = m
			break
		}
	}
	some, filtered := slices.ContainsFunc(one.rows, func(r row) bool { return !r.hidden }), !o.query.All()
	counts := "counts"
	if !o.whole() {
		counts = "sums" // the script can't count what it does not see
	}
	summary := h.Summary(h.H3(g.El("bdi", g.Text(ui.Clean(one.name)))), g.Text(" "), h.Span(h.Class(counts), countsOf(one.counts)))
	body := o.table(one.name, one.rows)
	if wrong > 0 && wrong < len(one.rows) {
		body = g.Group{o.table(one.name+": not healthy", one.rows[:wrong]), h.Details(h.Class("fine"), h.ID("fine-"+strconv.Itoa(n)), g.If(filtered, g.Attr("open")),
			h.Summary(g.Text(ui.Count(len(one.rows)-wrong, "other"))), o.table(one.name+": others", one.rows[wrong:]))}
	}
	return h.Details(h.Class("group"), h.Data("g", one.name), g.If(bad(one.counts) > 0, g.Attr("data-bad")),
		g.If(filtered && some || !filtered && bad(one.counts) > 0, g.Attr("open")), g.If(!some, g.Attr("hidden")), summary, body)
}

// table shows rows in short.
func (o *overview) table(label string, rows []row) g.Node {
	return h.Table(h.Class("rows"), h.Aria("label", ui.Clean(label)),
		h.THead(h.Tr(g.Map([]string{"Integration", "Status", "Last runs", "Latency", "Message"}, func(name string) g.Node { return h.Th(h.Scope("col"), g.Text(name)) }))),
		h.TBody(g.NodeFunc(func(w io.Writer) error {
			for n := range rows {
				if err := rows[n].short(o.r).Render(w); err != nil {
					return err
				}
			}
			return nil
		})))
}

// countsOf shows how many integrations have each status.
func countsOf(counts [len(ui.Statuses)]int) g.Node {
	var nodes g.Group
	for n, count := range counts {
		if count > 0 {
			nodes = append(nodes, ui.Counted(ui.Statuses[n], count), g.Text(" "))
		}
	}
	return nodes
}

// pager leads to the other pages.
func (o *overview) pager() g.Node {
	if o.pages == 1 {
		return nil
	}
	address := func(n int) string {
		return o.r.Link("/") + "?" + url.Values{"q": {o.text}, "page": {strconv.Itoa(n)}}.Encode()
	}
	return h.Nav(h.Class("pager"), h.Aria("label", "Pages of integrations"),
		g.If(o.page > 1, h.A(h.Href(address(o.page-1)), h.Rel("prev"), g.Text("Previous"))),
		g.Textf(" Page %d of %d ", o.page, o.pages),
		g.If(o.page < o.pages, h.A(h.Href(address(o.page+1)), h.Rel("next"), g.Text("Next"))))
}
