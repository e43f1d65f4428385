package web

import (
	"fmt"
	"net/http"
	"net/url"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/web/ui"
	"vega/store"
)

// What the pages show of conversations.
const (
	conversationsShown = 50       // on a page
	excerptShown       = 200      // characters of a prompt, in the list
	messageShown       = 64 << 10 // bytes of a prompt or a response; the whole is a file
)

// conversationPages show what assistants said and were asked.
type conversationPages struct{ *Site }

func (s conversationPages) routes() []Route {
	return []Route{
		{Method: http.MethodGet, Path: "/conversations", Scope: scope.Conversations, serve: s.list},
		{Method: http.MethodGet, Path: "/conversations/:id", Scope: scope.Conversations, serve: s.one},
		{Method: http.MethodGet, Path: "/conversations/:id/:part", Scope: scope.Conversations, serve: s.download},
		{Method: http.MethodPost, Path: "/conversations/:id", Scope: scope.Conversations, MaxBody: maxForm, serve: s.review},
	}
}

// conversationFilter is what the address says about which conversations to list.
type conversationFilter struct{ session, source, reviewed, cursor string }

func filterOf(v url.Values) conversationFilter {
	return conversationFilter{v.Get("session"), v.Get("source"), v.Get("reviewed"), v.Get("cursor")}
}

// query returns the filter for the store.
func (f conversationFilter) query() (store.Query, error) {
	q := store.Query{Session: f.session, Source: f.source, Cursor: f.cursor, Limit: conversationsShown, Excerpt: excerptShown}
	if f.reviewed == "" {
		return q, nil
	}
	reviewed := f.reviewed == "true"
	if !reviewed && f.reviewed != "false" {
		return q, &Error{http.StatusBadRequest, "reviewed must be true or false, or not in the address"}
	}
	q.Reviewed = &reviewed
	return q, nil
}

