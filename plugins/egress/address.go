package egress

import (
	"fmt"
	"net/netip"
	"slices"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// class describes under which conditions an address may be reached.
type class int

const (
	public   class = iota
	private        // only for a host that the operator wrote
	loopback       // only as a literal or localhost
	special        // only as a literal
)

// ranges lists the ranges that are not public; the first match wins. They are
// IANA's special-purpose registries and the addresses at which cloud providers
// serve credentials to any process inside.
var ranges = []struct {
	prefix netip.Prefix
	class  class
	what   string
}{
	{netip.MustParsePrefix("169.254.169.254/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("169.254.170.0/24"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("100.100.100.200/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("168.63.129.16/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("192.0.0.192/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:ec2::/32"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd20:ce::254/128"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:c1::a9fe:a9fe/128"), special, "a cloud metadata address"},
	{netip.MustParsePrefix("fd00:42::42/128"), special, "a cloud metadata address"},

	{netip.MustParsePrefix("127.0.0.0/8"), loopback, "a loopback address"},
	{netip.MustParsePrefix("::1/128"), loopback, "a loopback address"},

	{netip.MustParsePrefix("10.0.0.0/8"), private, "a private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), private, "a private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), private, "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), private, "a private address"},
	{netip.MustParsePrefix("fc00::/7"), private, "a private address"},

	{netip.MustParsePrefix("0.0.0.0/32"), special, "the unspecified address"},
	{netip.MustParsePrefix("::/128"), special, "the unspecified address"},
	{netip.MustParsePrefix("169.254.0.0/16"), special, "a link-local address"},
	{netip.MustParsePrefix("fe80::/10"), special, "a link-local address"},
	{netip.MustParsePrefix("224.0.0.0/4"), special, "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), special, "a multicast address"},

	{netip.MustParsePrefix("0.0.0.0/8"), special, "a reserved address"},
	{netip.MustParsePrefix("192.0.0.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("192.0.2.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("192.88.99.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("198.18.0.0/15"), special, "a reserved address"},
	{netip.MustParsePrefix("198.51.100.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("203.0.113.0/24"), special, "a reserved address"},
	{netip.MustParsePrefix("240.0.0.0/4"), special, "a reserved address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), special, "a reserved address"},
	{netip.MustParsePrefix("100::/64"), special, "a reserved address"},
	{netip.MustParsePrefix("100:0:0:1::/64"), special, "a reserved address"},
	{netip.MustParsePrefix("2001::/23"), special, "a reserved address"},
	{netip.MustParsePrefix("2001:db8::/32"), special, "a reserved address"},
	{netip.MustParsePrefix("3fff::/20"), special, "a reserved address"},
	{netip.MustParsePrefix("5f00::/16"), special, "a reserved address"},
	{netip.MustParsePrefix("fec0::/10"), special, "a reserved address"},
}

// global is the part of IPv6 that IANA allocates for the internet.
var global = netip.MustParsePrefix("2000::/3")

// nat64 is the only range outside global that is reachable from everywhere.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// embedding lists the IPv6 ranges that embed an IPv4 address, and its offset.
var embedding = []struct {
	prefix netip.Prefix
	at     int
}{
	{nat64, 12},
	{netip.MustParsePrefix("2002::/16"), 2},        // 6to4
	{netip.MustParsePrefix("::/96"), 12},           // IPv4-compatible
	{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // IPv4-translated (RFC 2765)
}

// classify returns the stricter class of the address and of the IPv4 address
// that it embeds, if any.
func classify(ip netip.Addr) (class, string) {
	ip = ip.Unmap().WithZone("")
	c, what := classifyRange(ip)
	if v4, ok := carried(ip); ok {
		if inner, why := classify(v4); inner >= c {
			return inner, why
		}
	}
	return c, what
}

// classifyRange classifies an address by its range alone.
func classifyRange(ip netip.Addr) (class, string) {
	for _, r := range ranges {
		if r.prefix.Contains(ip) {
			return r.class, r.what
		}
	}
	if ip.Is6() && !global.Contains(ip) && !nat64.Contains(ip) {
		return private, "an address outside the internet's range"
	}
	return public, ""
}

// carried returns the IPv4 address embedded in an IPv6 address.
func carried(ip netip.Addr) (netip.Addr, bool) {
	if !ip.Is6() || ip.IsLoopback() || ip.IsUnspecified() {
		return netip.Addr{}, false
	}
	b := ip.As16()
	if isISATAP(b) {
		return netip.AddrFrom4([4]byte(b[12:])), true
	}
	for _, e := range embedding {
		if e.prefix.Contains(ip) {
			return netip.AddrFrom4([4]byte(b[e.at : e.at+4])), true
		}
	}
	return netip.Addr{}, false
}

// isISATAP reports whether an address has an ISATAP interface identifier (RFC
// 5214), which may follow any prefix.
func isISATAP(b [16]byte) bool {
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}

// forbidden returns why a connection for host may not go to ip, or "" if it
// may. host is in the form of grant.Host; written reports whether the operator
// wrote it.
func forbidden(ip netip.Addr, host string, written bool) string {
	literal := host == ip.Unmap().String()
	c, what := classify(ip)
	switch {
	case c == private && !written,
		c == loopback && !literal && host != "localhost",
		c == special && !literal:
		return what
	default:
		return ""
	}
}

// allowed returns the addresses that a connection under the rule may go to. If
// there are none, it returns a denial.
func (s *Session) allowed(rule grant.Rule, host string, found []netip.Addr) ([]netip.Addr, error) {
	written := s.written(rule) || s.route().isNode(rule)
	literal := host
	if s.grants.Ranged || rule.Kind == manifest.ICMP && rule.Name != "" { // a range is not a literal of each of its addresses
		literal = ""
	}
	var out []netip.Addr
	var denial *grant.Denial
	for _, ip := range found {
		ip = ip.Unmap().WithZone("")
		why := forbidden(ip, literal, written)
		if why == "" {
			out = append(out, ip)
		} else if denial == nil {
			denial = refusal(rule, host, ip, why)
		}
	}
	if len(out) == 0 && denial != nil {
		return nil, s.deny(denial)
	}
	return interleave(out), nil
}

func refusal(rule grant.Rule, host string, ip netip.Addr, why string) *grant.Denial {
	at := fmt.Sprintf("%s is %s", ip, why)
	if host != ip.String() {
		at = fmt.Sprintf("%s resolves to %s, %s", host, ip, why)
	}
	c, _ := classify(ip)
	switch {
	case c == private:
		return &grant.Denial{Asked: fmt.Sprintf("%s to %s (%s, which needs a grant written by the operator)", rule.Kind, rule, at), Fix: rule.Line()}
	case c == loopback:
		at += "; use localhost or the literal address to reach loopback"
	default:
		at += "; it can be reached only by its literal address"
	}
	return &grant.Denial{Asked: fmt.Sprintf("%s to %s is refused: %s", rule.Kind, rule, at)}
}

// interleave alternates between address families, starting with the first
// address's, so that one broken family costs one attempt.
func interleave(ips []netip.Addr) []netip.Addr {
	if len(ips) < 3 {
		return ips
	}
	var a, b, out []netip.Addr
	for _, ip := range ips {
		if ip.Is4() == ips[0].Is4() {
			a = append(a, ip)
		} else {
			b = append(b, ip)
		}
	}
	for i := range max(len(a), len(b)) {
		out = append(out, a[min(i, len(a)):min(i+1, len(a))]...)
		out = append(out, b[min(i, len(b)):min(i+1, len(b))]...)
	}
	return slices.Clip(out)
}
