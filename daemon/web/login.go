package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"

	"vega/daemon/api/scope"
	"vega/daemon/web/session"
)

// maxLogin limits the form of a login, in bytes.
const maxLogin = 4 << 10

// loginPage shows the form, or leads on if that isn't necessary.
func (s *Site) loginPage(r *Request) error {
	next := within(r.URL.Query().Get("next"))
	if r.Viewer.session {
		return r.Done(next, "")
	}
	return r.showLogin(http.StatusOK, next, "")
}

// showLogin shows the form, with what was wrong with the last one.
func (r *Request) showLogin(status int, next, wrong string) error {
	open := !r.site.encrypted(r.Request) && !r.site.keys.From(r.Request).Client.IsLoopback()
	return r.Show(Page{Title: "Log in", Status: status, Body: h.Form(h.Class("login"), h.Method("post"), h.Action(r.Link("/login")),
		h.H1(g.Text("Log in to vega")),
		g.If(wrong != "", h.P(h.Class("wrong"), h.Role("alert"), h.ID("wrong"), g.Text(wrong))),
		g.If(open, h.P(h.Class("warning"), g.Text("This connection isn't encrypted: others on the network can read the key."))),
		h.Input(h.Type("hidden"), h.Name("next"), h.Value(next)),
		// Managers of passwords want a name to keep a key under.
		h.Input(h.Type("text"), h.Name("username"), h.Value("API key"), h.ReadOnly(), g.Attr("hidden"), g.Attr("autocomplete", "username")),
		h.Label(h.For("key"), g.Text("API key")),
		h.Input(h.Type("password"), h.ID("key"), h.Name("key"), h.Required(), h.AutoFocus(), g.Attr("autocomplete", "current-password"), g.If(wrong != "", h.Aria("describedby", "wrong"))),
		h.Button(h.Type("submit"), g.Text("Log in")),
		h.P(h.Class("hint"), g.Text("The first lines of "), h.Code(g.Text("vega serve")), g.Text(" say where the key is; "), h.Code(g.Text("vega key add NAME --scopes read,write")), g.Text(" makes another one.")),
	)})
}

// login begins a session.
func (s *Site) login(r *Request) error {
	now, client, next := time.Now(), s.keys.From(r.Request).Client, within(r.PostForm.Get("next"))
	if wait := s.tries.Take(client, now); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		r.w.Header().Set("Retry-After", strconv.Itoa(seconds))
		return r.showLogin(http.StatusTooManyRequests, next, fmt.Sprintf("Too many tries from your address. Try again in %d s.", seconds))
	}
	key, ok := s.keys.Find(strings.TrimSpace(r.PostForm.Get("key")))
	if !ok {
		s.log.WarnContext(r.Context(), "dashboard: login rejected", "remote", client.String())
		return r.showLogin(http.StatusForbidden, next, "There is no such key, or it has expired.")
	}
	s.tries.Succeeded(client, now)
	if !scope.Allows(key.Scopes, scope.Read) {
		s.log.WarnContext(r.Context(), "dashboard: login rejected", "by", Viewer{Name: key.Name, session: true}.By(), "remote", client.String(), "reason", "the key lacks the scope read")
		return r.showLogin(http.StatusForbidden, next, fmt.Sprintf("The key %q lacks the scope read, which the dashboard needs.", key.Name))
	}
	for _, c := range s.cookies(r.Request) {
		s.sessions.End(c.Value)
	}
	http.SetCookie(r.w, s.cookie(r.Request, s.sessions.Begin(key.Digest, s.person(r.Request), now)))
	s.log.InfoContext(r.Context(), "dashboard: logged in", "by", Viewer{Name: key.Name, session: true}.By(), "remote", client.String())
	return r.Done(next, "")
}

// badForm returns the error of a form that can't be read.
func badForm(err error) error {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &Error{http.StatusRequestEntityTooLarge, fmt.Sprintf("the form exceeds the limit of %d bytes", e.Limit)}
	}
	return &Error{http.StatusBadRequest, "the form can't be read: it is incomplete, or not a form"}
}

// logout ends the session.
func (s *Site) logout(r *Request) error {
	if r.Viewer.session {
		s.log.InfoContext(r.Context(), "dashboard: logged out", "by", r.Viewer.By(), "remote", s.keys.From(r.Request).Client.String())
	}
	for _, c := range s.cookies(r.Request) {
		s.sessions.End(c.Value)
	}
	gone := s.cookie(r.Request, "")
	gone.MaxAge = -1
	http.SetCookie(r.w, gone)
	done := ""
	if r.Viewer.known { // messages to strangers would push those to others out
		s.recheck()
		done = "You are logged out."
	}
	r.Viewer = Viewer{} // who reads the message
	return r.Done("/login", done)
}

// within returns where a login leads: a path of the site, or "/". A browser reads "\" as
// "/", "//host" as another site, and ".." as the directory above, which may not be vega's if
// a proxy serves vega under a path.
func within(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || u.User != nil || len(next) > 2000 ||
		!strings.HasPrefix(next, "/") || strings.HasPrefix(u.Path, "//") || slices.Contains(strings.Split(u.Path, "/"), "..") || strings.ContainsAny(next, "\\ ") || strings.ContainsFunc(u.Path, unprintable) ||
		u.Path == "/login" || u.Path == "/logout" {
		return "/"
	}
	return u.RequestURI()
}

func unprintable(c rune) bool { return !unicode.IsPrint(c) }

// cookie returns the cookie with the token of a session.
//
// Its name is __Host-vega where that is possible: no other site, and no plain HTTP, can set
// such a cookie. That needs HTTPS and the path /, so under the path of an external URL it
// is __Secure-vega, with this path, and not sent to what else is on the host. With plain
// HTTP it has neither. Ports share cookies, so the port is in the name.
//
// SameSite is Lax, since Strict would show the login to everyone who follows a link in an
// alert; forms are also checked by their origin.
func (s *Site) cookie(r *http.Request, token string) *http.Cookie {
	c := &http.Cookie{Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(session.Lifetime.Seconds())}
	if prefix := s.link(""); prefix != "" {
		c.Path = prefix
	}
	c.Secure = s.encrypted(r)
	c.Name = s.cookieName(r, c.Secure)
	return c
}

func (s *Site) cookieName(r *http.Request, secure bool) string {
	name := "vega"
	if u := (&url.URL{Host: r.Host}); u.Port() != "" {
		name += "-" + u.Port()
	}
	switch {
	case !secure:
		return name
	case s.link("") == "":
		return "__Host-" + name
	default:
		return "__Secure-" + name
	}
}

// cookies returns the cookies that may have the token of a session. Where the connection is
// known to be encrypted, only those count that plain HTTP can't have set.
func (s *Site) cookies(r *http.Request) []*http.Cookie {
	all := r.CookiesNamed(s.cookieName(r, true))
	if !s.encrypted(r) {
		all = append(all, r.CookiesNamed(s.cookieName(r, false))...)
	}
	return all[:min(len(all), 4)]
}

// encrypted reports whether the browser's connection is known to be encrypted: it is with
// vega, or a trusted proxy says so, or the browser uses an external URL with https.
func (s *Site) encrypted(r *http.Request) bool {
	origin := s.settings.Load().Origin
	return r.TLS != nil || s.keys.From(r).Trusted && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") ||
		strings.HasPrefix(origin, "https://") && (r.Header.Get("Origin") == origin || strings.EqualFold("https://"+r.Host, origin))
}
