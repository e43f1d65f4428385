package connection

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/plugins/manifest"
	"vega/plugins/transport"
)

// method is one way to authenticate.
type method struct {
	needs []string
	takes []string
}

var methods = []method{
	{needs: []string{"username", "password"}},
	{needs: []string{"token"}},
	{needs: []string{"token_url", "client_id", "client_secret"}, takes: []string{"scopes", "audience"}},
}

// auth builds the auth block.
func (d Stage) auth(s *bind.Section) transport.Auth {
	d.Ev.Evaluate(s)
	var used []method
	for _, m := range methods {
		if slices.ContainsFunc(append(m.needs, m.takes...), func(name string) bool { return s.Slot(name) != nil }) {
			used = append(used, m)
		}
	}
	switch {
	case len(used) == 0 && !s.Broken:
		d.Out.Err(diag.Required, s.Head, "The auth block is empty.", "set username and password, or token, or token_url, client_id and client_secret")
	case len(used) > 1:
		d.Out.Err(diag.Conflict, s.Place(used[1].needs[0]), fmt.Sprintf("%s and %s exclude each other: a request has one Authorization header.", d.first(s, used[0]), d.first(s, used[1])), "keep one of them")
	case len(used) == 1:
		return d.credentials(s, used[0])
	}
	return transport.Auth{}
}

// first returns the first attribute of a method that is written.
func (d Stage) first(s *bind.Section, m method) string {
	for _, name := range append(m.needs, m.takes...) {
		if s.Slot(name) != nil {
			return name
		}
	}
	return m.needs[0]
}

func (d Stage) credentials(s *bind.Section, m method) transport.Auth {
	for _, name := range m.needs {
		if !d.present(s, name) {
			d.without(s, d.first(s, m), name)
			return transport.Auth{}
		}
	}
	text := func(name string) manifest.Text { return eval.Get[manifest.Text](d.Ev, s, name) }
	for _, name := range m.needs {
		if text(name).Reveal() == "" && name != "password" {
			d.Out.Err(diag.OutOfBounds, s.Place(name), name+" is empty.", "set it, or remove the auth block")
		}
	}
	switch m.needs[0] {
	case "username":
		if strings.Contains(text("username").Reveal(), ":") {
			d.Out.Err(diag.OutOfBounds, s.Place("username"), "username contains a colon, which basic authentication cannot carry.", "use another user")
		}
		return transport.Auth{Username: text("username"), Password: text("password")}
	case "token":
		d.token(s, text("token").Reveal())
		return transport.Auth{Token: text("token")}
	default:
		c := &transport.Client{TokenURL: text("token_url").Reveal(), ID: text("client_id"), Secret: text("client_secret"), Scopes: d.Ev.Strs(s, "scopes"), Audience: d.Ev.Str(s, "audience")}
		d.scopes(s, c.Scopes)
		return transport.Auth{Client: c}
	}
}

// token reports a bearer token that a header cannot carry.
func (d Stage) token(s *bind.Section, token string) {
	switch scheme, _, _ := strings.Cut(token, " "); {
	case strings.EqualFold(scheme, "bearer") && scheme != token:
		d.Out.Err(diag.OutOfBounds, s.Place("token"), `token begins with "Bearer ", which vega adds.`, "remove that word")
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c >= 0x7f }):
		d.Out.Err(diag.OutOfBounds, s.Place("token"), "token contains a space, a line break or another character that a header cannot carry.", "set it to the token alone")
	}
}

func (d Stage) scopes(s *bind.Section, scopes []string) {
	for n, scope := range scopes {
		if scope == "" || strings.ContainsAny(scope, " \t\r\n\"\\") {
			d.Out.Err(diag.OutOfBounds, s.Slot("scopes").Element(n), "This is not one scope.", `write each scope as an element of its own, such as ["read", "metrics"]`)
		}
	}
}

// plainURL reports whether what is sent to a URL can be read on the network.
func plainURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "http" && !loopback(u.Hostname())
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}