// address returns the address of the page with this filter.
func (f conversationFilter) address(r *Request) string {
	v := url.Values{}
	for name, value := range map[string]string{"session": f.session, "source": f.source, "reviewed": f.reviewed, "cursor": f.cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(v) == 0 {
		return r.Link("/conversations")
	}
	return r.Link("/conversations") + "?" + v.Encode()
}

// list shows a page of conversations, the newest first.
func (s conversationPages) list(r *Request) error {
	f := filterOf(r.URL.Query())
	q, err := f.query()
	if err != nil {
		return err
	}
	page, err := s.sources.Conversations().HistoryPage(r.Context(), q)
	if err != nil {
		return err
	}
	first, next := f, f
	first.cursor, next.cursor = "", page.Next
	return r.Show(Page{Title: "Conversations", Nav: "/conversations", Body: g.Group{
		h.H1(g.Text("Conversations")), f.form(r), conversationTable(r, f, page.Conversations),
		h.Nav(h.Class("pages"), h.Aria("label", "Pages of the list"),
			g.If(f.cursor != "", h.A(h.Href(first.address(r)), g.Text("Newest"))), g.Text(" "),
			g.If(page.Next != "", h.A(h.Href(next.address(r)), h.Rel("next"), g.Text("Older")))),
	}})
}

// form returns the form that changes the filter.
func (f conversationFilter) form(r *Request) g.Node {
	choice := func(value, name string) g.Node {
		return h.Option(h.Value(value), g.If(f.reviewed == value, h.Selected()), g.Text(name))
	}
	return h.Form(h.Method("get"), h.Action(r.Link("/conversations")), h.Class("row filter"),
		ui.Field("Session", h.Input(h.Name("session"), h.Value(f.session))),
		ui.Field("Source", h.Input(h.Name("source"), h.Value(f.source))),
		ui.Field("Reviewed", h.Select(h.Name("reviewed"), choice("", "any"), choice("false", "not reviewed"), choice("true", "reviewed"))),
		h.Button(h.Type("submit"), g.Text("Filter")),
	)
}

func conversationTable(r *Request, f conversationFilter, all []store.Conversation) g.Node {
	if len(all) == 0 {
		if f == (conversationFilter{}) {
			return ui.Empty("There are no conversations. Programs add them with POST /v1/conversations.")
		}
		return ui.Empty("No conversation matches. ", h.A(h.Href(r.Link("/conversations")), g.Text("Show all")))
	}
	var rows []ui.Row
	for _, c := range all {
		session := f
		session.cursor, session.session = "", c.SessionID
		rows = append(rows, ui.Row{
			h.A(h.Href(r.Link("/conversations/%s", fmt.Sprint(c.ID))), ui.Time(c.At)), excerpt(c.Prompt), ui.Text(c.Source), ui.Text(c.Model),
			h.A(h.Href(session.address(r)), cleaned(c.SessionID)), reviewMark(c.Reviewed),
		})
	}
	return ui.Table("Conversations", []string{"At", "Prompt", "Source", "Model", "Session", "Review"}, rows)
}

// excerpt returns the beginning of a text on one line.
func excerpt(s string) g.Node {
	runes := []rune(ui.Clean(s))
	if len(runes) < excerptShown {
		return g.El("bdi", h.Class("excerpt"), g.Text(string(runes)))
	}
	return g.El("bdi", h.Class("excerpt"), g.Text(string(runes[:excerptShown-1])+"…"))
}

func reviewMark(reviewed bool) g.Node {
	if reviewed {
		return ui.Mark(ui.Good, "reviewed")
	}
	return ui.Mark(ui.Info, "not reviewed")
}

// find returns the conversation of the address.
func (s conversationPages) find(r *Request) (store.Conversation, error) {
	id, err := r.pathID("a conversation")
	if err != nil {
		return store.Conversation{}, err
	}
	return s.sources.Conversations().Conversation(r.Context(), id)
}

// one shows a conversation.
func (s conversationPages) one(r *Request) error {
	c, err := s.find(r)
	if err != nil {
		return err
	}
	change, value := "Mark as reviewed", "true"
	if c.Reviewed {
		change, value = "Mark as not reviewed", "false"
	}
	at := r.Link("/conversations/%s", fmt.Sprint(c.ID))
	session := conversationFilter{session: c.SessionID}
	return r.Show(Page{Title: fmt.Sprintf("Conversation %d", c.ID), Nav: "/conversations", Body: g.Group{
		h.H1(g.Textf("Conversation %d ", c.ID), reviewMark(c.Reviewed)),
		h.Div(h.Class("actions"), ui.Button(at, change, ui.Input{Name: "reviewed", Value: value}),
			h.A(h.Href(conversationFilter{reviewed: "false"}.address(r)), g.Text("All that are not reviewed"))),
		ui.Facts(
			ui.Fact{Name: "At", Value: ui.Time(c.At)},
			ui.Fact{Name: "Source", Value: ui.Text(c.Source)},
			ui.Fact{Name: "Model", Value: g.If(c.Model != "", ui.Text(c.Model))},
			ui.Fact{Name: "Session", Value: h.A(h.Href(session.address(r)), cleaned(c.SessionID))},
		),
		conversationText("Prompt", c.Prompt, at+"/prompt"), conversationText("Response", c.Response, at+"/response"),
	}})
}

// conversationText shows a prompt or a response. What is too long for a page is a file.
func conversationText(name, text, file string) g.Node {
	shown := ui.Cut(text, messageShown)
	var rest g.Node
	if len(shown) < len(text) {
		rest = h.P(g.Textf("These are the first %s of %s. ", ui.Bytes(messageShown), ui.Bytes(int64(len(text)))), h.A(h.Href(file), g.Text("Download the whole text")))
	}
	body := ui.Empty("It is empty.")
	if text != "" {
		body = h.Pre(h.Class("message"), h.Dir("auto"), h.TabIndex("0"), h.Role("region"), h.Aria("label", name), g.Text("\n"+ui.Clean(shown)))
	}
	return h.Section(h.H2(g.Text(name)), body, rest)
}

// download answers with a prompt or a response as a text file.
func (s conversationPages) download(r *Request) error {
	c, err := s.find(r)
	if err != nil {
		return err
	}
	text, ok := map[string]string{"prompt": c.Prompt, "response": c.Response}[r.Param("part")]
	if !ok {
		return &Error{http.StatusNotFound, "a conversation has a prompt and a response"}
	}
	header := r.w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="conversation-%d-%s.txt"`, c.ID, r.Param("part")))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	_, _ = r.w.Write([]byte(text)) // the browser is gone
	return nil
}

// review marks a conversation as reviewed or not.
func (s conversationPages) review(r *Request) error {
	id, err := r.pathID("a conversation")
	if err != nil {
		return err
	}
	reviewed := r.PostFormValue("reviewed") == "true"
	if !reviewed && r.PostFormValue("reviewed") != "false" {
		return &Error{http.StatusBadRequest, "reviewed must be true or false"}
	}
	if err := s.sources.Conversations().SetReviewed(r.Context(), id, reviewed); err != nil {
		return err
	}
	done := "Marked as not reviewed."
	if reviewed {
		done = "Marked as reviewed."
	}
	return r.Done(fmt.Sprintf("/conversations/%d", id), done)
}

// cleaned returns text without control characters.
func cleaned(s string) g.Node { return g.Text(ui.Clean(s)) }
