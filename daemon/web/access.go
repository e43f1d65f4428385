package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
)

// policy is the Content-Security-Policy of every answer: scripts, styles, images and
// connections of vega alone, forms that lead to vega alone, in no frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// protect sets the headers that limit what a browser does with an answer. The referrer is
// for vega alone: with no-referrer, browsers would send forms with "Origin: null", and over
// plain HTTP nothing else distinguishes vega's forms from those of other sites.
func protect(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}

// Serve answers a request by a row of the table. param returns a part of its path. An
// error is not answered yet: pass it to Fail.
func (s *Site) Serve(route *Route, w http.ResponseWriter, r *http.Request, param func(name string) string) error {
	protect(w.Header())
	if err := s.settings.Load().guard.Check(r); err != nil {
		return &Error{http.StatusForbidden, "vega takes forms only from its own pages: open vega, and repeat this there; if a proxy is in front of vega, set server.external_url to the URL that browsers use"}
	}
	req := &Request{Request: r, site: s, w: w, param: param, route: route, Viewer: s.Viewer(r)}
	if !req.Viewer.May(route.Scope) {
		return req.refuse()
	}
	err := req.serve()
	if r.Method == http.MethodPost && route.Scope != scope.Public { // a login and a logout have lines of their own
		s.logAction(req, err)
	}
	return err
}

// serve reads the form, so that PostForm and PostFormValue have it, and does what the row
// does.
func (r *Request) serve() error {
	if r.route.MaxBody > 0 {
		if err := r.ParseForm(); err != nil {
			return badForm(err)
		}
	}
	return r.route.serve(r)
}

// refuse answers a viewer who may not do what a row does.
func (r *Request) refuse() error {
	if r.Viewer.known {
		return &Error{http.StatusForbidden, fmt.Sprintf("%s lacks the scope %q, which this needs", r.Viewer.By(), r.route.Scope)}
	}
	if r.Method != http.MethodPost && WantsHTML(r.Request) {
		return r.Done("/login?next="+url.QueryEscape(r.URL.RequestURI()), "")
	}
	return &Error{http.StatusUnauthorized, "you are not logged in, or no longer: log in, and repeat this"}
}

// logAction logs what somebody did. A form that is shown again with what is wrong with it
// did nothing.
func (s *Site) logAction(r *Request, err error) {
	switch {
	case err != nil:
		s.log.WarnContext(r.Context(), "dashboard: action failed", "action", r.URL.Path, "by", r.Viewer.By(), "err", err)
	case r.status >= http.StatusBadRequest:
		s.log.WarnContext(r.Context(), "dashboard: action failed", "action", r.URL.Path, "by", r.Viewer.By(), "status", r.status)
	default:
		s.log.InfoContext(r.Context(), "dashboard: action", "action", r.URL.Path, "by", r.Viewer.By())
	}
}

// WantsHTML reports whether a person's browser sends a request, and not a script.
func WantsHTML(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// Fail answers with the page of an error.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, status int, detail, correlationID string) {
	protect(w.Header())
	req := &Request{Request: r, site: s, w: w, Viewer: s.Viewer(r)}
	login := "/login"
	if r.Method == http.MethodGet {
		login += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	_ = req.Show(Page{Title: http.StatusText(status), Status: status, Body: g.Group{
		h.H1(g.Text(http.StatusText(status))), h.P(g.Text(detail)),
		g.If(status == http.StatusUnauthorized, h.P(h.A(h.Href(s.link(login)), g.Text("Log in")))),
		h.P(g.Text("Correlation ID: "), h.Code(g.Text(correlationID))),
	}})
}

// Viewer returns who sends a request: the key of the session that its cookie names, or the
// person that a trusted proxy names. API keys don't count.
func (s *Site) Viewer(r *http.Request) Viewer {
	now, person := time.Now(), s.person(r)
	for _, c := range s.cookies(r) {
		digest, ok := s.sessions.Key(c.Value, person, now)
		if !ok {
			continue
		}
		if key, ok := s.keys.Current(digest); ok {
			return Viewer{Name: key.Name, Scopes: key.Scopes, known: true, session: true}
		}
		s.sessions.End(c.Value)
	}
	return Viewer{Name: person, Scopes: s.settings.Load().AuthScopes, known: person != ""}
}

// maxName limits the name that a proxy gives a person, in bytes.
const maxName = 256

// person returns the name that a trusted proxy gives the sender of a request, or "". A header
// that is there twice may be the client's own, so it names nobody.
func (s *Site) person(r *http.Request) string {
	current := s.settings.Load()
	if current.AuthHeader == "" || len(current.AuthScopes) == 0 || !s.keys.From(r).Trusted {
		return ""
	}
	values := r.Header.Values(current.AuthHeader)
	if len(values) != 1 || len(values[0]) > maxName || !utf8.ValidString(values[0]) || strings.ContainsFunc(values[0], unprintable) {
		return ""
	}
	return strings.TrimSpace(values[0])
}
