package web

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	"vega/daemon/api/scope"
)

// Viewer is who sends a request.
type Viewer struct {
	Name    string // of the key, or as the proxy says; "": nobody is logged in
	Scopes  []scope.Scope
	known   bool
	session bool // logged in here, and not by the proxy
}

// May reports whether the viewer may do what needs a scope.
func (v Viewer) May(needed scope.Scope) bool {
	return needed == scope.Public || v.known && scope.Allows(v.Scopes, needed)
}

// By names the viewer where it is recorded who did something: "key NAME" as in the API, or
// the name that the proxy gave.
func (v Viewer) By() string {
	switch {
	case v.session:
		return "key " + v.Name
	case strings.HasPrefix(v.Name, "key "): // only vega's own keys are called that
		return "person " + v.Name
	default:
		return v.Name
	}
}

// Request is a request for a page.
type Request struct {
	*http.Request
	Viewer Viewer
	site   *Site
	route  *Route // nil for the page of an error
	w      http.ResponseWriter
	param  func(name string) string
	status int // of the answer, once Show has sent it
}

// Param returns a part of the path, unescaped.
func (r *Request) Param(name string) string { return r.param(name) }

// active reports whether the site still has the row, and the viewer may still do what it
// does. A stream asks now and then; asking counts as use of the session.
func (r *Request) active() bool {
	return r.site.Has(r.route) && r.site.Viewer(r.Request).May(r.route.Scope)
}

// Link returns a path of the site as the browser sees it. Each %s of the path is replaced
// by an escaped argument.
func (r *Request) Link(path string, args ...string) string {
	return r.site.link(fill(path, args))
}

// fill replaces each %s of a path by an escaped argument.
func fill(path string, args []string) string {
	escaped := make([]any, len(args))
	for n, a := range args {
		escaped[n] = url.PathEscape(a)
	}
	return fmt.Sprintf(path, escaped...)
}

// Page is what Show puts into the layout.
type Page struct {
	Title   string   // of the document, without the name of vega
	Nav     string   // the path of the entry of the menu that is marked
	Status  int      // 0: 200
	Scripts []string // and Styles: the files of assets besides those of each page
	Styles  []string
	Live    string // what Board.Generation returned before the page read its content; "": it does not change by itself
	Known   string // what Site.known returned before; "": the page shows neither incidents nor silences, or has it elsewhere
	Body    g.Node
}

// Show answers with a page.
func (r *Request) Show(p Page) error {
	return r.answer(cmp.Or(p.Status, http.StatusOK), r.layout(p))
}

// fragment answers with a part of a page, for a script.
func (r *Request) fragment(part g.Node) error { return r.answer(http.StatusOK, part) }

func (r *Request) answer(status int, content g.Node) error {
	var b bytes.Buffer
	if err := content.Render(&b); err != nil {
		return fmt.Errorf("render %s: %w", r.URL.Path, err)
	}
	r.send(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// Done answers a form: the browser goes to a path of the site, which shows the message.
func (r *Request) Done(path, message string) error {
	to := path
	if message != "" {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		to += separator + "done=" + r.site.notes.Add(r.Viewer.By(), message, time.Now())
	}
	http.Redirect(r.w, r.Request, r.site.link(to), http.StatusSeeOther)
	return nil
}

// done returns what the last form of the viewer did, or "".
func (r *Request) done() string {
	id := r.URL.Query().Get("done")
	if id == "" {
		return ""
	}
	return r.site.notes.Text(r.Viewer.By(), id, time.Now())
}

// back returns where a form leads to: to the overview as it was, if its field back says so,
// or else to a path.
func (r *Request) back(path string, args ...string) string {
	if to := r.PostFormValue("back"); to == "/" || strings.HasPrefix(to, "/?") {
		return to
	}
	return fill(path, args)
}

// Error is an error with what the browser is told.
type Error struct {
	Status int
	Detail string // what is wrong, and what to do
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }
