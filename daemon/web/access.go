package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// cookieName is the name of the cookie with the token of a session.
const cookieName = "vega"

// Serve answers a request by a row of the table. param returns a part of its path. An
// error is not answered yet: pass it to Fail.
func (s *Site) Serve(route *Route, w http.ResponseWriter, r *http.Request, param func(name string) string) error {
	req := &Request{Request: r, site: s, w: w, param: param, Viewer: s.viewer(r)}
	if !req.Viewer.May(route.Scope) {
		if !req.Viewer.known && r.Method == http.MethodGet {
			return req.Done("/login?next="+url.QueryEscape(r.URL.RequestURI()), "")
		}
		return &Error{http.StatusForbidden, "the key " + req.Viewer.Name + " lacks the scope " + string(route.Scope)}
	}
	return route.serve(req)
}

// Fail answers with the page of an error.
func (s *Site) Fail(w http.ResponseWriter, r *http.Request, status int, detail, correlationID string) {
	req := &Request{Request: r, site: s, w: w, Viewer: s.viewer(r)}
	_ = req.Show(Page{Title: http.StatusText(status), Status: status, Body: g.Group{
		h.H1(g.Text(http.StatusText(status))), h.P(g.Text(detail)), h.P(g.Text("Correlation ID: "), h.Code(g.Text(correlationID))),
	}})
}

// Known reports whether somebody who is logged in sends a request.
func (s *Site) Known(r *http.Request) bool { return s.viewer(r).known }

// viewer returns who sends a request.
func (s *Site) viewer(r *http.Request) Viewer {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return Viewer{}
	}
	digest, ok := s.sessions.Key(c.Value, time.Now())
	if !ok {
		return Viewer{}
	}
	key, ok := s.keys.Current(digest)
	return Viewer{key.Name, key.Scopes, ok}
}

func (s *Site) loginPage(r *Request) error {
	return r.Show(Page{Title: "Log in", Body: h.Form(h.Method("post"), h.Action(r.Link("/login")),
		h.Input(h.Type("hidden"), h.Name("next"), h.Value(r.URL.Query().Get("next"))),
		h.Label(g.Text("API key"), h.Input(h.Type("password"), h.Name("key"), h.Required(), g.Attr("autocomplete", "current-password"))),
		h.Button(h.Type("submit"), g.Text("Log in")),
	)})
}

func (s *Site) login(r *Request) error {
	key, ok := s.keys.Find(r.PostFormValue("key"))
	if !ok {
		return &Error{http.StatusForbidden, "there is no such key"}
	}
	http.SetCookie(r.w, &http.Cookie{Name: cookieName, Value: s.sessions.Begin(key.Digest, time.Now()), Path: r.Link("/"), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.settings.Load().Secure})
	next := r.PostFormValue("next")
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") {
		next = "/"
	}
	return r.Done(next, "")
}

func (s *Site) logout(r *Request) error {
	if c, err := r.Cookie(cookieName); err == nil {
		s.sessions.End(c.Value)
	}
	return r.Done("/login", "")
}
