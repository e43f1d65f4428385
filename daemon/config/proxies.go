package config

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/plugins/manifest"
)

// trustedProxies reads server.trusted_proxies: addresses and ranges in CIDR
// notation.
func (d serverStage) trustedProxies(s *bind.Section) (all []netip.Prefix) {
	t := s.Slot("trusted_proxies")
	if t == nil {
		return nil
	}
	v, _ := d.ev.Value(s, "trusted_proxies")
	elements, _ := v.([]manifest.Value)
	for n, e := range elements {
		at := t.Element(n)
		p, ok := d.proxy(e.(manifest.Text).Reveal(), at)
		if !ok {
			continue
		}
		if p.Bits() == 0 {
			d.out.Warn(diag.Unusual, at, fmt.Sprintf("%s includes every address, so any client could impersonate another.", p), "list only the addresses of your proxies, such as \"10.0.0.5\"")
		}
		all = append(all, p)
	}
	return all
}

func (d serverStage) proxy(text string, at diag.Place) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		d.out.Err(diag.BadAddress, at, "This element of trusted_proxies is neither an IP address nor a range. Host names are not resolved.", `use an address such as "10.0.0.5", or a range such as "10.0.0.0/8"`)
		return p, false
	}
	p = unmapped(p)
	if m := p.Masked(); m != p {
		meant := strconv.Quote(m.String())
		d.out.Err(diag.BadAddress, at, fmt.Sprintf("A range must begin with its first address, but this is not the first address of its /%d.", p.Bits()), "use "+meant).Replace(at, meant)
		return p, false
	}
	return p, true
}

// unmapped returns a range of IPv4 addresses that is written as one of IPv6 as IPv4.
func unmapped(p netip.Prefix) netip.Prefix {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p
}

// clientLimits checks the connection limits against each other.
func (d serverStage) clientLimits(s *bind.Section, out *Server) {
	out.MaxConnections, out.MaxPerClient = int(eval.Get[float64](d.ev, s, "max_connections")), int(eval.Get[float64](d.ev, s, "max_connections_per_client"))
	t := s.Slot("max_connections_per_client")
	if t == nil || out.MaxConnections == 0 || out.MaxPerClient <= out.MaxConnections {
		return
	}
	d.out.Warn(diag.Unusual, t.Expr.At, fmt.Sprintf("max_connections_per_client (%d) exceeds max_connections (%d).", out.MaxPerClient, out.MaxConnections),
		fmt.Sprintf("use a value from 1 to %d", out.MaxConnections))
}

// ownPaths are the first segments of vega's own paths.
var ownPaths = []string{
	"admin", "v1", "healthz", "readyz", "openapi.json", "metrics", "probe", "push",
	"static", "login", "logout", "events", "integrations", "measurements", "incidents", "silences", "alerts", "notifiers",
	"database", "diagnostics", "plugins", "config", "conversations", "status",
}

