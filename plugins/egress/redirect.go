package egress

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"vega/plugins/grant"
	"vega/sdk/abi"
)

// redirect returns the location that a response redirects to, or "".
func redirect(r *http.Response) string {
	switch r.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Header.Get("Location")
	default:
		return ""
	}
}

// follow changes the request into that of the next hop. Secrets go only to the
// same host and port, and never from https to http. The hop's grant is checked when it
// is sent.
func (s *Session) follow(out *outgoing, status int, location string) error {
	before := out.url
	next, err := before.Parse(location)
	if err != nil {
		return leadsNowhere(s, before, errors.New("it is not a valid URL"))
	}
	rule, err := grant.Origins(next)
	if err != nil {
		return leadsNowhere(s, before, err)
	}
	login := next.User
	next.User, next.Fragment, next.Host = nil, "", hostHeader(rule)
	next.RawQuery = escapedQuery(next.RawQuery)
	out.url, out.from, out.http1, out.again = next, origin(before), false, false
	out.secretURL = s.staysSecret(out, next, location)
	out.header = out.header.Clone() // the previous request may still be in flight
	out.changeMethod(status)
	if here, err := grant.Origins(before); err != nil || !samePeer(here, rule) {
		err = s.stripSecrets(out)
		out.login(login)
		return err
	}
	out.login(login)
	return nil
}

// leadsNowhere returns the error of a redirect that no client can follow, such
// as one to another scheme. That is the server's doing, and no grant allows it.
func leadsNowhere(s *Session, from *url.URL, why error) error {
	text := "the redirect of " + origin(from) + " can't be followed: " + why.Error() + "; correct its Location"
	return &Error{Errno: abi.ErrTarget, Text: s.vault.Hide(text)}
}

// login sends the user and password in a Location, as browsers do, unless the
// request has a login already.
func (o *outgoing) login(user *url.Userinfo) {
	if user == nil || o.header.Get("Authorization") != "" {
		return
	}
	password, _ := user.Password()
	o.header.Set("Authorization", basicLogin(user.Username(), password))
}

// landed returns where redirects led, for a message: the URL without userinfo,
// query and path parameters, which may be a login, and without the path if that
// may contain a secret. It is "" without a redirect.
func (o *outgoing) landed() string {
	path, _, _ := strings.Cut(o.url.EscapedPath(), ";")
	if o.from == "" || o.secretURL || path == "/" {
		path = ""
	}
	if o.from == "" {
		return ""
	}
	return origin(o.url) + path
}

// samePeer reports whether what may be sent to one origin may be sent to the
// next: on another port of a host, another program may listen. The usual
// redirect from http to https is an exception.
func samePeer(here, next grant.Rule) bool {
	upgrade := here.Scheme == "http" && here.Port == 80 && next.Scheme == "https" && next.Port == 443
	return here.Host == next.Host && (upgrade || here.Scheme == next.Scheme && here.Port == next.Port)
}

// staysSecret reports whether the URL of the next hop is treated as secret. If
// the grants do not allow secrets anywhere, the URL is not searched for a
// secret, because a guest that has its guesses redirected would learn which one
// is right. In that case a secret URL stays secret.
func (s *Session) staysSecret(out *outgoing, next *url.URL, location string) bool {
	if !s.grants.Anywhere {
		return out.secretURL
	}
	for _, text := range []string{location, next.String(), next.Path, next.RawQuery} {
		if s.vault.Redact(text) != text {
			return true
		}
	}
	return false
}

// redirectedFrom adds to a denial the origin that redirected there.
func redirectedFrom(from string, err error) error {
	d, ok := errors.AsType[*grant.Denial](err)
	if from == "" || !ok {
		return err
	}
	return &grant.Denial{Asked: d.Asked + " (redirected from " + from + ")", Fix: d.Fix, Module: d.Module}
}

// changeMethod changes the method and body as browsers and net/http do.
func (o *outgoing) changeMethod(status int) {
	if status == http.StatusTemporaryRedirect || status == http.StatusPermanentRedirect ||
		o.method == http.MethodGet || o.method == http.MethodHead {
		return
	}
	o.method, o.body, o.secretBody = http.MethodGet, nil, false
	for _, h := range []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Location"} {
		o.drop(h)
	}
}

func (o *outgoing) drop(name string) {
	o.header.Del(name)
	delete(o.secretHeaders, name)
}

// stripSecrets removes what must not go to another host. A secret in the URL or body
// can't be removed, so that hop is refused.
func (s *Session) stripSecrets(out *outgoing) error {
	for name := range out.secretHeaders {
		out.header.Del(name)
	}
	clear(out.secretHeaders)
	for _, name := range []string{"Authorization", "Cookie", "Cookie2"} {
		out.header.Del(name)
	}
	if out.secretURL || out.secretBody {
		return s.deny(&grant.Denial{Asked: "following the redirect from " + out.from + " to " + origin(out.url) + " is refused: the request has a secret in its URL or body"})
	}
	return nil
}
