package config

import (
	"fmt"
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
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	if m := p.Masked(); m != p {
		meant := strconv.Quote(m.String())
		d.out.Err(diag.BadAddress, at, fmt.Sprintf("A range must begin with its first address, but this is not the first address of its /%d.", p.Bits()), "use "+meant).Replace(at, meant)
		return p, false
	}
	return p, true
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
var ownPaths = []string{"admin", "v1", "healthz", "readyz", "openapi.json"}

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