// plainPath matches a path that needs no percent-encoding and no normalizing.
var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?$`)

// externalURL reads server.external_url.
func (d serverStage) externalURL(s *bind.Section) string {
	t := s.Slot("external_url")
	text := d.ev.Str(s, "external_url")
	if t == nil || text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil { // the type of the attribute has reported it
		return ""
	}
	const example = `use a URL such as "https://ops.example.com/vega"`
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	switch {
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		d.out.Err(diag.BadURL, t.Expr.At, "external_url must consist of scheme, host and path only.", example)
	case !plainPath.MatchString(u.EscapedPath()):
		d.out.Err(diag.BadURL, t.Expr.At, "The path of external_url may contain only letters, digits and - . _ ~ between single slashes.", example)
	case slices.Contains(ownPaths, first):
		d.out.Err(diag.BadURL, t.Expr.At, fmt.Sprintf("The path of external_url begins with /%s, which is a path of vega itself, so the two could not be told apart.", first), example)
	default:
		return strings.TrimRight(text, "/")
	}
	return ""
}

// otherHeaders are headers with a meaning of their own, which can't name a person: those
// of one connection, those that clients send by themselves, and those that vega reads.
var otherHeaders = []string{
	"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Expect", "Http2-Settings",
	"Host", "Cookie", "Authorization", "X-Api-Key", "X-Correlation-Id", "Traceparent", "Tracestate", "Baggage", "Content-Length",
	"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-Ip", "Via",
	"Origin", "Referer", "User-Agent", "Date", "Range", "Dnt", "Pragma", "Cache-Control", "Upgrade-Insecure-Requests", "Priority", "Last-Event-Id",
}

// otherPrefixes begin further such headers.
var otherPrefixes = []string{"Accept", "Content-", "If-", "Proxy-", "Sec-", "Access-Control-"}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

// pages reads what the server block says about the dashboard.
func (d serverStage) pages(s *bind.Section, out *Server) {
	out.Dashboard = eval.Get[bool](d.ev, s, "dashboard")
	out.AuthHeader = d.authHeader(s)
	if t := s.Slot("auth_scopes"); t != nil && t.State == bind.Present && s.Slot("auth_header") == nil {
		d.out.Warn(diag.NoEffect, t.At, "auth_scopes has no effect without auth_header.", "remove it, or set auth_header")
	}
	if out.AuthHeader == "" {
		return
	}
	out.AuthScopes = d.authScopes(s)
	if t := s.Slot("dashboard"); !out.Dashboard && t != nil && !t.Unsure() {
		d.out.Warn(diag.NoEffect, s.Slot("auth_header").At, "auth_header has no effect, because dashboard is false.", "remove it, or remove dashboard = false")
	}
}

// authHeader reads server.auth_header.
func (d serverStage) authHeader(s *bind.Section) string {
	t := s.Slot("auth_header")
	if t == nil || t.State != bind.Present {
		return ""
	}
	const example = `use a header that only the proxy sets, such as "X-Forwarded-User"`
	name := d.ev.Str(s, "auth_header")
	canonical := http.CanonicalHeaderKey(name)
	switch proxies := s.Slot("trusted_proxies"); {
	case !headerName.MatchString(name):
		d.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("%q is not the name of a header.", diag.Clip(name)), example)
	case slices.Contains(otherHeaders, canonical) || slices.ContainsFunc(otherPrefixes, func(p string) bool { return strings.HasPrefix(canonical, p) }):
		d.out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("The header %s has another meaning, so its content does not tell who sends a request.", canonical), example)
	case len(d.ev.Strs(s, "trusted_proxies")) == 0 && (proxies == nil || !proxies.Unsure()):
		d.out.Err(diag.Required, t.At, "auth_header needs trusted_proxies: any client could send this header, so vega reads it only in requests from a trusted proxy.", `add trusted_proxies with the address of the proxy, such as ["127.0.0.1"]`)
	default:
		d.everyProxy(s)
		return canonical
	}
	return ""
}

// everyProxy reports a range of trusted proxies with all addresses, which would let any
// client name itself.
func (d serverStage) everyProxy(s *bind.Section) {
	for n, text := range d.ev.Strs(s, "trusted_proxies") {
		if p, err := netip.ParsePrefix(text); err == nil && unmapped(p).Bits() == 0 {
			d.out.Err(diag.Conflict, s.Slot("trusted_proxies").Element(n), fmt.Sprintf("%s includes every address, so with auth_header any client could log in as anyone.", p), "list only the addresses of your proxies, such as \"10.0.0.5\"")
		}
	}
}

// authScopes reads server.auth_scopes.
func (d serverStage) authScopes(s *bind.Section) []string {
	all := d.ev.Strs(s, "auth_scopes")
	t := s.Slot("auth_scopes")
	if t != nil && t.State == bind.Present && !slices.Contains(all, "read") && !slices.Contains(all, "admin") {
		d.out.Err(diag.OutOfBounds, t.Expr.At, `auth_scopes has neither "read" nor "admin", so nobody could open a page.`, `add "read", or remove auth_scopes for "read" and "write"`)
	}
	return all
}
