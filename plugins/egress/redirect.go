package egress

import (
	"errors"
	"net/http"
	"net/url"

	"vega/plugins/grant"
	"vega/sdk/abi"
)

// redirect is where an answer points on to, or "".
func redirect(r *http.Response) string {
	switch r.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Header.Get("Location")
	default:
		return ""
	}
}

// follow changes the request into that of the next hop. What is secret goes
// on only to the same host, and not from https down to http. Whether the hop
// is granted is judged when it is sent.
func (s *Session) follow(out *outgoing, status int, location string) error {
	before := out.url
	next, err := before.Parse(location)
	if err != nil {
		return &Error{Errno: abi.ErrIO, Text: origin(before) + " redirects to something that is no URL"}
	}
	rule, err := grant.Origins(next)
	if err != nil {
		return s.deny(&grant.Denial{Asked: "following a redirect from " + origin(before) + " is refused: " + err.Error()})
	}
	next.User, next.Fragment, next.Host = nil, "", hostHeader(rule)
	out.url, out.from = next, origin(before)
	out.secretURL = s.staysSecret(out, next, location)
	out.header = out.header.Clone() // the last request may still be being sent
	out.turn(status)
	if here, err := grant.Host(before.Hostname()); err != nil || here != rule.Host || before.Scheme == "https" && next.Scheme == "http" {
		return s.leave(out)
	}
	return nil
}

// staysSecret reports whether the URL of the next hop is to be handled as one that
// holds a secret. Where the grants do not allow secrets anywhere, the URL is not
// searched for one: a guest that has its guesses redirected would learn from it
// which is right. There it stays secret once it was.
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

// redirectedFrom adds to a denial which origin led there.
func redirectedFrom(from string, err error) error {
	var d *grant.Denial
	if from == "" || !errors.As(err, &d) {
		return err
	}
	return &grant.Denial{Asked: d.Asked + " (redirected from " + from + ")", Fix: d.Fix}
}

// turn does to the method and body what browsers and net/http do.
func (o *outgoing) turn(status int) {
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

// leave takes off what must not go to another host. A secret in the URL or
// the body can't be taken off: that hop is refused.
func (s *Session) leave(out *outgoing) error {
	for name := range out.secretHeaders {
		out.header.Del(name)
	}
	clear(out.secretHeaders)
	for _, name := range []string{"Authorization", "Cookie", "Cookie2"} {
		out.header.Del(name)
	}
	if out.secretURL || out.secretBody {
		return s.deny(&grant.Denial{Asked: "taking a secret along with the redirect from " + out.from + " to " + origin(out.url) + " is refused"})
	}
	return nil
}
