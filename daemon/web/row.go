package web

import (
	"fmt"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/web/query"
	"vega/daemon/web/ui"
	"vega/policies/check"
)

// A row of the overview, in HTML. The script live.js finds and changes these parts of it:
//
//	<tr data-n="NAME" data-p="PROBE">      in all tables of the page; one name can have two rows
//	  <th><a href="...">NAME</a></th>      the first cell has the link that Enter opens
//	  <span class="status healthy">...     as ui.Status
//	  <svg class="bar" data-b="3330">      as ui.Beats, room for live.Beats; not in a new row without runs
//	  <td class="ms">12 ms</td>            as latency, below; "" without a run
//	  <td class="msg">...</td>             at most maxMessage bytes, as message, below
//
// Groups are <details class="group" data-g="GROUP">, with a table in it and counts in its
// summary: <span class="counts"> has a <span class="status unhealthy"> for each status with
// integrations: an icon, the count and the word.
//
// What is not healthy, with tiles above it, is <div id="now" data-bad="20">. It is whole
// again in the answer to GET /?part=now, with the same q, so a script that sees a status
// change replaces the element rather than build it. data-bad counts what is not healthy of
// all integrations, whatever q says.
//
// The filter is <input id="q" name="q">. It has the attribute data-whole if the page has all
// rows, so that filter.js can hide rows itself; otherwise the form asks vega.
type row struct {
	*engine.State
	group    string
	beats    []check.Status
	since    time.Time
	hidden   bool     // the filter does not select it
	explains []string // what fails because of it
}

// maxMessage is how much of a message a row has, in bytes. The filter looks at it, too.
const maxMessage = 160

// message returns what a row shows of a message.
func message(text string) string { return check.Clip(check.OneLine(text), maxMessage) }

// latency returns what a row shows of a response time: whole milliseconds, rounded.
func latency(s *engine.State) string {
	if s.CheckedAt == nil || s.Status == check.Disabled {
		return ""
	}
	return fmt.Sprintf("%d ms", int64(s.ResponseTimeMS+0.5))
}

// item returns what the filter sees of a row.
func (o *row) item() query.Item {
	return query.Item{Name: o.Name, Probe: o.Probe, Group: o.group, Status: string(o.Status), Message: message(o.Message)}
}

// short returns the row of a table of a group.
func (o *row) short(r *Request) g.Node {
	return h.Tr(h.Data("n", o.Name), h.Data("p", o.Probe), g.If(o.hidden, g.Attr("hidden")),
		h.Th(h.Scope("row"), h.A(h.Href(r.Link("/integrations/%s", o.Name)), g.Text(ui.Clean(o.Name)))),
		h.Td(ui.Status(o.Status)),
		h.Td(o.bar()),
		h.Td(h.Class("ms"), g.Text(latency(o.State))),
		h.Td(h.Class("msg"), g.Text(message(o.Message))),
	)
}

// bar returns the bar of the last runs.
func (o *row) bar() g.Node { return ui.Beats(live.Beats, o.beats) }

// groupOf returns the group of an integration: that of its configuration, or else its name
// up to the first "-" or ".".
func groupOf(s *engine.State) string {
	if s.Group != "" {
		return s.Group
	}
	if n := strings.IndexAny(s.Name, "-."); n > 0 {
		return s.Name[:n]
	}
	return s.Name
}
